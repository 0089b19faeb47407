"""Taking values by index."""

from __future__ import annotations

from tensorlogic.lower.onnx.dtypes import unsigned
from tensorlogic.lower.onnx.graph import INT64, Graph, Tensor
from tensorlogic.lower.onnx.registry import implements
from tensorlogic.mil.ops import scatter_gather as ops


@implements(ops.gather)
@implements(ops.gather_batched)
@implements(ops.gather_validated)
def gather(
    g: Graph, x: Tensor, indices: Tensor, axis: int, batch_dims: int = 0, validate_indices: bool = False
) -> Tensor:
    places = _indices(g, indices, validate_indices)
    if not batch_dims:
        return g.op("Gather", x, places, axis=axis, dtype=x.dtype)  # type: ignore[no-any-return]
    batch, between, after = range(batch_dims), range(batch_dims, axis % x.rank), range(axis % x.rank + 1, x.rank)
    rows = _ordered(g, x, [*batch, axis % x.rank, *between, *after])
    taken = g.op("GatherND", rows, g.op("Unsqueeze", g.cast(places, INT64), [-1]), batch_dims=batch_dims, dtype=x.dtype)
    # The axes of the indices come first; they belong where the axis was.
    own = indices.rank - batch_dims
    return _ordered(
        g,
        taken,
        [*batch, *(at + own for at in between), *range(batch_dims, indices.rank), *(at + own - 1 for at in after)],
    )


def _ordered(g: Graph, x: Tensor, perm: list[int]) -> Tensor:
    return x if perm == sorted(perm) else g.op("Transpose", x, perm=perm)


@implements(ops.gather_along_axis)
@implements(ops.gather_along_axis_validated)
def gather_along_axis(g: Graph, x: Tensor, indices: Tensor, axis: int, validate_indices: bool = False) -> Tensor:
    return g.op("GatherElements", x, _indices(g, indices, validate_indices), axis=axis, dtype=x.dtype)  # type: ignore[no-any-return]


@implements(ops.gather_nd)
@implements(ops.gather_nd_batched)
@implements(ops.gather_nd_validated)
def gather_nd(g: Graph, x: Tensor, indices: Tensor, batch_dims: int = 0, validate_indices: bool = False) -> Tensor:
    places = g.cast(_indices(g, indices, validate_indices), INT64)
    return g.op("GatherND", x, places, batch_dims=batch_dims, dtype=x.dtype)  # type: ignore[no-any-return]


def _indices(g: Graph, indices: Tensor, validate: bool) -> Tensor:
    """Indices of a type that operators take; they refuse those outside, and negative ones are made to be outside."""
    indices = unsigned(g, indices) if validate else indices
    return indices if indices.dtype.name in ("int32", "int64") else g.cast(indices, INT64)
