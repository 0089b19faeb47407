"""Functions of one value, element by element."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from tensorlogic.lower.torch.registry import implement_rows
from tensorlogic.mil.ops import elementwise_unary as ops


def _fitting(bound: float, x: Tensor) -> float:
    """A bound as a number of x's own kind: a float bound would turn integers into floats."""
    return bound if x.is_floating_point() else int(bound)


def _clip(x: Tensor, alpha: float, beta: float) -> Tensor:
    return x.clamp(_fitting(alpha, x), _fitting(beta, x))


def _clip_ordered(x: Tensor, alpha: float, beta: float) -> Tensor:
    if not alpha < beta:
        raise ValueError(f"the lower bound {alpha} is not below the upper bound {beta}")
    return _clip(x, alpha, beta)


def _after_epsilon(function: Callable[[Tensor], Tensor]) -> Callable[[Tensor, float], Tensor]:
    """In float32, which float16 has no numbers for: most epsilons are too small."""
    return lambda x, epsilon: function(x.float() + epsilon).to(x.dtype)


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
        ops.clip: _clip,
        ops.clip_ordered: _clip_ordered,
        ops.threshold: lambda x, alpha: x.clamp(min=_fitting(alpha, x)),
        ops.inverse: _after_epsilon(torch.reciprocal),
        ops.log: _after_epsilon(torch.log),
        ops.rsqrt: _after_epsilon(torch.rsqrt),
        ops.cast: lambda x, dtype: x.to(dtype),
    }
)
