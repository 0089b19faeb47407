"""Taking values by index."""

from __future__ import annotations

import torch
from torch import Tensor

from tensorlogic.lower.torch.registry import implements
from tensorlogic.mil.ops import scatter_gather as ops


@implements(ops.gather)
def gather(x: Tensor, indices: Tensor, axis: int) -> Tensor:
    axis = axis % x.dim()
    taken = x.index_select(axis, _positive(indices, x.shape[axis]).flatten())
    return taken.reshape((*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :]))


@implements(ops.gather_along_axis)
def gather_along_axis(x: Tensor, indices: Tensor, axis: int) -> Tensor:
    return torch.gather(x, axis, _positive(indices, x.shape[axis]))


@implements(ops.gather_nd)
def gather_nd(x: Tensor, indices: Tensor) -> Tensor:
    places = tuple(_positive(part, size) for part, size in zip(indices.unbind(-1), x.shape, strict=False))
    return x[places]


def _positive(indices: Tensor, size: int) -> Tensor:
    indices = indices.long()
    return torch.where(indices < 0, indices + size, indices)
