"""Activation functions."""

from __future__ import annotations

from tensorlogic.lower.onnx.dtypes import mixed
from tensorlogic.lower.onnx.graph import Graph, Tensor
from tensorlogic.lower.onnx.registry import implement_rows, implements
from tensorlogic.mil.ops import activation as ops

_GELU_SIGMOID_SLOPE = 1.702


def _softplus(g: Graph, x: Tensor) -> Tensor:
    """max(x, 0) + log1p(exp(-|x|)), with log1p(y) = 2 atanh(y / (2 + y)).

    Engines add 1 to exp(x), which leaves nothing of it far below zero.
    """
    small = g.op("Exp", g.op("Neg", g.op("Abs", x)))
    half = g.op("Atanh", g.op("Div", small, g.op("Add", small, 2.0)))
    result: Tensor = g.op("Add", g.op("Relu", x), g.op("Add", half, half))
    return result


def _thresholded(g: Graph, x: Tensor, alpha: float) -> Tensor:
    result: Tensor = g.op("Where", g.op("Less", x, alpha), g.constant(0, x.dtype), x, dtype=x.dtype)
    return result


implement_rows(
    {
        ops.relu: "Relu",
        ops.sigmoid: "Sigmoid",
        ops.softsign: "Softsign",
        ops.silu: lambda g, x: g.op("Mul", x, g.op("Sigmoid", x)),
        ops.softplus: _softplus,
        ops.relu6: lambda g, x: g.op("Clip", x, 0.0, 6.0),
        ops.elu: lambda g, x, alpha: g.op("Elu", x, alpha=alpha),
        ops.leaky_relu: lambda g, x, alpha: g.op("LeakyRelu", x, alpha=alpha),
        ops.thresholded_relu: _thresholded,
        ops.clamped_relu: lambda g, x, alpha, beta: g.op("Clip", g.op("LeakyRelu", x, alpha=alpha), None, beta),
        ops.linear_activation: lambda g, x, alpha, beta: g.op("Add", g.op("Mul", x, alpha), beta),
        ops.scaled_tanh: lambda g, x, alpha, beta: g.op("Mul", g.op("Tanh", g.op("Mul", x, beta)), alpha),
        ops.sigmoid_hard: lambda g, x, alpha, beta: g.op("HardSigmoid", x, alpha=alpha, beta=beta),
        ops.softmax: lambda g, x, axis: g.op("Softmax", x, axis=axis),
    }
)


@implements(ops.prelu)
@mixed
def prelu(g: Graph, x: Tensor, alpha: Tensor) -> Tensor:
    return g.op("PRelu", x, _per_channel(g, alpha, x))  # type: ignore[no-any-return]


@implements(ops.softplus_parametric)
@mixed
def softplus_parametric(g: Graph, x: Tensor, alpha: Tensor, beta: Tensor) -> Tensor:
    gate = _softplus(g, g.op("Mul", x, _per_channel(g, beta, x)))
    return g.op("Mul", gate, _per_channel(g, alpha, x))  # type: ignore[no-any-return]


@implements(ops.gelu)
def gelu(g: Graph, x: Tensor, mode: str) -> Tensor:
    if mode == "SIGMOID_APPROXIMATION":
        # Far below zero, engines' own sigmoids are off by a large part of their small values.
        return g.op("Div", x, g.op("Add", g.op("Exp", g.op("Mul", x, -_GELU_SIGMOID_SLOPE)), 1.0))  # type: ignore[no-any-return]
    approximate = {"EXACT": "none", "TANH_APPROXIMATION": "tanh"}[mode]
    return g.op("Gelu", x, approximate=approximate)  # type: ignore[no-any-return]


def _per_channel(g: Graph, values: Tensor, x: Tensor) -> Tensor:
    return g.op("Reshape", values, [-1, *[1] * (x.rank - 2)])  # type: ignore[no-any-return]
