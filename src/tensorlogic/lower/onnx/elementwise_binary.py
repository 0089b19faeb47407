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
        ops.pow: "Pow",
        ops.real_div: "Div",  # of integers, ONNX's too is truncated
        ops.sub: "Sub",
        ops.equal: "Equal",
        # OpenVINO's own Greater and GreaterOrEqual hold where an operand is NaN.
        ops.greater: lambda g, x, y: g.op("Less", y, x),
        ops.greater_equal: lambda g, x, y: g.op("LessOrEqual", y, x),
        ops.less: "Less",
        ops.less_equal: "LessOrEqual",
        ops.logical_and: "And",
        ops.logical_or: "Or",
        ops.logical_xor: "Xor",
        ops.not_equal: lambda g, x, y: g.op("Not", g.op("Equal", x, y)),
    }
)


@implements(ops.mod)
def mod(g: Graph, x: Tensor, y: Tensor) -> Tensor:
    if not x.dtype.is_float:
        return g.op("Mod", x, y)  # type: ignore[no-any-return]
    rest, below = _remainder(g, x, y)
    return g.op("Where", below, g.op("Add", rest, y), rest, dtype=x.dtype)  # type: ignore[no-any-return]


@implements(ops.floor_div)
def floor_div(g: Graph, x: Tensor, y: Tensor) -> Tensor:
    """Where x / y is rounded up to a whole number, the remainder tells: it is exact."""
    if not x.dtype.is_float:
        return g.op("Div", g.op("Sub", x, g.op("Mod", x, y)), y)  # type: ignore[no-any-return]
    rest, below = _remainder(g, x, y)
    whole = g.op("Sub", g.op("Round", g.op("Div", g.op("Sub", x, rest), y)), g.cast(below, x.dtype))
    floor = g.op("Floor", g.op("Div", x, y))
    return g.op("Where", g.op("Less", whole, floor), whole, floor, dtype=x.dtype)  # type: ignore[no-any-return]


def _remainder(g: Graph, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """What truncated division of floats leaves, and where floored division leaves y more: it has the other sign."""
    rest = g.op("Mod", x, y, fmod=1)
    return rest, g.op("Less", g.op("Mul", g.op("Sign", rest), g.op("Sign", y)), 0.0)
