"""The same values in another shape or order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tensorlogic.lower.onnx.graph import INT64, Graph, Tensor
from tensorlogic.lower.onnx.region import Bools, Region, taken
from tensorlogic.lower.onnx.region_update import replaced
from tensorlogic.lower.onnx.registry import implement_rows, implements
from tensorlogic.lower.onnx.sizes import BEYOND, Ints, count_of, counted, joined, shape_of, size_of, sizes, times
from tensorlogic.mil.ops import tensor_transformation as ops

implement_rows(
    {
        ops.expand_dims: lambda g, x, axes: g.op("Unsqueeze", x, axes),
        ops.transpose: lambda g, x, perm: g.op("Transpose", x, perm=[axis % len(perm) for axis in perm]),
        ops.reverse: lambda g, x, axes: _turned(g, x, range(x.rank) if axes is None else axes),
        ops.slice_by_index: lambda g, x, *bounds: taken(g, x, Region.of(x.rank, *bounds)),
        ops.slice_update: lambda g, x, update, *bounds: replaced(g, x, update, Region.of(x.rank, *bounds)),
        ops.depth_to_space: lambda g, x, block_size: g.op("DepthToSpace", x, blocksize=block_size),
        ops.space_to_depth: lambda g, x, block_size: g.op("SpaceToDepth", x, blocksize=block_size),
        ops.pixel_shuffle: lambda g, x, factor: g.op("DepthToSpace", x, blocksize=factor, mode="CRD"),
    }
)


@implements(ops.reshape)
def reshape(g: Graph, x: Tensor, shape: Ints | Tensor) -> Tensor:
    # A 0 keeps a size, unless the number of axes changes.
    keeps = count_of(shape) in (None, x.rank)
    return g.op("Reshape", x, g.ints(shape), allowzero=None if keeps else 1)  # type: ignore[no-any-return]


@implements(ops.reshape_aligned)
def reshape_aligned(g: Graph, x: Tensor, shape: Ints | Tensor) -> Tensor:
    count = count_of(shape)
    if count == x.rank or (isinstance(shape, tuple) and 0 not in shape):
        return reshape(g, x, shape)
    ones = (1,) * (_MOST_AXES if count is None else count)
    kept = joined(g, (*ones, *sizes(g, x)))
    if isinstance(shape, tuple) and isinstance(kept, tuple):
        return reshape(g, x, tuple(size or kept[i - len(shape)] for i, size in enumerate(shape)))
    wanted = g.ints(shape)
    aligned = g.op("Slice", g.ints(kept), g.op("Neg", g.op("Shape", wanted)), [BEYOND])
    return reshape(g, x, g.op("Where", g.op("Equal", wanted, 0), aligned, wanted, dtype=INT64))


_MOST_AXES = 16
"""More than there are in a shape whose length is not known."""


@implements(ops.reshape_like)
def reshape_like(
    g: Graph, x: Tensor, ref_tensors: tuple[Tensor, ...], begins: Ints, ends: Ints, end_masks: Bools
) -> Tensor:
    parts = zip(ref_tensors, begins, ends, end_masks, strict=True)
    wanted = [size for ref, begin, end, to_end in parts for size in sizes(g, ref)[begin : None if to_end else end]]
    return g.op("Reshape", x, joined(g, wanted), allowzero=1)  # type: ignore[no-any-return]


@implements(ops.squeeze)
def squeeze(g: Graph, x: Tensor, axes: Ints | None) -> Tensor:
    if axes is None and (x.shape is None or None in x.shape):
        return g.op("Squeeze", x)  # type: ignore[no-any-return]
    shape = x.axes
    # An axis that is longer stays.
    short = [axis % x.rank for axis in (range(x.rank) if axes is None else axes) if shape[axis] in (1, None)]
    return g.op("Squeeze", x, short) if short else x


@implements(ops.reverse_sequence)
def reverse_sequence(g: Graph, x: Tensor, lengths: Tensor, seq_axis: int, batch_axis: int) -> Tensor:
    first = [seq_axis % x.rank, batch_axis % x.rank]
    order = [*first, *(axis for axis in range(x.rank) if axis not in first)]
    rows = g.op("Transpose", x, perm=order)
    turned = g.op("ReverseSequence", rows, g.cast(lengths, INT64), time_axis=0, batch_axis=1)
    return g.op("Transpose", turned, perm=np.argsort(order).tolist())  # type: ignore[no-any-return]


@implements(ops.slice_by_size)
def slice_by_size(g: Graph, x: Tensor, begin: Ints | Tensor, size: Ints | Tensor) -> Tensor:
    if isinstance(begin, Tensor) or isinstance(size, Tensor):
        return g.op("Slice", x, g.ints(begin), _ends(g, x, g.ints(begin), g.ints(size)))  # type: ignore[no-any-return]
    ends = [BEYOND if count == -1 or start < 0 <= start + count else start + count
            for start, count in zip(begin, size, strict=True)]  # fmt: skip
    return taken(g, x, Region.of(x.rank, begin, tuple(ends), None, None, None, None))


def _ends(g: Graph, x: Tensor, begin: Tensor, size: Tensor) -> Tensor:
    """Where slices end. Those that begin at negative places and reach the end must not end at place 0."""
    ends = g.op("Add", begin, size)
    wraps = g.op("And", g.op("Less", begin, 0), g.op("GreaterOrEqual", ends, 0))
    return g.op("Where", g.op("Or", wraps, g.op("Less", size, 0)), g.ints(shape_of(g, x)), ends, dtype=INT64)  # type: ignore[no-any-return]


@implements(ops.sliding_windows)
def sliding_windows(g: Graph, x: Tensor, axis: int, size: int, stride: int) -> Tensor:
    length = size_of(g, x, axis)
    end = length - size + 1 if isinstance(length, int) else g.op("Sub", length, size - 1)
    first = g.op("Unsqueeze", counted(g, end, stride), [1])
    places = g.op("Add", first, np.arange(size, dtype=np.int32))
    return g.op("Gather", x, places, axis=axis)  # type: ignore[no-any-return]


@implements(ops.pixel_unshuffle)
def pixel_unshuffle(g: Graph, x: Tensor, downscale_factor: int) -> Tensor:
    order = np.arange(x.size(1) * downscale_factor**2).reshape(-1, x.size(1)).T.ravel()
    blocks = g.op("SpaceToDepth", x, blocksize=downscale_factor)
    return g.op("Gather", blocks, order, axis=1)  # type: ignore[no-any-return]


@implements(ops.space_to_batch)
def space_to_batch(g: Graph, x: Tensor, block_shape: Ints, paddings: Ints) -> Tensor:
    (a, b), (top, bottom, left, right) = block_shape, paddings
    padded = g.op("Pad", x, [0, 0, top, left, 0, 0, bottom, right]) if any(paddings) else x
    corners = [(i, j) for i in range(a) for j in range(b)]
    parts = [g.op("Slice", padded, corner, [BEYOND, BEYOND], [2, 3], [a, b]) for corner in corners]
    return g.op("Concat", *parts, axis=0)  # type: ignore[no-any-return]


@implements(ops.batch_to_space)
def batch_to_space(g: Graph, x: Tensor, block_shape: Ints, crops: Ints) -> Tensor:
    (a, b), (top, bottom, left, right) = block_shape, crops
    _, c, h, w = sizes(g, x)
    blocks = g.op("Reshape", x, joined(g, (a, b, -1, c, h, w)))
    whole = g.op("Transpose", blocks, perm=[2, 3, 4, 0, 5, 1])
    whole = g.op("Reshape", whole, joined(g, (0, 0, -1, times(g, w, b))))
    if not any(crops):
        return whole  # type: ignore[no-any-return]
    return g.op("Slice", whole, [top, left], [-bottom or BEYOND, -right or BEYOND], [2, 3])  # type: ignore[no-any-return]


def _turned(g: Graph, x: Tensor, axes: Sequence[int]) -> Tensor:
    last, before = [-1] * len(axes), [-BEYOND] * len(axes)
    return g.op("Slice", x, last, before, list(axes), last) if axes else x
