"""The same values in another shape or order."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from tensorlogic.lower.torch.dtypes import movable
from tensorlogic.lower.torch.registry import implement_rows, implements
from tensorlogic.mil.ops import tensor_transformation as ops

Ints = tuple[int, ...]
Bools = tuple[bool, ...]

implement_rows(
    {
        ops.transpose: torch.permute,
        ops.reverse: lambda x, axes: _turned(x, range(x.dim()) if axes is None else axes),
        ops.squeeze: lambda x, axes: x.squeeze() if axes is None else x.squeeze(axes),
        ops.pixel_shuffle: F.pixel_shuffle,
        ops.pixel_unshuffle: F.pixel_unshuffle,
        ops.sliding_windows: lambda x, axis, size, stride: x.unfold(axis, size, stride).movedim(-1, axis % x.dim() + 1),
    }
)


@implements(ops.reshape)
def reshape(x: Tensor, shape: Ints) -> Tensor:
    keeps = len(shape) == x.dim()
    return x.reshape([x.shape[i] if size == 0 and keeps else size for i, size in enumerate(shape)])


@implements(ops.reshape_aligned)
def reshape_aligned(x: Tensor, shape: Ints) -> Tensor:
    kept = (1,) * len(shape) + x.shape
    return x.reshape([size or kept[i - len(shape)] for i, size in enumerate(shape)])


@implements(ops.reshape_like)
def reshape_like(x: Tensor, ref_tensors: tuple[Tensor, ...], begins: Ints, ends: Ints, end_masks: Bools) -> Tensor:
    parts = zip(ref_tensors, begins, ends, end_masks, strict=True)
    return x.reshape([size for ref, begin, end, to_end in parts for size in ref.shape[begin : None if to_end else end]])


@implements(ops.expand_dims)
def expand_dims(x: Tensor, axes: Ints) -> Tensor:
    rank = x.dim() + len(axes)
    for axis in sorted(axis % rank for axis in axes):
        x = x.unsqueeze(axis)
    return x


@implements(ops.reverse_sequence)
def reverse_sequence(x: Tensor, lengths: Tensor, seq_axis: int, batch_axis: int) -> Tensor:
    rows = movable(x).movedim((batch_axis, seq_axis), (0, 1))
    place = torch.arange(rows.shape[1], device=x.device)
    ends = lengths.long()[:, None]
    places = torch.where(place < ends, ends - 1 - place, place)
    each = torch.arange(rows.shape[0], device=x.device)[:, None]
    return rows[each, places].movedim((0, 1), (batch_axis, seq_axis)).view(x.dtype)


@implements(ops.slice_by_index)
def slice_by_index(
    x: Tensor,
    begin: Ints,
    end: Ints,
    stride: Ints | None,
    begin_mask: Bools | None,
    end_mask: Bools | None,
    squeeze_mask: Bools | None,
) -> Tensor:
    return _turned(*part_of(x, begin, end, stride, begin_mask, end_mask, squeeze_mask))


@implements(ops.slice_update)
def slice_update(
    x: Tensor,
    update: Tensor,
    begin: Ints,
    end: Ints,
    stride: Ints | None,
    begin_mask: Bools | None,
    end_mask: Bools | None,
    squeeze_mask: Bools | None,
) -> Tensor:
    result = x.clone()
    write_part(*part_of(result, begin, end, stride, begin_mask, end_mask, squeeze_mask), update)
    return result


def part_of(
    x: Tensor,
    begin: Ints,
    end: Ints,
    stride: Ints | None,
    begin_mask: Bools | None,
    end_mask: Bools | None,
    squeeze_mask: Bools | None,
) -> tuple[Tensor, list[int]]:
    """What `slice_by_index` would take from x, as a view, and the axes to turn around in it."""
    places, backwards = _region(x.shape, begin, end, stride, begin_mask, end_mask, squeeze_mask)
    return x[places], backwards


def write_part(part: Tensor, backwards: list[int], update: Tensor) -> None:
    """Write `update` to a part of a tensor."""
    if part.shape != update.shape:
        raise ValueError(f"an update of the shape {list(update.shape)} for {list(part.shape)}")
    part.copy_(_turned(update, backwards))


def _turned(x: Tensor, axes: Sequence[int]) -> Tensor:
    return movable(x).flip(tuple(axes)).view(x.dtype) if axes else x


def _region(
    sizes: Ints,
    begin: Ints,
    end: Ints,
    stride: Ints | None,
    begin_mask: Bools | None,
    end_mask: Bools | None,
    squeeze_mask: Bools | None,
) -> tuple[tuple[int | slice, ...], list[int]]:
    """Python's slice of every axis, forwards as PyTorch has it, and which axes to turn around afterwards."""
    steps = stride or (1,) * len(sizes)
    open_begin, open_end, single = (mask or (False,) * len(sizes) for mask in (begin_mask, end_mask, squeeze_mask))
    first = [None if is_open else place for place, is_open in zip(begin, open_begin, strict=True)]
    last = [None if is_open else place for place, is_open in zip(end, open_end, strict=True)]
    parts = [
        (start or 0) if alone else range(size)[start:stop:step]
        for size, start, stop, step, alone in zip(sizes, first, last, steps, single, strict=True)
    ]
    ranges = [part for part in parts if isinstance(part, range)]
    region = tuple(_forwards(part) if isinstance(part, range) else part for part in parts)
    return region, [axis for axis, places in enumerate(ranges) if places.step < 0]


