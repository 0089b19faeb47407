"""The operators that mean something else than Python's, and what ``for`` goes through."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from sys import getsizeof
from typing import Any, NoReturn, TypeGuard

from tensorlogic.errors import SourceError
from tensorlogic.errors.codes import RUN_FAILED, WRONG_TYPE
from tensorlogic.runtime.display import nested
from tensorlogic.runtime.kinds import kind, with_article
from tensorlogic.runtime.lazy import is_tensor, torch
from tensorlogic.runtime.sizes import check_growth, check_integer, check_length

_TENSOR = 64
"""The bytes that a row of a tensor takes at least, besides its elements."""
_GROWING: frozenset[type[Any]] = frozenset({str, list})
"""What ``+`` and ``*`` make longer. Lists of other classes become plain ones by that."""
_SMALL = 1 << 64
"""Integers below this make no other one much longer."""
TOLERANCE = 1e-3
"""How far apart two values are that ``≈`` takes as equal."""


def grown(value: Any) -> Any:
    """What ``+`` gave, unless it is a text or a list that is too large to make a longer one of."""
    if value.__class__ in _GROWING:
        check_growth(getsizeof(value), value)
    return value


def multiply(left: Any, right: Any) -> Any:
    """``*``; texts and lists are repeated if there is memory for them, and no integer becomes too large."""
    if left.__class__ is int and right.__class__ is int:
        if not -_SMALL < left < _SMALL:
            check_integer(left.bit_length() + right.bit_length())
    elif left.__class__ in _GROWING and right.__class__ is int:
        check_growth(getsizeof(left) * right, left)
    elif right.__class__ in _GROWING and left.__class__ is int:
        check_growth(getsizeof(right) * left, right)
    return left * right


def divide(left: Any, right: Any) -> Any:
    """``/``: of two integers the integer part of the quotient, cut towards zero."""
    if left.__class__ is int and right.__class__ is int:
        quotient = left // right
        return quotient + 1 if quotient < 0 and quotient * right != left else quotient
    if _is_integer(left) and _is_integer(right):
        return divide(int(left), int(right))
    return left / right


def _is_integer(value: Any) -> bool:
    if is_tensor(value):
        return value.ndim == 0 and not value.is_floating_point()
    return isinstance(value, int)


def close(left: Any, right: Any) -> Any:
    """``≈``, element by element for tensors."""
    return abs(left - right) < TOLERANCE


def invert(value: Any) -> Any:
    """``!``, element by element for tensors."""
    return value.logical_not() if is_tensor(value) else not value


def matmul(left: Any, right: Any) -> Any:
    """``@``, of the common type where the two have different ones."""
    try:
        return left @ right
    except RuntimeError:  # asking for the types first would cost as much as a small product
        if not (is_tensor(left) and is_tensor(right)) or left.dtype == right.dtype:
            raise
    common = torch.promote_types(left.dtype, right.dtype)
    return left.to(common) @ right.to(common)


def power(base: Any, exponent: Any) -> Any:
    """``**``; a root that is not a real number is an error."""
    if base.__class__ is int and exponent.__class__ is int:
        check_integer(base.bit_length() * exponent if abs(base) > 1 else 1)
    result = base**exponent
    if isinstance(result, complex):
        raise SourceError(RUN_FAILED, f"{base} ** {exponent} has no real value")
    return result


def remainder(left: Any, right: Any) -> Any:
    """``%``, which has the sign of the divisor."""
    if isinstance(left, str):
        raise SourceError(WRONG_TYPE, "`%` does not take a string")
    return left % right


def same(value: Any, pattern: Any) -> bool:
    """Whether a value is the one that a pattern names; a truth value is no number."""
    if is_tensor(value):
        value = value.item() if value.ndim == 0 else None
    return isinstance(value, bool) == isinstance(pattern, bool) and bool(value == pattern)


def unmatched(value: Any) -> NoReturn:
    """The end of a ``match`` none of whose arms fits."""
    raise SourceError(
        RUN_FAILED, f"no arm of this match fits {nested(value)}", help="Add an arm `_ => …` for the rest."
    )


def outer(left: Any, right: Any) -> Any:
    """``⊗``, the tensor product: every element of one times every element of the other."""
    if is_tensor(left) and is_tensor(right):
        return torch.tensordot(left, right, dims=0)
    return left * right


def goes_through(value: Any) -> TypeGuard[Collection[Any]]:
    """Whether a value is of a class of ours whose members are gone through, such as the tensors of a model."""
    return hasattr(type(value), "__tl_members__") and hasattr(type(value), "__len__")


def iterate(value: Any) -> Iterable[Any]:
    """The elements that ``for`` goes through: of a tensor its rows, of a record the names."""
    if is_tensor(value) and value.ndim > 0:
        check_length(len(value), _TENSOR)
        integers = value.ndim == 1 and not value.is_floating_point()
        return value.tolist() if integers else value.unbind()
    if isinstance(value, range | list | str | Mapping | Iterator) or goes_through(value):
        return value
    help = f"Use range({value}) to count." if value.__class__ is int else None
    raise SourceError(WRONG_TYPE, f"cannot go through the elements of {with_article(kind(value))}", help=help)
