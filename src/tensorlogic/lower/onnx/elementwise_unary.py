"""Functions of one value, element by element."""

from __future__ import annotations

from collections.abc import Callable

from tensorlogic.lower.onnx.dtypes import widened
from tensorlogic.lower.onnx.graph import Graph, Tensor
from tensorlogic.lower.onnx.registry import implement_rows
from tensorlogic.mil.ops import elementwise_unary as ops
from tensorlogic.mil.types import BOOL, FP32, DType


def _fitting(bound: float, x: Tensor) -> float:
    """A bound as a number of x's own kind."""
    return bound if x.dtype.is_float else int(bound)


@widened
def _clip(g: Graph, x: Tensor, alpha: float, beta: float) -> Tensor:
    result: Tensor = g.op("Clip", x, _fitting(alpha, x), _fitting(beta, x))
    return result


def _clip_ordered(g: Graph, x: Tensor, alpha: float, beta: float) -> Tensor:
    if not alpha < beta:
        raise ValueError(f"the lower bound {alpha} is not below the upper bound {beta}")
    return _clip(g, x, alpha, beta)


@widened
def _threshold(g: Graph, x: Tensor, alpha: float) -> Tensor:
    result: Tensor = g.op("Clip", x, _fitting(alpha, x))
    return result


def _after_epsilon(*kinds: str) -> Callable[[Graph, Tensor, float], Tensor]:
    """In float32, which float16 has no numbers for: most epsilons are too small."""

    def call(g: Graph, x: Tensor, epsilon: float) -> Tensor:
        value = g.op("Add", g.cast(x, FP32), epsilon)
        for kind in kinds:
            value = g.op(kind, value)
        return g.cast(value, x.dtype)

    return call


def _cast(g: Graph, x: Tensor, dtype: DType) -> Tensor:
    if dtype == BOOL and x.dtype.is_float:
        return g.op("Not", g.op("Equal", x, 0.0))  # type: ignore[no-any-return]  # to OpenVINO's Cast, NaN is false
    return g.cast(x, dtype)


implement_rows(
    {
        ops.abs: "Abs",
        ops.acos: "Acos",
        ops.asin: "Asin",
        ops.atan: "Atan",
        ops.atanh: "Atanh",
        ops.ceil: "Ceil",
        ops.cos: "Cos",
        ops.cosh: "Cosh",
        ops.erf: "Erf",
        ops.exp: "Exp",
        ops.floor: "Floor",
        ops.logical_not: "Not",
        ops.round: "Round",
        ops.sign: "Sign",
        ops.sin: "Sin",
        ops.sinh: "Sinh",
        ops.sqrt: "Sqrt",
        ops.tan: "Tan",
        ops.tanh: "Tanh",
        ops.exp2: lambda g, x: g.op("Pow", g.constant(2, x.dtype), x),
        ops.square: lambda g, x: g.op("Mul", x, x),
        ops.clip: _clip,
        ops.clip_ordered: _clip_ordered,
        ops.threshold: _threshold,
        ops.inverse: _after_epsilon("Reciprocal"),
        ops.log: _after_epsilon("Log"),
        ops.rsqrt: _after_epsilon("Sqrt", "Reciprocal"),
        ops.cast: _cast,
    }
)
