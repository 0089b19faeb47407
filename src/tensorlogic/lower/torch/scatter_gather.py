"""Taking values by index."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from tensorlogic.lower.torch.registry import implements
from tensorlogic.mil.ops import scatter_gather as ops


@implements(ops.gather)
@implements(ops.gather_batched)
@implements(ops.gather_validated)
def gather(x: Tensor, indices: Tensor, axis: int, batch_dims: int = 0, validate_indices: bool = False) -> Tensor:
    axis = axis % x.dim()
    if batch_dims:
        inner = partial(gather, axis=axis - batch_dims, validate_indices=validate_indices)
        return _batched(inner, x, indices, batch_dims)
    taken = x.index_select(axis, _positive(indices, x.shape[axis], validate_indices).flatten())
    return taken.reshape((*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :]))


@implements(ops.gather_along_axis)
@implements(ops.gather_along_axis_validated)
def gather_along_axis(x: Tensor, indices: Tensor, axis: int, validate_indices: bool = False) -> Tensor:
    return torch.gather(x, axis, _positive(indices, x.shape[axis], validate_indices))


@implements(ops.gather_nd)
@implements(ops.gather_nd_batched)
@implements(ops.gather_nd_validated)
def gather_nd(x: Tensor, indices: Tensor, batch_dims: int = 0, validate_indices: bool = False) -> Tensor:
    if batch_dims:
        return _batched(partial(gather_nd, validate_indices=validate_indices), x, indices, batch_dims)
    parts = zip(indices.unbind(-1), x.shape, strict=False)
    places = tuple(_positive(part, size, validate_indices) for part, size in parts)
    return x[places]


def _batched(take: Callable[[Tensor, Tensor], Tensor], x: Tensor, indices: Tensor, batch_dims: int) -> Tensor:
    """`take` from each element of the first axes."""
    batch = x.shape[:batch_dims]
    pairs = zip(x.flatten(0, batch_dims - 1), indices.flatten(0, batch_dims - 1), strict=True)
    taken = torch.stack([take(part, places) for part, places in pairs])
    return taken.reshape((*batch, *taken.shape[1:]))


def _positive(indices: Tensor, size: int, validate: bool) -> Tensor:
    """Indices from the start. Since iOS 17, which validates, a negative one is outside the tensor too."""
    indices = indices.long()
    if validate and bool(((indices < 0) | (indices >= size)).any()):
        raise IndexError(f"an index is outside 0 to {size - 1}")
    return torch.where(indices < 0, indices + size, indices)
