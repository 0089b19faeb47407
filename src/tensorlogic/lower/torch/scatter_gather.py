"""Taking values by index."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from tensorlogic.lower.torch.registry import implements
from tensorlogic.mil.ops import scatter_gather as ops


@implements(ops.gather)
@implements(ops.gather_batched)
@implements(ops.gather_validated)
def gather(x: Tensor, indices: Tensor, axis: int, batch_dims: int = 0, validate_indices: bool = True) -> Tensor:
    axis = axis % x.dim()
    if batch_dims:
        return _batched(lambda part, places: gather(part, places, axis - batch_dims), x, indices, batch_dims)
    taken = x.index_select(axis, _positive(indices, x.shape[axis]).flatten())
    return taken.reshape((*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :]))


@implements(ops.gather_along_axis)
@implements(ops.gather_along_axis_validated)
def gather_along_axis(x: Tensor, indices: Tensor, axis: int, validate_indices: bool = True) -> Tensor:
    return torch.gather(x, axis, _positive(indices, x.shape[axis]))


@implements(ops.gather_nd)
@implements(ops.gather_nd_batched)
@implements(ops.gather_nd_validated)
def gather_nd(x: Tensor, indices: Tensor, batch_dims: int = 0, validate_indices: bool = True) -> Tensor:
    if batch_dims:
        return _batched(gather_nd, x, indices, batch_dims)
    places = tuple(_positive(part, size) for part, size in zip(indices.unbind(-1), x.shape, strict=False))
    return x[places]


def _batched(take: Callable[[Tensor, Tensor], Tensor], x: Tensor, indices: Tensor, batch_dims: int) -> Tensor:
    """`take` from each element of the first axes."""
    batch = x.shape[:batch_dims]
    pairs = zip(x.flatten(0, batch_dims - 1), indices.flatten(0, batch_dims - 1), strict=True)
    taken = torch.stack([take(part, places) for part, places in pairs])
    return taken.reshape((*batch, *taken.shape[1:]))


def _positive(indices: Tensor, size: int) -> Tensor:
    """Indices from the start. PyTorch itself refuses those outside, so that validating or not is the same."""
    indices = indices.long()
    return torch.where(indices < 0, indices + size, indices)
