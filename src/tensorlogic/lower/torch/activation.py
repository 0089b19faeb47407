"""Activation functions."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from tensorlogic.lower.torch.dtypes import mixed
from tensorlogic.lower.torch.registry import implement_rows, implements
from tensorlogic.mil.ops import activation as ops

_GELU_SIGMOID_SLOPE = 1.702

implement_rows(
    {
        ops.relu: torch.relu,
        ops.relu6: F.relu6,
        ops.sigmoid: torch.sigmoid,
        ops.silu: F.silu,
        ops.softsign: F.softsign,
        ops.elu: F.elu,
        ops.leaky_relu: F.leaky_relu,
        ops.thresholded_relu: lambda x, alpha: torch.where(x >= alpha, x, 0),
        ops.clamped_relu: lambda x, alpha, beta: F.leaky_relu(x, alpha).clamp(max=beta),
        ops.linear_activation: lambda x, alpha, beta: alpha * x + beta,
        ops.scaled_tanh: lambda x, alpha, beta: alpha * torch.tanh(beta * x),
        ops.sigmoid_hard: lambda x, alpha, beta: (alpha * x + beta).clamp(0, 1),
        ops.softmax: torch.softmax,
        # F.softplus turns linear above a threshold; this is exact everywhere.
        ops.softplus: lambda x: torch.logaddexp(x, torch.zeros_like(x)),
    }
)


@implements(ops.prelu)
@mixed
def prelu(x: Tensor, alpha: Tensor) -> Tensor:
    return torch.where(x >= 0, x, _per_channel(alpha, x) * x)


@implements(ops.softplus_parametric)
@mixed
def softplus_parametric(x: Tensor, alpha: Tensor, beta: Tensor) -> Tensor:
    scaled = _per_channel(beta, x) * x
    return _per_channel(alpha, x) * torch.logaddexp(scaled, torch.zeros_like(scaled))


@implements(ops.gelu)
def gelu(x: Tensor, mode: str) -> Tensor:
    if mode == "SIGMOID_APPROXIMATION":
        return x * torch.sigmoid(_GELU_SIGMOID_SLOPE * x)
    return F.gelu(x, approximate={"EXACT": "none", "TANH_APPROXIMATION": "tanh"}[mode])


def _per_channel(values: Tensor, x: Tensor) -> Tensor:
    return values.reshape(-1, *[1] * (x.dim() - 2))
