"""Values and bytes as arrays, once they are what a type asks for. Every reader of programs makes literals here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tensorlogic.mil.program import Literal
from tensorlogic.mil.types import BOOL, STRING, DType, TensorType

Array = npt.NDArray[Any]


def from_bytes(declared: TensorType, data: Any) -> Array:
    """The bytes as an array of the declared type. Raises `ValueError` unless they are as many as it needs."""
    if declared.elements is None or declared.dtype == STRING:
        raise ValueError(f"bytes do not make a constant of type {declared}")
    needed = (declared.elements * declared.dtype.bits + 7) // 8
    if len(data) != needed:
        raise ValueError(f"a constant of type {declared} needs {needed:,} bytes, but has {len(data):,}")
    if declared.dtype.numpy is None:
        return np.frombuffer(data, np.uint8)
    return np.frombuffer(data, declared.dtype.numpy).reshape(_shape(declared))


def from_values(declared: TensorType, values: Sequence[Any], shape: tuple[int, ...] | None = None) -> Array:
    """Numbers, truth values or texts as an array of the declared type.

    `shape` is that in which they are written; where it is None, they are as many as the type needs. Raises
    `ValueError` when a value is not of the element type.
    """
    if shape is None:
        shape = _only_shape(declared, len(values))
    if math.prod(shape) != len(values):
        raise ValueError(f"a constant of type {declared} has {len(values):,} values")
    _check_kinds(declared.dtype, values)
    if declared.dtype.numpy is None:
        return _packed(values, declared.dtype)
    return _typed(values, declared.dtype).reshape(shape)


def codes(declared: TensorType, data: Array) -> Array:
    """The numbers in stored bytes, for types that NumPy lacks: integers, and the bit patterns of floats."""
    dtype, count = declared.dtype, declared.elements or 0
    bits = np.unpackbits(data, bitorder="little")[: count * dtype.bits].reshape(count, dtype.bits)
    numbers = bits @ (1 << np.arange(dtype.bits))
    low, high = _limits(dtype)
    signed: Array = np.where(numbers > high, numbers + 2 * low, numbers)
    return signed.reshape(_shape(declared))


def plain(literal: Literal) -> Any:
    """As plain Python: a number, a text, or a flat tuple of them."""
    if isinstance(literal.data, tuple):
        return tuple(plain(element) for element in literal.data)
    return tuple(literal.data.flatten().tolist()) if literal.data.ndim else literal.data.item()


def _shape(declared: TensorType) -> tuple[int, ...]:
    return tuple(size or 0 for size in declared.shape or ())


def _only_shape(declared: TensorType, count: int) -> tuple[int, ...]:
    """The shape of a type; one axis whose size is not known has that of its values."""
    if declared.shape == (None,):
        return (count,)
    if declared.elements is None:
        raise ValueError(f"a constant has the incomplete type {declared}")
    return _shape(declared)


def _check_kinds(dtype: DType, values: Sequence[Any]) -> None:
    if dtype == STRING:
        kinds: tuple[type, ...] = (str,)
    elif dtype == BOOL:
        kinds = (bool,)
    else:
        kinds = (float, int) if dtype.is_float and dtype.numpy is not None else (int,)
    if not all(type(value) in kinds for value in values):
        raise ValueError(f"a constant of element type {dtype} has values of another type")


def _typed(values: Sequence[Any], dtype: DType) -> Array:
    if dtype.is_float:
        return _floats(values, dtype)
    if dtype not in (BOOL, STRING):
        _check_limits(values, dtype)
    return np.array(values, dtype=dtype.numpy)


def _floats(values: Sequence[Any], dtype: DType) -> Array:
    try:
        wide = np.array(values, np.float64)
    except OverflowError:
        raise ValueError(f"a number is beyond {dtype}") from None
    with np.errstate(over="ignore"):
        rounded = wide.astype(dtype.numpy)
    if (np.isinf(rounded) & np.isfinite(wide)).any():
        raise ValueError(f"a number is beyond {dtype}")
    return rounded


def _check_limits(values: Sequence[int], dtype: DType) -> None:
    low, high = _limits(dtype)
    if values and (min(values) < low or max(values) > high):
        raise ValueError(f"a number is beyond {dtype}")


def _limits(dtype: DType) -> tuple[int, int]:
    if dtype.name.startswith("int"):
        return -(1 << (dtype.bits - 1)), (1 << (dtype.bits - 1)) - 1
    return 0, (1 << dtype.bits) - 1


def _packed(values: Sequence[int], dtype: DType) -> Array:
    """Numbers as stored: one after the other, each from its lowest bit on."""
    _check_limits(values, dtype)
    shifts = np.arange(dtype.bits)
    bits = (np.array(values, np.int64)[:, None] >> shifts) & 1
    return np.packbits(bits.astype(np.uint8).ravel(), bitorder="little")
