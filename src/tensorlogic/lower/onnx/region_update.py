"""Tensors with something else in a region of them: by joining it with what is around it, or by writing blocks.

Written in blocks, a large tensor is copied once, and not at all where an engine may write into it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from tensorlogic.lower.onnx.graph import INT64, Array, Graph, Tensor
from tensorlogic.lower.onnx.region import Bound, Region
from tensorlogic.lower.onnx.sizes import BEYOND, Ints, joined, sizes


def replaced(g: Graph, x: Tensor, update: Tensor, region: Region) -> Tensor:
    """x with `update` in the region."""
    lengths, counts = x.axes, _counts(update, region)
    rows = g.op("Unsqueeze", update, region.singles, shape=counts) if region.singles else update
    spans = [region.places(axis, length) for axis, length in enumerate(lengths)]
    for span, count in zip(spans, counts, strict=True):
        if span is not None and count not in (None, len(span)):
            raise ValueError(f"an update of the shape {list(update.shape or ())} for {[s and len(s) for s in spans]}")
    cut = [axis for axis, span in enumerate(spans) if not _covers(region, axis, lengths[axis], counts[axis])]
    if not cut:
        return rows
    known = {axis: span for axis in cut if (span := spans[axis]) is not None and span.step == 1}
    if len(known) == len(cut) and math.prod(size or _BLOCK for size in lengths[cut[-1] + 1 :]) < _BLOCK:
        return _spliced(g, x, rows, known, lengths)
    first = _first(g, region, lengths, spans, cut[-1] + 1)
    return g.op("ScatterND", x, _all_places(g, rows, region.steps[: cut[-1] + 1], first), rows)  # type: ignore[no-any-return]


_BLOCK = 16
"""The elements from which writing blocks of that many is faster than joining what is around them."""


def _counts(update: Tensor, region: Region) -> tuple[int | None, ...]:
    """The sizes of an update that has single axes, too."""
    given = iter(update.axes)
    return tuple(1 if alone else next(given) for alone in region.single)


def _covers(region: Region, axis: int, length: int | None, count: int | None) -> bool:
    """Whether an update surely has all of an axis, in order."""
    fits = length is not None and length == count and region.steps[axis] == 1
    return fits or region.is_whole(axis, length)


def _spliced(g: Graph, x: Tensor, update: Tensor, spans: Mapping[int, range], lengths: Sequence[int | None]) -> Tensor:
    """x with `update` between what is before and after it, on one axis after another."""
    (axis, span), *others = spans.items()
    within = update
    if others:
        within = _spliced(g, g.op("Slice", x, [span.start], [span.stop], [axis]), update, dict(others), lengths)
    before = [g.op("Slice", x, [0], [span.start], [axis])] if span.start else []
    after = [g.op("Slice", x, [span.stop], [BEYOND], [axis])] if span.stop != lengths[axis] else []
    return g.op("Concat", *before, within, *after, axis=axis) if before or after else within


def _first(
    g: Graph, region: Region, lengths: Sequence[int | None], spans: Sequence[range | None], depth: int
) -> Ints | Tensor:
    """The first place on each of `depth` axes. One that is computed and outside is the nearest inside."""
    known = tuple(each if span is None else span.start for each, span in zip(region.begin.known, spans, strict=True))
    first = Bound(known, region.begin.computed).on(g, range(depth))
    if not isinstance(first, Tensor):
        return first
    ahead = [(step > 0, length) for step, length in zip(region.steps, lengths, strict=True)][:depth]
    inside = g.op("Max", first, [-(length or BEYOND) if up else -BEYOND for up, length in ahead])
    if all(up for up, _ in ahead):
        return inside  # type: ignore[no-any-return]
    return g.op("Min", inside, [BEYOND if up or length is None else length - 1 for up, length in ahead])  # type: ignore[no-any-return]


def _all_places(g: Graph, update: Tensor, steps: Ints, first: Ints | Tensor) -> Array | Tensor:
    """For each place of the first axes of an update, where it goes."""
    counts = update.axes[: len(steps)]
    sizes_known = tuple(count for count in counts if count is not None)
    if len(sizes_known) == len(counts):
        grid = np.moveaxis(np.indices(sizes_known), 0, -1) * steps
        return grid + np.array(first) if isinstance(first, tuple) else g.op("Add", grid, first, dtype=INT64)  # type: ignore[no-any-return]
    shape = joined(g, sizes(g, update)[: len(steps)])
    rows = g.op("Transpose", g.op("NonZero", g.op("Expand", g.constant(True), g.ints(shape))), perm=[1, 0], dtype=INT64)
    grid = g.op("Reshape", rows, joined(g, (*sizes(g, update)[: len(steps)], len(steps))))
    return g.op("Add", g.op("Mul", grid, steps), first)  # type: ignore[no-any-return]
