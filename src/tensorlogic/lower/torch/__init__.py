"""Every operation on PyTorch: the reference implementation."""

from tensorlogic.lower.torch import (
    activation,
    classify,
    constexpr,
    control_flow,
    conv,
    elementwise_binary,
    elementwise_unary,
    linear,
    lists,
    normalization,
    pool,
    recurrent,
    reduction,
    scatter_gather,
    states,
    tensor_operation,
    tensor_transformation,
)
from tensorlogic.lower.torch.dtypes import tensor_of, torch_dtype
from tensorlogic.lower.torch.registry import implementation

__all__ = [
    "activation",
    "classify",
    "constexpr",
    "control_flow",
    "conv",
    "elementwise_binary",
    "elementwise_unary",
    "implementation",
    "linear",
    "lists",
    "normalization",
    "pool",
    "recurrent",
    "reduction",
    "scatter_gather",
    "states",
    "tensor_of",
    "tensor_operation",
    "tensor_transformation",
    "torch_dtype",
]
