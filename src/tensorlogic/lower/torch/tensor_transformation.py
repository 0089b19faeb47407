"""The same values in another shape or order."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from tensorlogic.lower.torch.registry import implement_rows, implements
from tensorlogic.mil.ops import tensor_transformation as ops

Ints = tuple[int, ...]
Bools = tuple[bool, ...]

implement_rows(
    {
        ops.transpose: torch.permute,
        ops.reverse: lambda x, axes: x.flip(tuple(range(x.dim())) if axes is None else axes),
        ops.squeeze: lambda x, axes: x.squeeze() if axes is None else x.squeeze(axes),
        ops.pixel_shuffle: F.pixel_shuffle,
    }
)


@implements(ops.reshape)
def reshape(x: Tensor, shape: Ints) -> Tensor:
    keeps = len(shape) == x.dim()
    return x.reshape([x.shape[i] if size == 0 and keeps else size for i, size in enumerate(shape)])


@implements(ops.expand_dims)
def expand_dims(x: Tensor, axes: Ints) -> Tensor:
    rank = x.dim() + len(axes)
    for axis in sorted(axis % rank for axis in axes):
        x = x.unsqueeze(axis)
    return x


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
    rank = x.dim()
    steps = stride or (1,) * rank
    open_begin, open_end, single = (mask or (False,) * rank for mask in (begin_mask, end_mask, squeeze_mask))
    for axis in reversed(range(rank)):
        if single[axis]:
            x = x.select(axis, 0 if open_begin[axis] else begin[axis])
        else:
            first = None if open_begin[axis] else begin[axis]
            last = None if open_end[axis] else end[axis]
            x = _slice(x, axis, slice(first, last, steps[axis]))
    return x


def _slice(x: Tensor, axis: int, part: slice) -> Tensor:
    """NumPy's slice along one axis; PyTorch has none with a negative step."""
    start, stop, step = part.indices(x.shape[axis])
    if step > 0:
        return x[(slice(None),) * axis + (slice(start, max(start, stop), step),)]
    return x.index_select(axis, torch.arange(start, stop, step, device=x.device))


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
