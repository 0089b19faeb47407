"""Every operation on ONNX: for the engines that run its models, and for export."""

from tensorlogic.lower.onnx import (
    activation,
    constexpr,
    control_flow,
    conv,
    crop_resize,
    elementwise_binary,
    elementwise_unary,
    image_resizing,
    linear,
    normalization,
    pool,
    quantization,
    recurrent,
    reduction,
    resample,
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
    "constexpr",
    "control_flow",
    "conv",
    "crop_resize",
    "elementwise_binary",
    "elementwise_unary",
    "image_resizing",
    "implementation",
    "linear",
    "lower",
    "normalization",
    "pool",
    "quantization",
    "recurrent",
    "reduction",
    "resample",
    "scatter_gather",
    "states",
    "suppression",
    "tensor_operation",
    "tensor_transformation",
    "transformers",
]
