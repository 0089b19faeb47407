"""Arguments of builtins as what they mean."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tensorlogic.errors import SourceError, nearest
from tensorlogic.errors.codes import UNSUPPORTED_TYPE, WRONG_TYPE
from tensorlogic.lang.types import ALIASES, DTYPES
from tensorlogic.runtime.kinds import kind, with_article
from tensorlogic.runtime.lazy import is_tensor, torch
from tensorlogic.runtime.sizes import check_length, check_size


def as_tensor(value: Any) -> torch.Tensor:
    """A tensor, or a number, a range or a list of such as one."""
    if is_tensor(value):
        return value
    if isinstance(value, int | float):
        return torch.tensor(value)
    if isinstance(value, range) and value:
        check_size([len(value)], torch.int64)
        return torch.arange(value.start, value.stop, value.step)
    if isinstance(value, range | list):
        return torch.stack([as_tensor(item) for item in value]) if len(value) else torch.tensor([])
    raise SourceError(WRONG_TYPE, f"this takes a tensor, not {with_article(kind(value))}")


def as_optional(value: Any) -> torch.Tensor | None:
    """A tensor, or None where none is given."""
    return None if value is None else as_tensor(value)


def as_int(value: Any) -> int:
    """A whole number, also a float without a fraction, and one in a tensor of one element."""
    number = value.item() if is_tensor(value) and value.numel() == 1 else value
    if isinstance(number, int) or (isinstance(number, float) and number.is_integer()):
        return int(number)
    raise SourceError(WRONG_TYPE, f"this takes an int, not {with_article(kind(value))}")


def as_optional_int(value: Any) -> int | None:
    """A whole number, or None where none is given."""
    return None if value is None else as_int(value)


def as_ints(values: Iterable[Any]) -> list[int]:
    """Whole numbers, given one by one or as one list or tensor: ``(2, 3)`` or ``([2, 3],)``."""
    listed = list(values)
    if len(listed) == 1:
        only = listed[0]
        if is_tensor(only) and only.ndim == 1:
            listed = only.tolist()
        elif isinstance(only, list | range):
            check_length(len(only))
            listed = list(only)
    return [as_int(value) for value in listed]


def as_number(value: Any) -> int | float:
    """A number, also one in a tensor of one element."""
    if isinstance(value, int | float):
        return value
    if is_tensor(value) and value.numel() == 1:
        return value.item()
    raise SourceError(WRONG_TYPE, f"this takes a number, not {with_article(kind(value))}")


def as_dtype(name: str) -> torch.dtype:
    """The element type of a name such as ``float16``."""
    full = ALIASES.get(name, name) if isinstance(name, str) else kind(name)
    if full not in DTYPES:
        meant = nearest(full, DTYPES)
        help = f"Did you mean {meant}?" if meant else f"There are {', '.join(DTYPES)}."
        raise SourceError(UNSUPPORTED_TYPE, f"there is no data type {full}", help=help)
    dtype: torch.dtype = getattr(torch, full)
    return dtype