def _forwards(places: range) -> slice:
    """The same places in rising order."""
    rising = places if places.step > 0 else places[::-1]
    return slice(rising.start, max(rising.start, rising.stop), rising.step)


@implements(ops.slice_by_size)
def slice_by_size(x: Tensor, begin: Ints, size: Ints) -> Tensor:
    for axis, (start, count) in enumerate(zip(begin, size, strict=True)):
        start = start % x.shape[axis] if start < 0 else start
        x = x.narrow(axis, start, x.shape[axis] - start if count == -1 else count)
    return x


@implements(ops.depth_to_space)
def depth_to_space(x: Tensor, block_size: int) -> Tensor:
    n, c, h, w = x.shape
    blocks = x.reshape(n, block_size, block_size, c // block_size**2, h, w)
    return blocks.permute(0, 3, 4, 1, 5, 2).reshape(n, c // block_size**2, h * block_size, w * block_size)


@implements(ops.space_to_depth)
def space_to_depth(x: Tensor, block_size: int) -> Tensor:
    n, c, h, w = x.shape
    blocks = x.reshape(n, c, h // block_size, block_size, w // block_size, block_size)
    return blocks.permute(0, 3, 5, 1, 2, 4).reshape(n, c * block_size**2, h // block_size, w // block_size)


@implements(ops.space_to_batch)
def space_to_batch(x: Tensor, block_shape: Ints, paddings: Ints) -> Tensor:
    (a, b), (top, bottom, left, right) = block_shape, paddings
    n, c, h, w = (padded := F.pad(x, (left, right, top, bottom))).shape
    blocks = padded.reshape(n, c, h // a, a, w // b, b)
    return blocks.permute(3, 5, 0, 1, 2, 4).reshape(a * b * n, c, h // a, w // b)


@implements(ops.batch_to_space)
def batch_to_space(x: Tensor, block_shape: Ints, crops: Ints) -> Tensor:
    (a, b), (top, bottom, left, right) = block_shape, crops
    n, c, h, w = x.shape
    whole = x.reshape(a, b, n // (a * b), c, h, w).permute(2, 3, 4, 0, 5, 1).reshape(n // (a * b), c, h * a, w * b)
    return whole.narrow(2, top, h * a - top - bottom).narrow(3, left, w * b - left - right)
