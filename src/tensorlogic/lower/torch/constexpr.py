"""Compressed weights: how to compute a piece of each. It is done when something else asks for the weight."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from tensorlogic.lower.torch.blocks import by_block
from tensorlogic.lower.torch.registry import implement_rows, implements
from tensorlogic.lower.torch.sparse import kept, scattered
from tensorlogic.lower.torch.storage import Shape, Stored, held, packed
from tensorlogic.lower.torch.vectors import along_axis
from tensorlogic.mil.ops import constexpr as ops


@implements(ops.constexpr_cast)
def constexpr_cast(source_val: Stored, output_dtype: torch.dtype) -> Stored:
    bits = 8 * output_dtype.itemsize
    return replace(source_val, dtype=output_dtype, bits=bits, part=lambda a, b: source_val.part(a, b).to(output_dtype))


@implements(ops.constexpr_affine_dequantize)
def constexpr_affine_dequantize(quantized_data: Stored, zero_point: Stored, scale: Stored, axis: int) -> Stored:
    size = quantized_data.shape[axis]

    def by_axis(values: Stored) -> Stored:
        if values.elements not in (1, size):
            raise ValueError(f"{values.elements} values along an axis of {size}")
        grid = [1] * len(quantized_data.shape)
        grid[axis] = values.elements
        return values.reshape(tuple(grid))

    return _dequantized(quantized_data, by_axis(scale), by_axis(zero_point))


def _blockwise(data: Stored, scale: Stored, offset: Stored | None) -> Stored:
    if offset is not None and offset.shape != scale.shape:
        raise ValueError(f"{list(offset.shape)} offsets for {list(scale.shape)} scales")
    return _dequantized(data, scale, offset)


def _dequantized(data: Stored, scale: Stored, offset: Stored | None) -> Stored:
    scales = by_block(scale.expand(), data.shape)
    offsets = None if offset is None else by_block(offset.expand(), data.shape)

    def part(start: int, stop: int) -> Tensor:
        values = data.part(start, stop).to(scale.dtype)
        shifted = values if offsets is None else values - offsets(start, stop)
        return (scales(start, stop) * shifted).to(scale.dtype)

    return Stored(data.shape, scale.dtype, data.device, scale.bits, part)


@implements(ops.constexpr_lut_to_dense)
def constexpr_lut_to_dense(indices: Stored, lut: Stored, shape: Shape) -> Stored:
    bits = lut.elements.bit_length() - 1
    return _looked_up(packed(indices, shape, bits), lut.reshape((1,) * len(shape) + (lut.elements, 1)), None)


def _looked_up(indices: Stored, lut: Stored, vector_axis: int | None) -> Stored:
    if len(lut.shape) != len(indices.shape) + 2:
        raise ValueError(f"palettes of shape {list(lut.shape)} for indices of shape {list(indices.shape)}")
    *grid, entries, length = lut.shape
    if indices.dtype != torch.uint8:
        raise ValueError(f"indices of type {str(indices.dtype).removeprefix('torch.')}")
    if entries != 1 << indices.bits:
        raise ValueError(f"a palette of {entries} values for indices of {indices.bits} bits")
    palettes = lut.expand().reshape(-1, length).squeeze(1)
    first_entry = by_block(torch.arange(0, len(palettes), entries, device=lut.device).reshape(grid), indices.shape)

    def part(start: int, stop: int) -> Tensor:
        entry = indices.part(start, stop).long().add_(first_entry(start, stop))
        return palettes.index_select(0, entry)

    chosen = Stored(indices.shape, lut.dtype, lut.device, lut.bits, part)
    return chosen if length == 1 else along_axis(chosen, length, vector_axis)


@implements(ops.constexpr_sparse_to_dense)
def constexpr_sparse_to_dense(nonzero_data: Stored, mask: Stored, shape: Shape) -> Stored:
    return scattered(nonzero_data, packed(mask, shape, 1))


@implements(ops.constexpr_lut_to_sparse)
def constexpr_lut_to_sparse(
    indices_mask: Stored, indices_nonzero_data: Stored, lut: Stored, vector_axis: int | None
) -> tuple[Stored, Stored]:
    dense = _looked_up(scattered(indices_nonzero_data, indices_mask), lut, vector_axis)
    mask = _repeated(indices_mask, lut.shape[-1], vector_axis)
    return mask, kept(dense, mask)


def _repeated(mask: Stored, length: int, axis: int | None) -> Stored:
    """Each bit of the mask so often along the axis: the vectors of a palette of two."""
    if length == 1:
        return mask
    palette = torch.arange(2, dtype=mask.dtype, device=mask.device)
    vectors = palette.reshape((1,) * len(mask.shape) + (2, 1)).expand(*[-1] * (len(mask.shape) + 1), length)
    return replace(_looked_up(mask, held(vectors, mask.dtype, mask.device), axis), bits=mask.bits)


@implements(ops.constexpr_sparse_blockwise_shift_scale)
def constexpr_sparse_blockwise_shift_scale(
    data_mask: Stored, nonzero_data: Stored, scale: Stored, offset: Stored | None
) -> tuple[Stored, Stored]:
    return data_mask, kept(_blockwise(scattered(nonzero_data, data_mask), scale, offset), data_mask)


implement_rows({
    ops.constexpr_blockwise_shift_scale: _blockwise,
    ops.constexpr_lut_to_dense_by_block: _looked_up,
    ops.constexpr_sparse_to_dense_by_mask: scattered,
})  # fmt: skip
