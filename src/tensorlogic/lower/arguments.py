"""Plain arguments of operations: numbers, texts and types, as implementing functions take them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import index
from typing import Any, get_args

from tensorlogic.mil.declare import DTypeName, Parameter, Role


def plain_argument(plains: Sequence[Any], parameter: Parameter, dtype: Callable[[str], Any]) -> Any:
    """Plain operands as what `parameter` takes; `dtype` gives the target's element type for the name of one.

    Raises `TypeError` or `ValueError` for another kind of value.
    """
    if parameter.role is Role.PLAINS:
        only = plains[0] if len(plains) == 1 else plains
        several = tuple(only) if isinstance(only, Sequence) and not isinstance(only, str) else (only,)
        kind = get_args(parameter.kind)[0]
        return tuple(_CONVERSIONS[kind](each) for each in several) if kind in _CONVERSIONS else several
    (only,) = plains
    only = only[0] if isinstance(only, tuple) and len(only) == 1 else only
    if parameter.kind is DTypeName:
        return dtype(_text(only))
    return _CONVERSIONS[parameter.kind](only)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


# Nothing is rounded to fit: an axis of 0.7 is no axis.
_CONVERSIONS: dict[Any, Callable[[Any], Any]] = {int: index, float: float, bool: bool, str: _text}
