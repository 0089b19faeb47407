"""Parts of tensors, as `slice_by_index` describes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tensorlogic.lower.onnx.graph import INT64, Graph, Tensor
from tensorlogic.lower.onnx.sizes import BEYOND, Ints

Bools = tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Bound:
    """Where the part begins, or ends, on every axis.

    `known` has None where that is computed; then `computed` is the vector for all axes.
    """

    known: tuple[int | None, ...]
    computed: Tensor | None

    @classmethod
    def of(cls, places: Ints | Tensor, opens: Sequence[bool], fillers: Sequence[int]) -> Bound:
        """`places`, but the filler on axes that are open."""
        each: Sequence[int | None] = (None,) * len(opens) if isinstance(places, Tensor) else places
        known = tuple(filler if is_open else at for at, is_open, filler in zip(each, opens, fillers, strict=True))
        return cls(known, places if isinstance(places, Tensor) else None)

    def on(self, g: Graph, axes: Sequence[int]) -> Ints | Tensor:
        """The bounds of some axes, as an operand."""
        known = [self.known[axis] for axis in axes]
        numbers = tuple(at for at in known if at is not None)
        if len(numbers) == len(known) or self.computed is None:
            return numbers
        vector = g.ints(self.computed)
        picked = vector if [*axes] == [*range(len(self.known))] else g.op("Gather", vector, list(axes))
        if not numbers:
            return picked
        fixed = np.array([at is not None for at in known])
        return g.op("Where", fixed, np.array([at or 0 for at in known]), picked, dtype=INT64)  # type: ignore[no-any-return]

    def at(self, g: Graph, axis: int) -> Tensor:
        """The bound of one axis, as a scalar."""
        known = self.known[axis]
        if known is not None or self.computed is None:
            return g.constant(known, INT64)
        return g.op("Gather", g.ints(self.computed), g.constant(axis, INT64))  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Region:
    """From `begin` to before `end` in steps, on every axis; only the place at `begin` where it is `single`."""

    begin: Bound
    end: Bound
    steps: Ints
    single: Bools

    @classmethod
    def of(
        cls,
        rank: int,
        begin: Ints | Tensor,
        end: Ints | Tensor,
        stride: Ints | None,
        begin_mask: Bools | None,
        end_mask: Bools | None,
        squeeze_mask: Bools | None,
    ) -> Region:
        """The region that the parameters of `slice_by_index` describe."""
        no = (False,) * rank
        steps, single = stride or (1,) * rank, squeeze_mask or no
        # The last place is -1, where a single one that is open is the first.
        first = [0 if step > 0 or alone else -1 for step, alone in zip(steps, single, strict=True)]
        last = [BEYOND if step > 0 else -BEYOND for step in steps]
        starts, stops = Bound.of(begin, begin_mask or no, first), Bound.of(end, end_mask or no, last)
        return cls(starts, stops, steps, single)

    def is_whole(self, axis: int, length: int | None) -> bool:
        """Whether it surely has all of an axis, in order."""
        stop = self.end.known[axis]
        to_end = stop is not None and stop >= (BEYOND if length is None else length)
        return self.begin.known[axis] == 0 and to_end and self.steps[axis] == 1 and not self.single[axis]

    def places(self, axis: int, length: int | None) -> range | None:
        """The places on an axis, where they are known."""
        start, stop, step = self.begin.known[axis], self.end.known[axis], self.steps[axis]
        if start is None or stop is None or length is None:
            return None
        if self.single[axis]:
            start = range(length)[start]
            return range(start, start + 1)
        return range(length)[start:stop:step]

    @property
    def singles(self) -> list[int]:
        """The axes of which there is one place, and which results do not have."""
        return [axis for axis, alone in enumerate(self.single) if alone]


def taken(g: Graph, x: Tensor, region: Region) -> Tensor:
    """What is in the region."""
    lengths = x.axes
    for done, axis in enumerate(region.singles):
        x = g.op("Gather", x, region.begin.at(g, axis), axis=axis - done)
    kept = [axis for axis in range(len(lengths)) if not region.single[axis]]
    cut = [axis for axis in kept if not region.is_whole(axis, lengths[axis])]
    if not cut:
        return x
    bounds = region.begin.on(g, cut), region.end.on(g, cut)
    return g.op("Slice", x, *bounds, [kept.index(axis) for axis in cut], [region.steps[axis] for axis in cut])  # type: ignore[no-any-return]
