"""The element type that two values have in common, and the shape: PyTorch's and NumPy's rules."""

from __future__ import annotations

from itertools import zip_longest
from typing import Final

from tensorlogic.lang.inference.facts import Scalar, Shape, Size, Tensor
from tensorlogic.lang.inference.problem import ImpossibleError
from tensorlogic.lang.types import FLOATS, INTEGERS

_HALVES: Final = {"float16", "bfloat16"}
_SIGNED: Final = tuple(name for name in INTEGERS if name != "uint8")
_CATEGORIES: Final = {"bool": 0, **dict.fromkeys(INTEGERS, 1), **dict.fromkeys(FLOATS, 2)}


def promote(one: str, other: str) -> str:
    """The smallest type that holds the values of both, as `torch.promote_types` has it."""
    if one == other:
        return one
    low, high = sorted((one, other), key=_CATEGORIES.__getitem__)
    if _CATEGORIES[low] < _CATEGORIES[high]:
        return high
    if {one, other} == _HALVES:
        return "float32"
    if "uint8" in (one, other):
        signed = one if other == "uint8" else other
        return "int16" if signed == "int8" else signed
    order = FLOATS if one in FLOATS else _SIGNED
    return max(one, other, key=order.index)


def common_dtype(one: Tensor, other: Tensor | Scalar) -> str | None:
    """The element type of a tensor combined with another value."""
    if one.dtype is None:
        return None
    if isinstance(other, Scalar):
        return _with_scalar(one.dtype, other)
    if other.dtype is None or one.dtype == other.dtype:
        return other.dtype
    if one.shape is None or other.shape is None:
        return None
    if bool(one.shape) == bool(other.shape):
        return promote(one.dtype, other.dtype)
    # A tensor without axes is as weak as a number: only a higher category changes the other's type.
    strong, weak = (one.dtype, other.dtype) if one.shape else (other.dtype, one.dtype)
    return weak if _CATEGORIES[weak] > _CATEGORIES[strong] else strong


def _with_scalar(dtype: str, scalar: Scalar) -> str | None:
    if dtype in FLOATS or scalar.base == "bool":
        return dtype
    if scalar.base == "int":
        return "int64" if dtype == "bool" else dtype
    return "float32" if scalar.exact else None


def broadcast(one: Shape, other: Shape) -> Shape:
    """The shape of two that are combined element by element."""
    if one is None or other is None:
        return None
    pairs = zip_longest(reversed(one), reversed(other), fillvalue=1)
    try:
        return tuple(_fitting(a, b) for a, b in pairs)[::-1]
    except ValueError:
        message = f"the shapes do not fit: {shown(one)} and {shown(other)}"
        raise ImpossibleError(
            message, help="Axes fit, from the last to the first, where they are equal or 1."
        ) from None


def _fitting(a: Size, b: Size) -> Size:
    if a == b or b == 1:
        return a
    if a == 1:
        return b
    if isinstance(a, int) and isinstance(b, int):
        raise ValueError
    # One of them is not known: it is 1, or the number that the other is.
    return next((size for size in (a, b) if isinstance(size, int)), None)


def shown(shape: Shape) -> str:
    """``[2, n, ?]``."""
    return f"[{', '.join('?' if size is None else str(size) for size in shape or ())}]"
