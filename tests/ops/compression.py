"""Cases of compressed weights with what they stand for, worked out by NumPy one element or axis at a time."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from tensorlogic.mil.types import DTYPES

from .harness import Case, case, narrow, packed

RANDOM = np.random.default_rng(8)

exact = partial(case, ulps=0, opset=16)
exact18 = partial(case, ulps=0, opset=18)


def dequantized(data: np.ndarray, zero_point: Any, scale: Any, axis: int) -> Case:
    zero_point, scale = np.asarray(zero_point, data.dtype), np.asarray(scale, np.float32)
    shape = [-1 if a == axis % data.ndim else 1 for a in range(data.ndim)]

    def along(values: np.ndarray) -> np.ndarray:
        return values.astype(np.float64).reshape(shape) if values.ndim else values.astype(np.float64)

    want = along(scale) * (data - along(zero_point))
    arguments = {"quantized_data": data, "zero_point": zero_point, "scale": scale, "axis": axis}
    return exact("constexpr_affine_dequantize", **arguments, want=want.astype(np.float32))


def palettized(bits: int, shape: list[int], dtype: Any = np.float32) -> Case:
    palette = np.arange(1 << bits)[::-1].astype(dtype) - dtype(1)
    indices = RANDOM.integers(0, 1 << bits, shape)
    return exact(
        "constexpr_lut_to_dense", indices=packed(indices, bits), lut=palette, shape=np.uint32(shape),
        want=palette[indices],
    )  # fmt: skip


def sparse(shape: list[int], dtype: Any = np.float32) -> Case:
    want = (RANDOM.integers(-1, 2, shape).clip(0) * RANDOM.integers(1, 9, shape)).astype(dtype)
    return exact(
        "constexpr_sparse_to_dense", nonzero_data=want[want != 0], mask=packed(want != 0, 1), shape=np.uint32(shape),
        want=want,
    )  # fmt: skip


def written(kind: str, want: np.ndarray, **stored: np.ndarray) -> Case:
    """A case by its bits."""
    return exact(f"constexpr_{kind}_to_dense", **stored, shape=np.uint32(want.shape), want=want)


def numbers(dtype: str, shape: list[int]) -> np.ndarray:
    """Any values of an integer type."""
    bits = DTYPES[dtype].bits
    low = -(1 << bits - 1) if dtype.startswith("int") else 0
    return typed(dtype, RANDOM.integers(low, low + (1 << bits), shape))


def typed(dtype: str, values: np.ndarray) -> np.ndarray:
    return narrow(dtype, values) if DTYPES[dtype].bits < 8 else values.astype(DTYPES[dtype].numpy)


def scales(grid: list[int]) -> np.ndarray:
    """Powers of two: products with them are exact."""
    return np.float32(2.0) ** RANDOM.integers(-4, 2, grid)


def spread(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The values of a grid, each over its block."""
    for axis, size in enumerate(shape):
        values = np.repeat(values, size // values.shape[axis], axis)
    return values


def shifted_and_scaled(data: np.ndarray, scale: np.ndarray, offset: np.ndarray | None) -> np.ndarray:
    shifted = data.astype(np.float32) - (0 if offset is None else spread(offset, data.shape).astype(np.float32))
    return spread(scale, data.shape) * shifted


def blockwise(dtype: str, shape: list[int], grid: list[int], offset: str = "") -> Case:
    data, scale = numbers(dtype, shape), scales(grid)
    given = (
        {"offset": numbers("int8", grid) / np.float32(4) if offset == "fp32" else numbers(offset, grid)}
        if offset
        else {}
    )
    want = shifted_and_scaled(data, scale, given.get("offset"))
    return exact18("constexpr_blockwise_shift_scale", data=data, scale=scale, **given, want=want)


def palettes(bits: int, grid: list[int], length: int = 1, dtype: Any = np.float32) -> np.ndarray:
    return RANDOM.integers(0, 99, (*grid, 1 << bits, length)).astype(dtype)


def looked_up(indices: np.ndarray, lut: np.ndarray, axis: int = 0) -> np.ndarray:
    """The entry for each index in the palette of its block; entries that are vectors lie along `axis`."""
    *grid, _, length = lut.shape
    entries = np.empty((*indices.shape, length), lut.dtype)
    for place in np.ndindex(*indices.shape):
        block = tuple(at // (size // count) for at, size, count in zip(place, indices.shape, grid, strict=True))
        entries[place] = lut[block][indices[place]]
    axis %= indices.ndim
    shape = [size * length if a == axis else size for a, size in enumerate(indices.shape)]
    return np.moveaxis(entries, -1, axis + 1).reshape(shape)


def by_palette(
    bits: int, shape: list[int], grid: list[int], length: int = 1, axis: int | None = None, dtype: Any = np.float32
) -> Case:
    indices, lut = numbers(f"uint{bits}", shape), palettes(bits, grid, length, dtype)
    vectors = {} if axis is None else {"vector_axis": axis}
    want = looked_up(indices, lut, axis or 0)
    return exact18("constexpr_lut_to_dense", indices=indices, lut=lut, **vectors, want=want)


def by_mask(dtype: str, shape: list[int]) -> Case:
    mask = numbers("uint1", shape)
    values = typed(dtype, RANDOM.integers(0, 8, shape) * mask)
    return exact18("constexpr_sparse_to_dense", nonzero_data=values[mask != 0], mask=mask, want=values)


def sparse_by_palette(bits: int, shape: list[int], grid: list[int], length: int = 1, axis: int | None = None) -> Case:
    mask, indices, lut = numbers("uint1", shape), numbers(f"uint{bits}", shape), palettes(bits, grid, length)
    vectors = {} if axis is None else {"vector_axis": axis}
    there = narrow("uint1", np.repeat(mask, length, axis or 0))
    return exact18(
        "constexpr_lut_to_sparse", indices_mask=mask, indices_nonzero_data=indices[mask != 0], lut=lut, **vectors,
        want=(there, looked_up(indices, lut, axis or 0)[there != 0]),
    )  # fmt: skip


def sparse_blockwise(dtype: str, shape: list[int], grid: list[int], offset: str = "") -> Case:
    dense, mask = blockwise(dtype, shape, grid, offset), numbers("uint1", shape)
    given = dict(dense.arguments)
    return exact18(
        "constexpr_sparse_blockwise_shift_scale", data_mask=mask, nonzero_data=given.pop("data")[mask != 0], **given,
        want=(mask, dense.want[mask != 0]),
    )  # fmt: skip
