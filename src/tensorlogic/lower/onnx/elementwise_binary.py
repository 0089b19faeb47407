"""Functions of two values, element by element."""

from __future__ import annotations

from tensorlogic.lower.onnx.graph import Graph, Tensor
from tensorlogic.lower.onnx.registry import implement_rows, implements
from tensorlogic.mil.ops import elementwise_binary as ops

implement_rows(
    {
        ops.add: "Add",
        ops.maximum: "Max",
        ops.minimum: "Min",
        ops.mul: "Mul",
        ops.sub: "Sub",
        ops.equal: "Equal",
        ops.greater: "Greater",
        ops.greater_equal: "GreaterOrEqual",
        ops.less: "Less",
        ops.less_equal: "LessOrEqual",
        ops.logical_and: "And",
        ops.logical_or: "Or",
        ops.logical_xor: "Xor",
        ops.not_equal: lambda g, x, y: g.op("Not", g.op("Equal", x, y)),
    }
)


@implements(ops.real_div)
def real_div(g: Graph, x: Tensor, y: Tensor) -> Tensor:
    result: Tensor = g.op("Div", x, y)  # of integers, ONNX's too is truncated
    return result
