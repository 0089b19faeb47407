"""Activation functions."""

from __future__ import annotations

from tensorlogic.lower.onnx.registry import implement_rows
from tensorlogic.mil.ops import activation as ops

implement_rows(
    {
        ops.relu: "Relu",
        ops.sigmoid: "Sigmoid",
        ops.softmax: lambda g, x, axis: g.op("Softmax", x, axis=axis),
    }
)
