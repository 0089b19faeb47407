"""Floats as small whole numbers, and back."""

from __future__ import annotations

from tensorlogic.lower.onnx.graph import Graph, Tensor
from tensorlogic.lower.onnx.registry import implements
from tensorlogic.lower.onnx.target import onnx_dtype
from tensorlogic.mil.ops import quantization as ops
from tensorlogic.mil.types import DType


@implements(ops.quantize)
def quantize(
    g: Graph, input: Tensor, scale: Tensor, output_dtype: DType, zero_point: Tensor | None, axis: int | None
) -> Tensor:
    return g.op(  # type: ignore[no-any-return]
        "QuantizeLinear", input, scale, zero_point, axis=axis, output_dtype=onnx_dtype(output_dtype), dtype=output_dtype
    )


@implements(ops.dequantize)
def dequantize(g: Graph, input: Tensor, scale: Tensor, zero_point: Tensor | None, axis: int | None) -> Tensor:
    return g.op("DequantizeLinear", input, scale, zero_point, axis=axis, dtype=scale.dtype)  # type: ignore[no-any-return]
