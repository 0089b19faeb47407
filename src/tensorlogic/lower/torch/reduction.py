"""Reductions along axes."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from tensorlogic.lower.torch.registry import implement_rows
from tensorlogic.mil.declare import Op
from tensorlogic.mil.ops import reduction as ops

Axes = tuple[int, ...]
Reduction = Callable[[Tensor, Axes, bool], Tensor]


def _prod(x: Tensor, axes: Axes, keep_dims: bool) -> Tensor:
    for axis in sorted((axis % x.dim() for axis in axes), reverse=True):
        x = x.prod(axis, keepdim=keep_dims, dtype=x.dtype)
    return x


def _mean(x: Tensor, axes: Axes, keep_dims: bool) -> Tensor:
    if x.is_floating_point():
        return x.mean(axes, keepdim=keep_dims)
    total = x.sum(axes, keepdim=keep_dims)
    return torch.div(total, x.numel() // total.numel(), rounding_mode="trunc")


def _over(reduce: Reduction) -> Callable[[Tensor, Axes | None, bool], Tensor]:
    """`reduce` over all axes where none are given, in the type of x."""

    def call(x: Tensor, axes: Axes | None, keep_dims: bool) -> Tensor:
        return reduce(x, tuple(range(x.dim())) if axes is None else axes, keep_dims).to(x.dtype)

    return call


def _index(find: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def call(x: Tensor, axis: int, keep_dims: bool, dtype: torch.dtype = torch.int32) -> Tensor:
        return find(x, axis, keepdim=keep_dims).to(dtype)

    return call


_ROWS: dict[Op, Reduction] = {
    ops.reduce_l1_norm: lambda x, axes, keep: x.abs().sum(axes, keepdim=keep),
    # In float32: squares and sums may leave the range of float16 where the result does not.
    ops.reduce_l2_norm: lambda x, axes, keep: x.float().square().sum(axes, keepdim=keep).sqrt(),
    ops.reduce_log_sum: lambda x, axes, keep: x.float().sum(axes, keepdim=keep).log(),
    ops.reduce_log_sum_exp: lambda x, axes, keep: torch.logsumexp(x, axes, keepdim=keep),
    ops.reduce_max: lambda x, axes, keep: x.amax(axes, keepdim=keep),
    ops.reduce_mean: _mean,
    ops.reduce_min: lambda x, axes, keep: x.amin(axes, keepdim=keep),
    ops.reduce_prod: _prod,
    ops.reduce_sum: lambda x, axes, keep: x.sum(axes, keepdim=keep),
    ops.reduce_sum_square: lambda x, axes, keep: x.square().sum(axes, keepdim=keep),
}

implement_rows({op: _over(reduce) for op, reduce in _ROWS.items()})
implement_rows(
    {
        ops.reduce_argmax: _index(torch.argmax),
        ops.reduce_argmin: _index(torch.argmin),
        ops.reduce_argmax_typed: _index(torch.argmax),
        ops.reduce_argmin_typed: _index(torch.argmin),
    }
)
