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
from tensorlogic.lower.torch.dtypes import torch_dtype
from tensorlogic.lower.torch.registry import implementation
from tensorlogic.lower.torch.storage import Stored, held, stored

__all__ = [
    "Stored",
    "activation",
    "classify",
    "constexpr",
    "control_flow",
    "conv",
    "elementwise_binary",
    "elementwise_unary",
    "held",
    "implementation",
    "linear",
    "lists",
    "normalization",
    "pool",
    "recurrent",
    "reduction",
    "scatter_gather",
    "states",
    "stored",
    "tensor_operation",
    "tensor_transformation",
    "torch_dtype",
]
