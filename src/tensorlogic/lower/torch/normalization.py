"""Normalisations."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from tensorlogic.lower.torch.dtypes import mixed
from tensorlogic.lower.torch.registry import implements
from tensorlogic.mil.ops import normalization as ops


@implements(ops.batch_norm)
@mixed
def batch_norm(
    x: Tensor, mean: Tensor, variance: Tensor, gamma: Tensor | None, beta: Tensor | None, epsilon: float
) -> Tensor:
    return F.batch_norm(x, mean, variance, gamma, beta, training=False, eps=epsilon)


@implements(ops.instance_norm)
@mixed
def instance_norm(x: Tensor, gamma: Tensor | None, beta: Tensor | None, epsilon: float) -> Tensor:
    # Group norm with one channel a group is the same, and takes a single spatial element too.
    return F.group_norm(x, x.shape[1], gamma, beta, epsilon)


@implements(ops.layer_norm)
@mixed
def layer_norm(
    x: Tensor, axes: tuple[int, ...] | None, gamma: Tensor | None, beta: Tensor | None, epsilon: float
) -> Tensor:
    rank = x.dim()
    over = tuple(range(rank)) if axes is None else tuple(sorted(axis % rank for axis in axes))
    if over == tuple(range(rank - len(over), rank)):
        return F.layer_norm(x, x.shape[rank - len(over) :], gamma, beta, epsilon)
    variance, mean = torch.var_mean(x, over, correction=0, keepdim=True)
    shape = [x.shape[axis] if axis in over else 1 for axis in range(rank)]
    result = (x - mean) * torch.rsqrt(variance + epsilon)
    result = result if gamma is None else result * gamma.reshape(shape)
    return result if beta is None else result + beta.reshape(shape)


@implements(ops.l2_norm)
def l2_norm(x: Tensor, epsilon: float) -> Tensor:
    # In float32: the sum of squares leaves the range of float16 where the result does not.
    squares = x.float().square().sum((-3, -2, -1), keepdim=True)
    return (x / torch.sqrt(squares + epsilon)).to(x.dtype)


@implements(ops.local_response_norm)
def local_response_norm(x: Tensor, size: int, alpha: float, beta: float, k: float) -> Tensor:
    samples = x.float() if x.dim() > 3 else x.float()[None]
    return F.local_response_norm(samples, size, alpha, beta, k).reshape(x.shape).to(x.dtype)
