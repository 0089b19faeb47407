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
        ops.fill: lambda shape, value: value.expand(shape),
        ops.fill_like: lambda ref_tensor, value: value.expand(ref_tensor.shape),
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
    if split_sizes is None:
        if num_splits is None:
            raise ValueError("it says neither num_splits nor split_sizes")
        split_sizes = (x.shape[axis] // num_splits,) * num_splits
    return torch.split(x, list(split_sizes), axis)


@implements(ops.pad)
def pad(x: Tensor, pad: Ints, mode: str, constant_val: float) -> Tensor:
    if min(pad, default=0) < 0:
        raise ValueError(f"padding by {list(pad)} would cut")
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


@implements(ops.range_1d)
def range_1d(end: Tensor, start: Tensor, step: Tensor) -> Tensor:
    first, step_by = start.item(), step.item()
    count = max(0, math.ceil((end.item() - first) / step_by))
    # In float64, on the host: float16 does not even count to 3,000.
    numbers = first + step_by * torch.arange(count, dtype=torch.float64, device="cpu")
    return numbers.to(start.dtype).to(start.device)


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
    first = values.narrow(axis, 0, k).to(x.dtype)
    return (first, indices.narrow(axis, 0, k).to(output_indices_dtype)) if return_indices else (first,)


def _order(x: Tensor, axis: int, ascending: bool) -> torch.return_types.sort:
    # Stable, so that equal values keep their order on every device. GPUs do not sort uint16.
    wide = x.int() if x.dtype == torch.uint16 else x
    return torch.sort(wide, dim=axis, descending=not ascending, stable=True)


@implements(ops.band_part)
def band_part(x: Tensor, lower: int, upper: int) -> Tensor:
    x = x.triu(-lower) if lower >= 0 else x
    return x.tril(upper) if upper >= 0 else x


@implements(ops.flatten2d)
def flatten2d(x: Tensor, axis: int) -> Tensor:
    axis = axis + x.dim() if axis < 0 else axis
    return x.reshape(math.prod(x.shape[:axis]), math.prod(x.shape[axis:]))


@implements(ops.non_maximum_suppression)
def non_maximum_suppression(
    boxes: Tensor,
    scores: Tensor,
    iou_threshold: float,
    score_threshold: float,
    max_boxes: int,
    per_class_suppression: bool,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    best, classes = scores.max(-1)
    kinds = classes if per_class_suppression else torch.zeros_like(classes)
    taken = [
        _survivors(*each, iou_threshold, score_threshold, max_boxes)
        for each in zip(boxes.float(), best, kinds, strict=True)
    ]
    return (
        _filled([each[places] for each, places in zip(boxes, taken, strict=True)], max_boxes, 0),
        _filled([each[places] for each, places in zip(scores, taken, strict=True)], max_boxes, 0),
        _filled(taken, max_boxes, -1).to(torch.int32),
        torch.tensor([len(places) for places in taken], dtype=torch.int32, device=boxes.device),
    )


@implements(ops.non_maximum_suppression_unlimited)
def non_maximum_suppression_unlimited(
    boxes: Tensor, scores: Tensor, iou_threshold: float, max_boxes: int, per_class_suppression: bool
) -> tuple[Tensor, Tensor, Tensor]:
    taken_boxes, taken_scores, indices, _ = non_maximum_suppression(
        boxes.mT, scores.mT, iou_threshold, -math.inf, max_boxes, per_class_suppression
    )
    return taken_boxes.mT, taken_scores.mT, indices


def _survivors(
    boxes: Tensor, scores: Tensor, kinds: Tensor, iou_threshold: float, score_threshold: float, most: int
) -> Tensor:
    """The indices of the boxes that are taken, the best first."""
    ranked = scores.sort(descending=True, stable=True).indices
    left = ranked[scores[ranked] >= score_threshold]
    left = left if len(left) else ranked[:1]
    taken: list[int] = []
    while len(left) and len(taken) < most:
        first, left = left[0], left[1:]
        taken.append(int(first))
        close = _overlap(boxes[first], boxes[left]) > iou_threshold
        left = left[~(close & (kinds[left] == kinds[first]))]
    return ranked.new_tensor(taken)


def _overlap(one: Tensor, others: Tensor) -> Tensor:
    """The intersection of a box (x, y, width, height) with each of others, over their union."""
    (centre, size), (centres, sizes) = torch.split(one, 2), torch.split(others, 2, -1)
    low = torch.maximum(centre - size / 2, centres - sizes / 2)
    high = torch.minimum(centre + size / 2, centres + sizes / 2)
    shared = (high - low).clamp(min=0).prod(-1)
    return shared / (size.prod() + sizes.prod(-1) - shared)


def _filled(rows: list[Tensor], length: int, filler: int) -> Tensor:
    """Rows of different lengths as one tensor, each filled up to `length`."""
    return torch.stack([F.pad(row, [0, 0] * (row.dim() - 1) + [0, length - len(row)], value=filler) for row in rows])
