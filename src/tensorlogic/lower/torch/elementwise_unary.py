"""Functions of one value, element by element."""

from __future__ import annotations

import torch
from torch import Tensor

from tensorlogic.lower.torch.registry import implement_rows
from tensorlogic.mil.ops import elementwise_unary as ops

implement_rows(
    {
        ops.abs: torch.abs,
        ops.acos: torch.acos,
        ops.asin: torch.asin,
        ops.atan: torch.atan,
        ops.atanh: torch.atanh,
        ops.ceil: torch.ceil,
        ops.cos: torch.cos,
        ops.cosh: torch.cosh,
        ops.erf: torch.erf,
        ops.exp: torch.exp,
        ops.exp2: lambda x: torch.exp2(x).to(x.dtype),
        ops.floor: torch.floor,
        ops.logical_not: torch.logical_not,
        ops.round: torch.round,
        ops.sign: torch.sign,
        ops.sin: torch.sin,
        ops.sinh: torch.sinh,
        ops.sqrt: torch.sqrt,
        ops.square: torch.square,
        ops.tan: torch.tan,
        ops.tanh: torch.tanh,
        ops.clip: lambda x, alpha, beta: x.clamp(_fitting(alpha, x), _fitting(beta, x)),
        ops.threshold: lambda x, alpha: x.clamp(min=_fitting(alpha, x)),
        ops.inverse: lambda x, epsilon: torch.reciprocal(x + epsilon),
        ops.log: lambda x, epsilon: torch.log(x + epsilon),
        ops.rsqrt: lambda x, epsilon: torch.rsqrt(x + epsilon),
        ops.cast: lambda x, dtype: x.to(dtype),
    }
)


def _fitting(bound: float, x: Tensor) -> float:
    """A bound as a number of x's own kind: a float bound would turn integers into floats."""
    return bound if x.is_floating_point() else int(bound)
