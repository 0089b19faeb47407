"""Recurrences: states along an index, computed one after another, and recursion that runs until nothing changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import count
from typing import Any, NamedTuple

from tensorlogic.runtime.equations.extents import Extent
from tensorlogic.runtime.equations.notation import Equation, Fixed, Index
from tensorlogic.runtime.equations.ordering import own
from tensorlogic.runtime.equations.problems import EquationError
from tensorlogic.runtime.equations.products import CLOCK, Frame, Run
from tensorlogic.runtime.lazy import torch

MOST_ROUNDS = 10_000
"""A recursion that has not settled by then never does."""
_PRECISION = 4
"""A state has settled when it changes by no more than so many units in the last place of its largest element."""


class Writer(NamedTuple):
    """An equation in a recurrence: the places that it writes, and its index less than the place."""

    run: Run
    start: int
    stop: int | None
    offset: int


class States(NamedTuple):
    """A tensor that a recurrence computes."""

    name: str
    writers: tuple[Writer, ...]
    together: Callable[[Any, Any], Any]
    empty: Callable[[], Any]
    place: int
    length: int | None
    keep: bool
    given: bool

    def at(self, frame: Frame, start: Mapping[str, Any], place: int) -> Any:
        """The state at a place: what the equations say of it, or what was given, or zeros."""
        said = []
        for writer in self.writers:
            if writer.start <= place and (writer.stop is None or place < writer.stop):
                frame[CLOCK] = place - writer.offset
                said.append(writer.run(frame))
        if said:
            return reduce(self.together, said)
        if self.given and place < start[self.name].shape[self.place]:
            return start[self.name].select(self.place, place)
        return self.empty()


class Recurrence(NamedTuple):
    """Tensors that need one another's states, in the order in which those of one place are computed."""

    states: tuple[States, ...]
    step: int
    depth: int | None
    """How many states back are read; None: any of them."""

    def __call__(self, frame: Frame) -> None:
        """Run to the end, and put the tensors into the frame."""
        start = {each.name: frame.get(each.name) for each in self.states}
        frame.update({each.name: {} for each in self.states})
        place = 0
        for place in self._places():
            if self._go(frame, start, place):
                break
        for each in self.states:
            frame[each.name] = _joined(each, frame[each.name])

    def _places(self) -> Iterator[int]:
        lengths = [each.length for each in self.states if each.length is not None]
        if len(lengths) < len(self.states):
            return iter(count())
        return iter(range(max(lengths))[:: self.step])

    def _go(self, frame: Frame, start: Mapping[str, Any], place: int) -> bool:
        """Compute the states of one place; whether a recurrence without an end has settled."""
        endless = False
        settled = True
        for each in self.states:
            if each.length is not None and place >= each.length:
                continue
            states = frame[each.name]
            states[place] = each.at(frame, start, place)
            if each.length is None:
                endless = True
                before = states.get(place - 1)
                settled = settled and before is not None and _same(before, states[place])
            if not each.keep and self.depth is not None:
                states.pop(place - self.step * max(self.depth, 1), None)
        if endless and place >= MOST_ROUNDS:
            raise _restless([each.name for each in self.states])
        return endless and settled and place > max(_latest(each) for each in self.states)


def _latest(states: States) -> int:
    """The last place that is written on its own, before which nothing counts as settled."""
    return max((writer.start for writer in states.writers), default=0)


def _joined(each: States, states: dict[int, Any]) -> Any:
    if each.keep and each.length is not None:
        if not states:
            return each.empty().unsqueeze(each.place).narrow(each.place, 0, 0)
        return torch.stack([states[place] for place in range(each.length)], each.place)
    last = max(states) if each.length is None else each.length - 1
    return states[last].unsqueeze(each.place)


def _same(before: Any, now: Any) -> bool:
    before, now = before.detach(), now.detach()
    if not now.is_floating_point() or now.numel() == 0:
        return bool(torch.equal(before, now))
    change = (now - before).abs().max()
    return bool(change <= _PRECISION * torch.finfo(now.dtype).eps * now.abs().max())


def _restless(names: Iterable[str]) -> EquationError:
    message = f"{', '.join(names)} did not settle in {MOST_ROUNDS} rounds"
    return EquationError(message, "Recursion ends where nothing changes any more: step(...), or a factor below 1.")


class Fixpoint(NamedTuple):
    """Tensors that need one another, computed from zeros (or from what was given) until nothing changes."""

    names: tuple[str, ...]
    runs: tuple[Run, ...]
    empty: tuple[Callable[[], Any], ...]

    def __call__(self, frame: Frame) -> None:
        """Run until nothing changes, and leave the tensors in the frame."""
        for name, empty in zip(self.names, self.empty, strict=True):
            frame.setdefault(name, empty())
        for _ in range(MOST_ROUNDS):
            before = [frame[name] for name in self.names]
            for name, run in zip(self.names, self.runs, strict=True):
                frame[name] = run(frame)
            if all(_same(old, frame[name]) for old, name in zip(before, self.names, strict=True)):
                return
        raise _restless(self.names)


