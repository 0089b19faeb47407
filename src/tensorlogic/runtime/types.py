"""Values held against declared types, and conversions between types."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import prod
from typing import Any

from tensorlogic.errors import SourceError
from tensorlogic.errors.codes import WRONG_TYPE
from tensorlogic.lang.checked import Type
from tensorlogic.lang.types import DTYPES, FLOATS, KINDS, becomes
from tensorlogic.runtime.display import text
from tensorlogic.runtime.kinds import dtype_name, kind, with_article
from tensorlogic.runtime.lazy import is_packed, is_tensor, torch
from tensorlogic.runtime.sizes import check_size

Dimensions = tuple[int | str | None, ...]
Sizes = dict[str, int]


def accept(value: Any, what: str, base: str | type, dimensions: Dimensions | None, sizes: Sizes | None = None) -> Any:
    """A value as the type that it must be of, or an error that says what `what` must be.

    `base` is the name of a type, or the class of a struct. `sizes` are those that the named dimensions have had so
    far; new ones are added.
    """
    if not isinstance(base, str):
        return _of_class(value, what, base)
    if dimensions is None:
        return _scalar(value, what, base)
    tensor = _as_tensor(value, base, dimensions)
    if tensor is None:
        raise _wrong(value, what, Type(base, dimensions))
    _check_shape(tensor, value, what, base, dimensions, {} if sizes is None else sizes)
    return tensor


def argument(value: Any, what: str, base: str | type, dimensions: Dimensions | None, sizes: Sizes | None = None) -> Any:
    """Like `accept`, for an argument: a failure is the caller's, and is shown where the call is."""
    return accept(value, what, base, dimensions, sizes)


def declare(value: Any, what: str, base: str, dimensions: Dimensions) -> torch.Tensor:
    """The tensor of a declaration: the value converted; a number fills it, and a flat tensor is given the shape."""
    dtype = _dtype(base)
    fixed = [d for d in dimensions if isinstance(d, int)]
    known = len(fixed) == len(dimensions)
    if not _is_numeric(value) or _loses_fraction(value, base):
        raise _wrong(value, what, Type(base, dimensions))
    tensor = torch.as_tensor(value, dtype=dtype)
    if known and tensor.ndim == 0:
        check_size(fixed, dtype)
        return tensor.expand(fixed).clone()
    if known and tensor.ndim == 1 and tensor.numel() == prod(fixed):
        tensor = tensor.reshape(fixed)
    _check_shape(tensor, tensor, what, base, dimensions, {})
    return tensor


def cast(value: Any, base: str, dimensions: Dimensions | None) -> Any:
    """``value as type``; what is packed is expanded."""
    if is_packed(value) and base in FLOATS:
        value = value.dequantize(getattr(torch, base))
    if dimensions is not None or (is_tensor(value) and base in DTYPES):
        if not _is_numeric(value):
            raise SourceError(WRONG_TYPE, f"{with_article(kind(value))} cannot be cast to {base}")
        tensor = torch.as_tensor(value).to(getattr(torch, base))
        return tensor if dimensions is None else accept(tensor, "the result", base, dimensions)
    return _CASTS[KINDS[base]](value)


def _is_numeric(value: Any) -> bool:
    """Whether a value can become a tensor."""
    return is_tensor(value) or isinstance(value, int | float) or _holds_booleans(value)


def _loses_fraction(value: Any, base: str) -> bool:
    return isinstance(value, float) and base not in FLOATS


def _number(value: Any, base: str) -> int | float:
    if isinstance(value, int | float):
        return value
    if is_tensor(value) and value.numel() == 1:
        return value.item()
    help = f"Cast it to a type of tensors, such as {base}64." if is_tensor(value) else None
    raise SourceError(WRONG_TYPE, f"{with_article(kind(value))} cannot be cast to {base}", help=help)


_CASTS: dict[str, Callable[[Any], Any]] = {
    "int": lambda value: int(_number(value, "int")),
    "float": lambda value: float(_number(value, "float")),
    "bool": lambda value: bool(_number(value, "bool")),
    "string": text,
}


def _of_class(value: Any, what: str, wanted: type) -> Any:
    if value.__class__ is wanted:
        return value
    name = with_article(wanted.__name__)
    raise SourceError(WRONG_TYPE, f"{what} must be {name}, not {with_article(kind(value))}")


def _scalar(value: Any, what: str, base: str) -> Any:
    converted = _SCALARS[KINDS[base]](value)
    if converted is None:
        raise _wrong(value, what, Type(base))
    return converted


def _as_int(value: Any) -> int | None:
    if is_tensor(value):
        is_one = value.ndim == 0 and not value.is_floating_point() and value.dtype != torch.bool
        return int(value) if is_one else None
    return value if value.__class__ is int else None


def _as_float(value: Any) -> Any:
    """A float; a tensor without axes stays one, as it may carry gradients."""
    if is_tensor(value):
        return value if value.ndim == 0 and value.dtype != torch.bool else None
    return float(value) if value.__class__ in (int, float) else None


def _as_bool(value: Any) -> bool | None:
    if is_tensor(value):
        return bool(value) if value.ndim == 0 and value.dtype == torch.bool else None
    return value if isinstance(value, bool) else None


def _as_string(value: Any) -> str | None:
    return value if isinstance(value, str) else None


_SCALARS: dict[str, Callable[[Any], Any]] = {
    "int": _as_int,
    "float": _as_float,
    "bool": _as_bool,
    "string": _as_string,
}


@cache
def _dtype(base: str) -> torch.dtype:
    found: torch.dtype = getattr(torch, base)
    return found


def _as_tensor(value: Any, base: str, dimensions: Dimensions) -> torch.Tensor | None:
    """A tensor of the declared element type, which plain numbers become, and tensors of numbers if it is of floats."""
    dtype = _dtype(base)
    if is_tensor(value):
        if value.dtype == dtype:
            return value
        return value.to(dtype) if becomes(dtype_name(value.dtype), base) else None
    if isinstance(value, list):
        return torch.tensor(value) if base == "bool" and _holds_booleans(value) else None
    if not isinstance(value, int | float) or _loses_fraction(value, base):
        return None
    one = [d for d in dimensions if d == 1]
    return torch.tensor(value, dtype=dtype).reshape(one)


def _holds_booleans(value: Any) -> bool:
    return all(map(_holds_booleans, value)) if isinstance(value, list) else isinstance(value, bool)


def _check_shape(tensor: torch.Tensor, given: Any, what: str, base: str, dimensions: Dimensions, sizes: Sizes) -> None:
    """Raise unless a tensor, which was made from `given`, has the declared dimensions."""
    shape = tensor.shape
    if len(shape) != len(dimensions):
        raise _wrong(given, what, Type(base, dimensions))
    for dimension, size in zip(dimensions, shape, strict=True):
        wanted = sizes.setdefault(dimension, size) if isinstance(dimension, str) else dimension
        if wanted is not None and wanted != size:
            note = f"{dimension} is {wanted} here" if isinstance(dimension, str) else None
            raise _wrong(given, what, Type(base, dimensions), note)


def _wrong(value: Any, what: str, declared: Type, note: str | None = None) -> SourceError:
    help = None
    if is_tensor(value) and declared.base in DTYPES and not becomes(dtype_name(value.dtype), declared.base):
        help = f"Convert it: … as {declared.base}."
    message = f"{what} must be {with_article(str(declared))}, not {with_article(kind(value))}"
    return SourceError(WRONG_TYPE, message, help=help, notes=() if note is None else (note,))
