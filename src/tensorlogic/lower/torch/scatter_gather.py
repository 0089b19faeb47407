"""Taking and writing values by index."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from tensorlogic.lower.torch.dtypes import movable
from tensorlogic.lower.torch.registry import implements
from tensorlogic.mil.ops import scatter_gather as ops


@implements(ops.gather)
@implements(ops.gather_batched)
@implements(ops.gather_validated)
def gather(x: Tensor, indices: Tensor, axis: int, batch_dims: int = 0, validate_indices: bool = False) -> Tensor:
    axis = axis % x.dim()
    places = _positive(indices, x.shape[axis], validate_indices)
    bits = movable(x)
    if not batch_dims:
        taken = bits.index_select(axis, places.flatten()).view(x.dtype)
        return taken.reshape((*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :]))
    taken = bits.movedim(axis, batch_dims)[(*_grid(places)[:batch_dims], places)].view(x.dtype)
    between = range(batch_dims, axis)
    return taken.movedim([each + indices.dim() - batch_dims for each in between], [*between])


@implements(ops.gather_along_axis)
@implements(ops.gather_along_axis_validated)
def gather_along_axis(x: Tensor, indices: Tensor, axis: int, validate_indices: bool = False) -> Tensor:
    places = _positive(indices, x.shape[axis], validate_indices)
    return torch.gather(movable(x), axis, places).view(x.dtype)


@implements(ops.gather_nd)
@implements(ops.gather_nd_batched)
@implements(ops.gather_nd_validated)
def gather_nd(x: Tensor, indices: Tensor, batch_dims: int = 0, validate_indices: bool = False) -> Tensor:
    parts = zip(indices.unbind(-1), x.shape[batch_dims:], strict=False)
    places = [_positive(part, size, validate_indices) for part, size in parts]
    return movable(x)[(*_grid(places[0])[:batch_dims], *places)].view(x.dtype)


@implements(ops.scatter)
def scatter(data: Tensor, indices: Tensor, updates: Tensor, axis: int, mode: str) -> Tensor:
    return scatter_validated(data, _from_start(indices, data.shape[axis]), updates, axis, mode, True)


@implements(ops.scatter_validated)
def scatter_validated(
    data: Tensor, indices: Tensor, updates: Tensor, axis: int, mode: str, validate_indices: bool
) -> Tensor:
    axis = axis % data.dim()
    _needs(updates, (*data.shape[:axis], *indices.shape, *data.shape[axis + 1 :]))
    rows = data.movedim(axis, 0)
    new = updates.reshape((*data.shape[:axis], indices.numel(), *data.shape[axis + 1 :])).movedim(axis, 0)
    return _written(rows, [indices.flatten()], new, mode, validate_indices).movedim(0, axis)


@implements(ops.scatter_along_axis)
def scatter_along_axis(data: Tensor, indices: Tensor, updates: Tensor, axis: int, mode: str) -> Tensor:
    return scatter_along_axis_validated(data, _from_start(indices, data.shape[axis]), updates, axis, mode, True)


@implements(ops.scatter_along_axis_validated)
def scatter_along_axis_validated(
    data: Tensor, indices: Tensor, updates: Tensor, axis: int, mode: str, validate_indices: bool
) -> Tensor:
    _needs(updates, indices.shape)
    places = _grid(indices)
    places[axis] = indices
    flat = [place.expand(indices.shape).flatten() for place in places]
    return _written(data, flat, updates.flatten(), mode, validate_indices)


@implements(ops.scatter_nd)
def scatter_nd(data: Tensor, indices: Tensor, updates: Tensor, mode: str) -> Tensor:
    sizes = torch.tensor(data.shape[: indices.shape[-1]], device=indices.device)
    return scatter_nd_validated(data, _from_start(indices, sizes), updates, mode, True)


@implements(ops.scatter_nd_validated)
def scatter_nd_validated(data: Tensor, indices: Tensor, updates: Tensor, mode: str, validate_indices: bool) -> Tensor:
    depth = indices.shape[-1]
    _needs(updates, (*indices.shape[:-1], *data.shape[depth:]))
    places = [part.flatten() for part in indices.unbind(-1)]
    new = updates.reshape((math.prod(indices.shape[:-1]), *data.shape[depth:]))
    return _written(data, places, new, mode, validate_indices)


_MODES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "update": lambda old, new: new,
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "div": lambda old, new: torch.div(old, new, rounding_mode=None if old.is_floating_point() else "trunc"),
    "max": torch.maximum,
    "min": torch.minimum,
}


def _written(data: Tensor, places: Sequence[Tensor], updates: Tensor, mode: str, validate: bool) -> Tensor:
    """data with each of `updates` brought to its place, one after another.

    `places` are indices of the first axes of data. Those outside are an error, or left out if nobody validates.
    """
    merge = _MODES[mode]
    sizes = data.shape[: len(places)]
    inside = torch.stack([(place >= 0) & (place < size) for place, size in zip(places, sizes, strict=True)]).all(0)
    if validate and not bool(inside.all()):
        raise IndexError(f"an index is outside the sizes {list(sizes)}")
    flat, updates = _raveled(places, sizes)[inside], updates[inside]
    rows = data.reshape(math.prod(sizes), *data.shape[len(places) :]).clone()
    for turn in _turns(flat):
        at = flat[turn]
        rows[at] = merge(rows[at], updates[turn])
    return rows.reshape(data.shape)


def _raveled(places: Sequence[Tensor], sizes: Sequence[int]) -> Tensor:
    """Indices of several axes as indices of those axes joined."""
    flat = places[0].long()
    for place, size in zip(places[1:], sizes[1:], strict=True):
        flat = flat * size + place
    return flat


def _turns(places: Tensor) -> tuple[Tensor, ...]:
    """Positions in `places`, so that none repeats within a turn and later ones come in later turns.

    Writing turn by turn gives the same bits every time, which the atomic operations of a GPU do not.
    """
    ranked, order = places.sort(stable=True)
    turn = torch.arange(len(places), device=places.device) - torch.searchsorted(ranked, ranked)
    return torch.split(order[turn.sort(stable=True).indices], turn.bincount().tolist())


def _grid(shaped: Tensor) -> list[Tensor]:
    """For each axis of a tensor, the positions along it, to be broadcast together."""
    lengths = enumerate(shaped.shape, start=1)
    return [torch.arange(size, device=shaped.device).reshape(-1, *[1] * (shaped.dim() - i)) for i, size in lengths]


def _needs(updates: Tensor, shape: Sequence[int]) -> None:
    if updates.shape != tuple(shape):
        raise ValueError(f"updates of the shape {list(updates.shape)} instead of {list(shape)}")


def _from_start(indices: Tensor, size: int | Tensor) -> Tensor:
    indices = indices.long()
    return torch.where(indices < 0, indices + size, indices)


def _positive(indices: Tensor, size: int, validate: bool) -> Tensor:
    """Indices from the start. Since iOS 17, which validates, a negative one is outside the tensor too."""
    indices = indices.long()
    if validate and bool(((indices < 0) | (indices >= size)).any()):
        raise IndexError(f"an index is outside 0 to {size - 1}")
    return _from_start(indices, size)
