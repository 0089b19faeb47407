"""Numbers and comparisons in rules."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from math import fsum, isfinite
from typing import Any, cast

from tensorlogic.logic.problems import KnowledgeError, Problem
from tensorlogic.logic.terms import Operation, Value, written

_MOST_BITS = 14_000
"""An integer longer than that is no value of a rule: a rule that multiplies could double its digits in every round.

Python writes integers of up to 4,300 digits, which are a few more bits.
"""


def _quotient(left: Any, right: Any) -> Any:
    """Division; that of two integers cuts off towards zero."""
    if isinstance(left, float) or isinstance(right, float):
        return left / right
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


def _power(left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, int) and (left.bit_length() - 1) * right > _MOST_BITS:
        raise OverflowError
    return left**right


OPERATIONS: dict[str, Callable[..., Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _quotient,
    "%": operator.mod,
    "**": _power,
}
ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
COMPARISONS = ("==", "!=", *ORDERS)


def calculate(sign: str, *operands: Any) -> int | float:
    """The value of an operation with numbers."""
    if not all(map(_is_number, operands)):
        raise _of_operation("type", sign, operands, "is no arithmetic with numbers")
    try:
        result: Any = -operands[0] if len(operands) == 1 else OPERATIONS[sign](*operands)
        _check_length(result)
    except ZeroDivisionError:
        raise _of_operation("value", sign, operands, "divides by zero") from None
    except OverflowError:
        raise _of_operation("value", sign, operands, "is too large a number") from None
    if isinstance(result, complex):
        raise _of_operation("value", sign, operands, "is no real number")
    return cast("int | float", result)


def _check_length(result: object) -> None:
    if isinstance(result, int) and result.bit_length() > _MOST_BITS:
        raise OverflowError


def _of_operation(kind: str, sign: str, operands: Sequence[Value], wrong: str) -> KnowledgeError:
    return _problem(kind, f"{written(Operation(sign, tuple(operands)))} {wrong}")


def compare(sign: str, left: Value, right: Value) -> bool:
    """Whether two numbers, or two texts, are in an order."""
    texts = isinstance(left, str) and isinstance(right, str)
    if not texts and not (_is_number(left) and _is_number(right)):
        raise _problem("type", f"{written(left)} {sign} {written(right)} compares neither two numbers nor two texts")
    return bool(ORDERS[sign](left, right))


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _problem(kind: str, message: str) -> KnowledgeError:
    return KnowledgeError([Problem(kind, message)])


def aggregate(function: str, values: list[Any]) -> Value:
    """What an aggregate makes of values, whatever their order."""
    try:
        result: Value = AGGREGATES[function](values)
        _check_length(result)
    except OverflowError:
        raise _problem("value", f"{function} of {len(values):,} numbers is too large a number") from None
    return result


def _total(values: list[Any]) -> Any:
    """A sum, exact, so that it does not depend on the order."""
    for value in values:
        if not _is_number(value):
            raise _problem("type", f"{written(value)} is no number to add")
    if all(isinstance(value, int) for value in values):
        return sum(values)
    infinite = {value for value in values if not isfinite(value)}  # of which `fsum` does not take both
    return sum(infinite) if infinite else fsum(values)


def _mean(values: list[Any]) -> Value:
    return float(_total(values) / len(values))


def _extreme(values: list[Any], sign: str) -> Value:
    """The least (``<``) or the greatest (``>``); of 1 and 1.0, always the integer; of NaN and a number, NaN."""
    best = values[0]
    for value in values[1:]:
        if compare(sign, value, best) or (value == best and isinstance(value, int)):
            best = value
    return cast("Value", next((value for value in values if value != value), best))


AGGREGATES: dict[str, Callable[[list[Any]], Value]] = {
    "count": len,
    "sum": _total,
    "min": lambda values: _extreme(values, "<"),
    "max": lambda values: _extreme(values, ">"),
    "avg": _mean,
}
