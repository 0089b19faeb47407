"""Functions of one value, element by element."""

from __future__ import annotations

from tensorlogic.lower.onnx.registry import implement_rows
from tensorlogic.mil.ops import elementwise_unary as ops

implement_rows(
    {
        ops.abs: "Abs",
        ops.erf: "Erf",
        ops.exp: "Exp",
        ops.sqrt: "Sqrt",
        ops.tanh: "Tanh",
        ops.cast: lambda g, x, dtype: g.cast(x, dtype),
    }
)
