"""Other shapes and orders of elements."""

from __future__ import annotations

from tensorlogic.lower.onnx.registry import implement_rows
from tensorlogic.mil.ops import tensor_transformation as ops

implement_rows(
    {
        ops.expand_dims: lambda g, x, axes: g.op("Unsqueeze", x, axes),
        ops.squeeze: lambda g, x, axes: g.op("Squeeze", x, axes),
        ops.transpose: lambda g, x, perm: g.op("Transpose", x, perm=[axis % len(perm) for axis in perm]),
    }
)