def direction(group: Sequence[Equation], places: Mapping[str, int]) -> int:
    """1 for a recurrence that reads what is before, -1 for one that reads what is after."""
    shifts = {shift for equation in group for _, shift in shifts_of(equation, places)}
    if min(shifts, default=0) < 0 < max(shifts, default=0):
        names = ", ".join(places)
        raise EquationError(f"{names} needs both what is before and what is after: it has no order to be computed in")
    return -1 if min(shifts, default=0) < 0 else 1


def shifts_of(equation: Equation, places: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """The tensors of a recurrence that an equation reads, and how far before the place that it writes."""
    left = equation.indices[places[equation.target]]
    for access in own(equation, places):
        index = access.indices[places[access.tensor]]
        if isinstance(index, Index) and isinstance(left, Index) and index.name == left.name:
            yield access.tensor, left.offset - index.offset
        elif isinstance(index, Index):
            raise EquationError(
                f"{access.tensor} is read over all of {index.name} while it is still being computed", index=index.name
            )


def within_step(group: Sequence[Equation], places: Mapping[str, int]) -> list[str]:
    """The tensors in the order in which those of one place are computed."""
    waits: dict[str, set[str]] = {name: set() for name in places}
    for equation in group:
        waits[equation.target] |= {name for name, shift in shifts_of(equation, places) if shift == 0}
    order: list[str] = []
    while len(order) < len(waits):
        ready = [name for name in waits if name not in order and waits[name] <= set(order)]
        if not ready:
            stuck = ", ".join(name for name in waits if name not in order)
            raise EquationError(f"the states of {stuck} at one place need one another")
        order += ready
    return order


def depth(group: Sequence[Equation], places: Mapping[str, int]) -> int | None:
    """How many places back a recurrence reads; None where it reads a place by its number."""
    reads = [access for equation in group for access in own(equation, places)]
    if any(isinstance(access.indices[places[access.tensor]], Fixed) for access in reads):
        return None
    return max((abs(shift) for equation in group for _, shift in shifts_of(equation, places)), default=1)


def spans(
    group: Sequence[Equation], known: Sequence[Mapping[str, Extent]], places: Mapping[str, int], step: int
) -> tuple[list[Extent | None], dict[str, int | None]]:
    """The values of each equation's clock (None: no end, or a single place), and the length of each tensor."""
    found = [_span(equation, ranges, places, step) for equation, ranges in zip(group, known, strict=True)]
    for _ in group:
        lengths = {name: _length(name, group, found, places, step) for name in places}
        for number, equation in enumerate(group):
            if found[number] is None:
                found[number] = _from_others(equation, lengths, places)
    return found, {name: _length(name, group, found, places, step) for name in places}


def _offset(equation: Equation, places: Mapping[str, int]) -> int | None:
    index = equation.indices[places[equation.target]]
    return index.offset if isinstance(index, Index) else None


def _span(equation: Equation, ranges: Mapping[str, Extent], places: Mapping[str, int], step: int) -> Extent | None:
    left = equation.indices[places[equation.target]]
    extent = ranges.get(left.name) if isinstance(left, Index) else None
    if extent is None or not isinstance(left, Index):
        return None
    offsets = [left.offset, *(left.offset - shift for _, shift in shifts_of(equation, places))]
    return Extent(max(extent.start, *(-offset for offset in offsets)), extent.stop)


def _from_others(equation: Equation, lengths: Mapping[str, int | None], places: Mapping[str, int]) -> Extent | None:
    left = _offset(equation, places)
    if left is None:
        return None
    reads = [(lengths[name], left - shift) for name, shift in shifts_of(equation, places) if name != equation.target]
    stops = [length - offset for length, offset in reads if length is not None]
    return Extent(max([0, -left, *(-offset for _, offset in reads)]), min(stops)) if stops else None


def _length(
    name: str, group: Sequence[Equation], found: Sequence[Extent | None], places: Mapping[str, int], step: int
) -> int | None:
    ends = [0]
    for equation, span in zip(group, found, strict=True):
        offset = _offset(equation, places)
        if equation.target == name and offset is None:
            index = equation.indices[places[name]]
            ends.append(index.number + 1 if isinstance(index, Fixed) else 0)
        elif equation.target == name and span is None:
            return None
        if span is None or offset is None:
            continue
        if equation.target == name:
            ends.append(span.stop + offset)
        ends += [span.stop + offset - shift for read, shift in shifts_of(equation, places) if read == name and step < 0]
    return max(ends)
