"""Every operation on ONNX: for the engines that run its models, and for export."""

from tensorlogic.lower.onnx import (
    activation,
    classify,
    constexpr,
    control_flow,
    conv,
    elementwise_binary,
    elementwise_unary,
    linear,
    normalization,
    pool,
    quantization,
    recurrent,
    reduction,
    scatter,
    scatter_gather,
    states,
    suppression,
    tensor_operation,
    tensor_transformation,
    transformers,
)
from tensorlogic.lower.onnx.lowering import Evaluate, Lowered, lower
from tensorlogic.lower.onnx.model import WEIGHTS
from tensorlogic.lower.onnx.registry import implementation
from tensorlogic.lower.onnx.target import PRECISIONS

__all__ = [
    "PRECISIONS",
    "WEIGHTS",
    "Evaluate",
    "Lowered",
    "activation",
    "classify",
    "constexpr",
    "control_flow",
    "conv",
    "elementwise_binary",
    "elementwise_unary",
    "implementation",
    "linear",
    "lower",
    "normalization",
    "pool",
    "quantization",
    "recurrent",
    "reduction",
    "scatter",
    "scatter_gather",
    "states",
    "suppression",
    "tensor_operation",
    "tensor_transformation",
    "transformers",
]
