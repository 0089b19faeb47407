"""The operations of MIL, one file per family: each declared once, by its signature."""

from tensorlogic.mil.declare import Op, declaration, declarations
from tensorlogic.mil.ops import (
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
    tensor_operation,
    tensor_transformation,
)

__all__ = [
    "Op",
    "activation",
    "classify",
    "constexpr",
    "control_flow",
    "conv",
    "declaration",
    "declarations",
    "elementwise_binary",
    "elementwise_unary",
    "linear",
    "lists",
    "normalization",
    "pool",
    "recurrent",
    "reduction",
    "scatter_gather",
    "tensor_operation",
    "tensor_transformation",
]
