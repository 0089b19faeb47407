"""Operations on whole tensors."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from tensorlogic.lower.torch.registry import implement_rows, implements
from tensorlogic.mil.ops import tensor_operation as ops

Ints = tuple[int, ...]

implement_rows(
    {
        ops.identity: lambda x: x,
        ops.shape: lambda x: torch.tensor(x.shape, dtype=torch.int32, device=x.device),
        ops.stack: torch.stack,
        ops.tile: torch.tile,
        ops.argsort: lambda x, axis, ascending: _order(x, axis, ascending).indices.to(torch.int32),
        ops.non_zero: lambda x: torch.nonzero(x).to(torch.int32),
    }
)


@implements(ops.concat)
def concat(values: tuple[Tensor, ...], axis: int, interleave: bool) -> Tensor:
    if not interleave:
        return torch.cat([value if value.dim() else value.reshape(1) for value in values], axis)
    axis = axis % values[0].dim()
    return torch.stack(values, axis + 1).flatten(axis, axis + 1)


@implements(ops.split)
def split(x: Tensor, axis: int, num_splits: int | None, split_sizes: Ints | None) -> tuple[Tensor, ...]:
    if split_sizes is not None:
        return torch.split(x, list(split_sizes), axis)
    return torch.tensor_split(x, num_splits or 1, axis)


@implements(ops.pad)
def pad(x: Tensor, pad: Ints, mode: str, constant_val: float) -> Tensor:
    pairs = list(zip(pad[::2], pad[1::2], strict=True))
    if mode == "constant":
        return F.pad(x, [amount for pair in reversed(pairs) for amount in pair], value=constant_val)
    source = {"reflect": _reflected, "replicate": _clamped}[mode]
    for axis, (before, after) in enumerate(pairs, start=x.dim() - len(pairs)):
        if before or after:
            x = x.index_select(axis, source(x, x.shape[axis], before, after))
    return x


def _positions(x: Tensor, size: int, before: int, after: int) -> Tensor:
    return torch.arange(-before, size + after, device=x.device)


def _clamped(x: Tensor, size: int, before: int, after: int) -> Tensor:
    return _positions(x, size, before, after).clamp(0, size - 1)


def _reflected(x: Tensor, size: int, before: int, after: int) -> Tensor:
    if max(before, after) >= size:
        raise ValueError(f"reflection by ({before}, {after}) needs an axis longer than {size}")
    positions = _positions(x, size, before, after).abs()
    return torch.where(positions >= size, 2 * (size - 1) - positions, positions)


@implements(ops.fill)
def fill(shape: Ints, value: Tensor) -> Tensor:
    return value.expand(shape)


@implements(ops.range_1d)
def range_1d(end: Tensor, start: Tensor, step: Tensor) -> Tensor:
    count = max(0, math.ceil((end.item() - start.item()) / step.item()))
    return start + step * torch.arange(count, dtype=start.dtype, device=start.device)


@implements(ops.one_hot)
def one_hot(indices: Tensor, one_hot_vector_size: int, axis: int, on_value: Tensor, off_value: Tensor) -> Tensor:
    places = torch.arange(one_hot_vector_size, device=indices.device)
    axis = axis % (indices.dim() + 1)
    hot = indices.unsqueeze(axis) == places.reshape(-1, *[1] * (indices.dim() - axis))
    return torch.where(hot, on_value, off_value)


@implements(ops.cumsum)
def cumsum(x: Tensor, axis: int, exclusive: bool, reverse: bool) -> Tensor:
    x = x.flip(axis) if reverse else x
    if exclusive:
        # Moved by one rather than subtracted again, which would not undo rounding or infinities.
        first, others = x.tensor_split([1], axis)
        x = torch.cat((torch.zeros_like(first), x.narrow(axis, 0, others.shape[axis])), axis)
    sums = x.cumsum(axis, dtype=x.dtype)
    return sums.flip(axis) if reverse else sums


@implements(ops.topk)
@implements(ops.topk_optional)
@implements(ops.topk_typed)
def topk(
    x: Tensor,
    k: int,
    axis: int,
    ascending: bool,
    sort: bool = True,
    return_indices: bool = True,
    output_indices_dtype: torch.dtype = torch.int32,
) -> tuple[Tensor, ...]:
    values, indices = _order(x, axis, ascending)
    k = x.shape[axis] if k == -1 else k
    first = values.narrow(axis, 0, k)
    return (first, indices.narrow(axis, 0, k).to(output_indices_dtype)) if return_indices else (first,)


def _order(x: Tensor, axis: int, ascending: bool) -> torch.return_types.sort:
    # Stable, so that equal values keep their order on every device.
    return torch.sort(x, dim=axis, descending=not ascending, stable=True)


@implements(ops.band_part)
def band_part(x: Tensor, lower: int, upper: int) -> Tensor:
    x = x.triu(-lower) if lower >= 0 else x
    return x.tril(upper) if upper >= 0 else x


@implements(ops.flatten2d)
def flatten2d(x: Tensor, axis: int) -> Tensor:
    axis = axis + x.dim() if axis < 0 else axis
    return x.reshape(math.prod(x.shape[:axis]), math.prod(x.shape[axis:]))
