"""Reductions along axes."""

from __future__ import annotations

import math
from collections.abc import Callable

from tensorlogic.lower.onnx.graph import INT64, Graph, Tensor
from tensorlogic.lower.onnx.registry import implement_rows
from tensorlogic.mil.ops import reduction as ops
from tensorlogic.mil.types import FP32, INT32, DType

Axes = tuple[int, ...]
Reduce = Callable[[Graph, Tensor, Axes | None, bool], Tensor]


def _over(kind: str, within: DType | None = None, integers: DType | None = None) -> Reduce:
    """Over all axes where none are given; in the type `within`, or `integers` if x is of whole numbers."""

    def call(g: Graph, x: Tensor, axes: Axes | None, keep_dims: bool) -> Tensor:
        computed = within if x.dtype.is_float else integers or within
        result: Tensor = g.op(kind, g.cast(x, computed or x.dtype), axes, keepdims=int(keep_dims))
        return g.cast(result, x.dtype)

    return call


def _extreme(kind: str) -> Reduce:
    """Engines leave out what is no number; here it is the result."""
    plain = _over(kind)

    def call(g: Graph, x: Tensor, axes: Axes | None, keep_dims: bool) -> Tensor:
        found = plain(g, x, axes, keep_dims)
        if not x.dtype.is_float:
            return found
        unknown = g.op("ReduceMax", g.op("IsNaN", x), axes, keepdims=int(keep_dims))
        return g.op("Where", unknown, g.constant(math.nan, x.dtype), found, dtype=x.dtype)  # type: ignore[no-any-return]

    return call


def _index(kind: str) -> Callable[..., Tensor]:
    def call(g: Graph, x: Tensor, axis: int, keep_dims: bool, dtype: DType = INT32) -> Tensor:
        return g.cast(g.op(kind, x, axis=axis, keepdims=int(keep_dims)), dtype)

    return call


implement_rows(
    {
        ops.reduce_l1_norm: _over("ReduceL1"),
        # In float32: squares and sums may leave the range of float16 where the result does not.
        ops.reduce_l2_norm: _over("ReduceL2", FP32),
        ops.reduce_log_sum: _over("ReduceLogSum", FP32),
        ops.reduce_log_sum_exp: _over("ReduceLogSumExp", FP32),
        ops.reduce_max: _extreme("ReduceMax"),
        ops.reduce_mean: _over("ReduceMean", integers=INT64),
        ops.reduce_min: _extreme("ReduceMin"),
        ops.reduce_prod: _over("ReduceProd"),
        ops.reduce_sum: _over("ReduceSum"),
        ops.reduce_sum_square: _over("ReduceSumSquare"),
        ops.reduce_argmax: _index("ArgMax"),
        ops.reduce_argmin: _index("ArgMin"),
        ops.reduce_argmax_typed: _index("ArgMax"),
        ops.reduce_argmin_typed: _index("ArgMin"),
    }
)
