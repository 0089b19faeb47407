"""Numbers and comparisons in rules."""

from __future__ import annotations

import operator
from collections.abc import Callable
from math import fsum
from typing import Any, cast

from tensorlogic.logic.problems import KnowledgeError, Problem
from tensorlogic.logic.terms import Value, written

_MOST_BITS = 1 << 14
"""An integer longer than that is no value of a rule: a rule that multiplies could double its digits in every round."""


def _quotient(left: Any, right: Any) -> Any:
    """Division; that of two integers cuts off towards zero."""
    if isinstance(left, float) or isinstance(right, float):
        return left / right
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


def _power(left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, int) and left.bit_length() * max(right, 0) > _MOST_BITS:
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
    shown = f" {sign} ".join(map(written, operands)) if len(operands) > 1 else f"{sign}{written(operands[0])}"
    if not all(_is_number(each) for each in operands):
        raise _problem("type", f"{shown} is no arithmetic with numbers")
    try:
        result: Any = -operands[0] if len(operands) == 1 else OPERATIONS[sign](*operands)
    except ZeroDivisionError:
        raise _problem("value", f"{shown} divides by zero") from None
    except OverflowError:
        raise _problem("value", f"{shown} is too large a number") from None
    if isinstance(result, complex) or (isinstance(result, int) and result.bit_length() > _MOST_BITS):
        raise _problem("value", f"{shown} is {'too large a' if isinstance(result, int) else 'no real'} number")
    return cast("int | float", result)


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


def _total(values: list[Any]) -> Value:
    """A sum, exact, so that it does not depend on the order."""
    for value in values:
        if not _is_number(value):
            raise _problem("type", f"{written(value)} is no number to add")
    return sum(values) if all(isinstance(value, int) for value in values) else fsum(values)


def _mean(values: list[Any]) -> Value:
    return calculate("/", float(_total(values)), len(values))


def _extreme(values: list[Any], sign: str) -> Value:
    """The least (``<``) or the greatest (``>``); of 1 and 1.0, always the integer."""
    best = values[0]
    for value in values[1:]:
        if compare(sign, value, best) or (value == best and isinstance(value, int)):
            best = value
    return best  # type: ignore[no-any-return]


AGGREGATES: dict[str, Callable[[list[Any]], Value]] = {
    "count": len,
    "sum": _total,
    "min": lambda values: _extreme(values, "<"),
    "max": lambda values: _extreme(values, ">"),
    "avg": _mean,
}
