"""Operations on whole tensors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tensorlogic.lower.onnx.control_flow import select
from tensorlogic.lower.onnx.dtypes import wide, widened
from tensorlogic.lower.onnx.graph import INT64, Graph, Tensor
from tensorlogic.lower.onnx.registry import implement_rows, implements
from tensorlogic.lower.onnx.sizes import Ints, Size, count_of, counted, joined, shape_of, size_of, sizes
from tensorlogic.mil.ops import tensor_operation as ops
from tensorlogic.mil.types import FP64, INT32, DType

implement_rows(
    {
        ops.identity: lambda g, x: x,
        ops.tile: lambda g, x, reps: g.op("Tile", x, g.ints(reps)),
        ops.fill: lambda g, shape, value: g.op("Expand", value, g.ints(shape)),
        ops.fill_like: lambda g, ref_tensor, value: g.op("Expand", value, shape_of(g, ref_tensor)),
        ops.flatten2d: lambda g, x, axis: g.op("Flatten", x, axis=axis),
        ops.argsort: lambda g, x, axis, ascending: g.cast(_order(g, x, size_of(g, x, axis), axis, ascending)[1], INT32),
        ops.non_zero: lambda g, x: g.cast(g.op("Transpose", g.op("NonZero", x), perm=[1, 0], dtype=INT64), INT32),
    }
)


@implements(ops.shape)
def shape(g: Graph, x: Tensor) -> Tensor:
    sizes = shape_of(g, x)
    return g.cast(sizes, INT32) if isinstance(sizes, Tensor) else g.constant(np.array(sizes, np.int32))


@implements(ops.concat)
def concat(g: Graph, values: tuple[Tensor, ...], axis: int, interleave: bool) -> Tensor:
    if len(values) == 1:
        return values[0]
    if not interleave:
        vectors = [g.op("Reshape", value, [1]) if value.shape == () else value for value in values]
        return g.op("Concat", *vectors, axis=axis)  # type: ignore[no-any-return]
    axis = axis % values[0].rank
    after = sizes(g, values[0])[axis + 1 :]
    return g.op("Reshape", stack(g, values, axis + 1), joined(g, (*(0,) * axis, -1, *after)))  # type: ignore[no-any-return]


@implements(ops.stack)
def stack(g: Graph, values: tuple[Tensor, ...], axis: int) -> Tensor:
    return g.op("Concat", *[g.op("Unsqueeze", value, [axis]) for value in values], axis=axis)  # type: ignore[no-any-return]


@implements(ops.split)
def split(g: Graph, x: Tensor, axis: int, num_splits: int | None, split_sizes: Ints | None) -> tuple[Tensor, ...]:
    if split_sizes is not None:
        return g.op("Split", x, split_sizes, outputs=len(split_sizes), axis=axis)  # type: ignore[no-any-return]
    if num_splits is None:
        raise ValueError("it says neither num_splits nor split_sizes")
    return g.op("Split", x, outputs=num_splits, num_outputs=num_splits, axis=axis)  # type: ignore[no-any-return]


_PADDINGS = {"constant": "constant", "reflect": "reflect", "replicate": "edge"}


@implements(ops.pad)
def pad(g: Graph, x: Tensor, pad: Ints | Tensor, mode: str, constant_val: float) -> Tensor:
    if isinstance(pad, tuple) and not any(pad):
        return x
    filler = float(constant_val) if mode == "constant" else None
    count = count_of(pad)
    axes = None if count in (None, 2 * x.rank) else list(range(x.rank - count // 2, x.rank))
    return g.op("Pad", x, _befores_and_afters(g, x, pad, mode), filler, axes, mode=_PADDINGS[mode])  # type: ignore[no-any-return]


def _befores_and_afters(g: Graph, x: Tensor, pad: Ints | Tensor, mode: str) -> Ints | Tensor:
    """All that comes before an axis, then all that comes after one."""
    if isinstance(pad, Tensor):
        pairs = g.op("Transpose", g.op("Reshape", g.ints(pad), [-1, 2]), perm=[1, 0])
        return g.op("Reshape", pairs, [-1])  # type: ignore[no-any-return]
    if min(pad) < 0:
        raise ValueError(f"padding by {list(pad)} would cut")
    lengths = x.axes[x.rank - len(pad) // 2 :]
    for before, after, length in zip(pad[::2], pad[1::2], lengths, strict=True):
        if mode == "reflect" and length is not None and max(before, after) >= length:
            raise ValueError(f"reflection by ({before}, {after}) needs an axis longer than {length}")
    return (*pad[::2], *pad[1::2])


@implements(ops.range_1d)
def range_1d(g: Graph, end: Tensor, start: Tensor, step: Tensor) -> Tensor:
    # In float64, in which as many steps fit as between the numbers as they are written.
    kind = FP64 if start.dtype.is_float else start.dtype
    return g.cast(g.op("Range", *[g.cast(each, kind) for each in (start, end, step)]), start.dtype)


@implements(ops.one_hot)
def one_hot(
    g: Graph, indices: Tensor, one_hot_vector_size: int | Tensor, axis: int, on_value: Tensor, off_value: Tensor
) -> Tensor:
    axis = axis % (indices.rank + 1)
    column = g.op("Reshape", counted(g, one_hot_vector_size), [-1] + [1] * (indices.rank - axis))
    # OneHot itself takes negative indices from the end.
    return select(g, g.op("Equal", g.op("Unsqueeze", g.cast(indices, INT32), [axis]), column), on_value, off_value)


@implements(ops.cumsum)
@widened
def cumsum(g: Graph, x: Tensor, axis: int, exclusive: bool, reverse: bool) -> Tensor:
    return g.op("CumSum", x, g.constant(axis, INT64), exclusive=int(exclusive), reverse=int(reverse))  # type: ignore[no-any-return]


@implements(ops.topk)
@implements(ops.topk_optional)
@implements(ops.topk_typed)
def topk(
    g: Graph,
    x: Tensor,
    k: int,
    axis: int,
    ascending: bool,
    sort: bool = True,
    return_indices: bool = True,
    output_indices_dtype: DType = INT32,
) -> tuple[Tensor, ...]:
    values, indices = _order(g, x, size_of(g, x, axis) if k == -1 else k, axis, ascending)
    first = g.cast(values, x.dtype)
    return (first, g.cast(indices, output_indices_dtype)) if return_indices else (first,)


def _order(g: Graph, x: Tensor, count: Size, axis: int, ascending: bool) -> tuple[Tensor, Tensor]:
    """The first of the values in order, and where they are; equal ones keep their order."""
    values, indices = g.op("TopK", wide(g, x), joined(g, [count]), outputs=2, axis=axis, largest=int(not ascending))
    return values, replace(indices, dtype=INT64)


@implements(ops.band_part)
def band_part(g: Graph, x: Tensor, lower: int, upper: int) -> Tensor:
    above = x if lower < 0 else g.op("Trilu", x, g.constant(-lower, INT64), upper=1)
    return above if upper < 0 else g.op("Trilu", above, g.constant(upper, INT64), upper=0)
