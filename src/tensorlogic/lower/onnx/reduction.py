"""Reductions."""

from __future__ import annotations

from tensorlogic.lower.onnx.registry import implement_rows
from tensorlogic.mil.ops import reduction as ops

implement_rows(
    {
        ops.reduce_mean: lambda g, x, axes, keep_dims: g.op("ReduceMean", x, axes, keepdims=int(keep_dims)),
    }
)
