"""Arguments of builtins as what they mean."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from tensorlogic.errors import SourceError, nearest
from tensorlogic.errors.codes import UNSUPPORTED_TYPE, WRONG_ARGUMENTS, WRONG_TYPE
from tensorlogic.lang.types import ALIASES, DTYPES
from tensorlogic.runtime.kinds import kind, with_article
from tensorlogic.runtime.lazy import is_packed, is_tensor, torch
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
    help = "Expand it first: w.dequantize(), or rows of it: w[i]." if is_packed(value) else None
    raise SourceError(WRONG_TYPE, f"this takes a tensor, not {with_article(kind(value))}", help=help)


def as_weight(value: Any) -> Any:
    """A tensor, or a packed one as it is, for what takes both."""
    return value if is_packed(value) else as_tensor(value)


def as_pair(a: Any, b: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """Two values as tensors of one type; a number takes that of the tensor beside it."""
    left, right = as_tensor(a), as_tensor(b)
    if not is_tensor(a) and is_tensor(b):
        return left.to(torch.result_type(left, right)), right
    if is_tensor(a) and not is_tensor(b):
        return left, right.to(torch.result_type(left, right))
    common = torch.promote_types(left.dtype, right.dtype)
    return left.to(common), right.to(common)


def as_optional(value: Any) -> torch.Tensor | None:
    """A tensor, or None where none is given."""
    return None if value is None else as_tensor(value)


def is_int(value: Any) -> bool:
    """Whether a value is a whole number, or a tensor that holds one; a truth value is none."""
    if is_tensor(value):
        return value.numel() == 1 and not value.is_floating_point() and value.dtype != torch.bool
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    """Whether a value is a number, or a tensor that holds one."""
    return isinstance(value, int | float) or (is_tensor(value) and value.numel() == 1)


def as_int(value: Any) -> int:
    """A whole number, also a float without a fraction, and one in a tensor of one element."""
    number = value.item() if is_tensor(value) and value.numel() == 1 else value
    if is_int(number) or (isinstance(number, float) and number.is_integer()):
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
    if is_number(value):
        return value.item() if is_tensor(value) else value
    raise SourceError(WRONG_TYPE, f"this takes a number, not {with_article(kind(value))}")


def as_string(value: Any) -> str:
    """A string."""
    if isinstance(value, str):
        return value
    raise SourceError(WRONG_TYPE, f"this takes a string, not {with_article(kind(value))}")


def one_of(choices: Collection[str], value: Any, what: str) -> str:
    """A string that is one of several, or an error that says which there are for `what`."""
    if isinstance(value, str) and value in choices:
        return value
    listed = " or ".join(f'"{choice}"' for choice in choices)
    shown = f'"{value}"' if isinstance(value, str) else with_article(kind(value))
    raise SourceError(WRONG_ARGUMENTS, f"{what} is {listed}, not {shown}")


def as_dtype(name: str) -> torch.dtype:
    """The element type of a name such as ``float16``."""
    full = ALIASES.get(name, name) if isinstance(name, str) else kind(name)
    if full not in DTYPES:
        meant = nearest(full, DTYPES)
        help = f"Did you mean {meant}?" if meant else f"There are {', '.join(DTYPES)}."
        raise SourceError(UNSUPPORTED_TYPE, f"there is no data type {full}", help=help)
    dtype: torch.dtype = getattr(torch, full)
    return dtype
