"""From equations and the shapes of what they read to the steps that solve them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from typing import Any, NamedTuple

from tensorlogic.runtime.equations.compiling import Compiler
from tensorlogic.runtime.equations.extents import Dimensions, Extent, Shape, check_access, extents, infer
from tensorlogic.runtime.equations.functions import FUNCTIONS, OPERATORS, TOGETHER
from tensorlogic.runtime.equations.notation import (
    Access,
    Apply,
    Equation,
    Expression,
    Fixed,
    Index,
    Number,
    accesses,
    names,
)
from tensorlogic.runtime.equations.ordering import Group, clock_of, ordered
from tensorlogic.runtime.equations.problems import EquationError, located
from tensorlogic.runtime.equations.products import Frame, Run, after
from tensorlogic.runtime.equations.reading import Known, Reader, check_left
from tensorlogic.runtime.equations.recurrences import (
    Fixpoint,
    Recurrence,
    States,
    Writer,
    depth,
    direction,
    spans,
    within_step,
)
from tensorlogic.runtime.lazy import functional, torch
from tensorlogic.runtime.sizes import check_size

Step = tuple[str | None, Callable[[Frame], Any]]
"""A tensor's name and what computes it; None for what puts several tensors into the frame by itself."""


class Plan(NamedTuple):
    """Steps, one after another, and the shapes of what they give."""

    steps: tuple[Step, ...]
    shapes: Mapping[str, Shape]


def plan(
    equations: Sequence[Equation], tensors: Mapping[str, Any], sizes: Mapping[str, int], wanted: Iterable[str]
) -> Plan:
    """How to solve equations on tensors of these shapes and types."""
    for number, equation in enumerate(equations):
        with located(number):
            check_left(equation.indices)
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    dtypes = {name: tensor.dtype for name, tensor in tensors.items()}
    device = next((tensor.device for tensor in tensors.values()), None)
    sparse = frozenset(name for name, tensor in tensors.items() if tensor.layout != torch.strided)
    planner = _Planner(equations, Known(shapes, dtypes, sparse, {}, device), sizes, frozenset(wanted))
    steps: list[Step] = []
    for group in ordered(equations):
        with located(group.equations[0]):
            steps += planner.solved(group)
    return Plan(tuple(steps), shapes)


class _Planner(NamedTuple):
    equations: Sequence[Equation]
    known: Known
    sizes: Mapping[str, int]
    wanted: frozenset[str]

    def solved(self, group: Group) -> list[Step]:
        """The steps that compute the left sides of a group."""
        every = [self.equations[number] for number in group.equations]
        targets = dict.fromkeys(equation.target for equation in every)
        given = {name: self.known.shapes[name] for name in targets if group.recursive and name in self.known.shapes}
        self._check_reads(group, set(targets) - given.keys())
        outside = {name: shape for name, shape in self.known.shapes.items() if name not in targets}
        if group.places:
            direction(every, group.places)
        numbered = dict(zip(group.equations, every, strict=True))
        found = infer(numbered, outside, given, self.sizes, group.places)
        self._type(every)
        if group.places:
            return [self._recurrence(group, every, found, given)]
        self.known.shapes.update({name: tuple(size or 0 for size in shape) for name, shape in found.items()})
        runs = {name: self._left(name, every) for name in targets}
        if not group.recursive:
            return list(runs.items())
        empty = tuple(self._zeros(name, self.known.shapes[name]) for name in runs)
        return [(None, Fixpoint(tuple(runs), tuple(runs.values()), empty).__call__)]

    def _check_reads(self, group: Group, computed: set[str]) -> None:
        for number in group.equations:
            with located(number):
                for access in accesses(self.equations[number].expression):
                    if access.tensor not in computed:
                        check_access(access, self.known.shapes[access.tensor])

    def _type(self, group: Sequence[Equation]) -> None:
        """Note the element types of the left sides; what they read of themselves has the type of the rest."""
        targets = {equation.target for equation in group}
        kinds = [self.known.dtypes[name] for name in _read(group) if name not in targets]
        exact = all(equation.projection != "avg" and _exact(equation.expression) for equation in group)
        dtype = _common(kinds, exact)
        self.known.dtypes.update(dict.fromkeys(targets, dtype))

    def _left(self, name: str, group: Sequence[Equation]) -> Run:
        """All equations of one left side, taken together."""
        shape, mine = self.known.shapes[name], [equation for equation in group if equation.target == name]
        check_size(shape, self.known.dtypes[name])
        together = _together(name, mine)
        parts = [self._part(equation, shape) for equation in mine]
        if together is torch.add or len(parts) == 1:
            return reduce(lambda left, right: lambda frame: left(frame) + right(frame), [run for run, _ in parts])
        return _joined(together, parts)

    def _part(self, equation: Equation, shape: Shape) -> tuple[Run, tuple[slice | int, ...]]:
        """What one equation says, zeros elsewhere, and where that is."""
        with located(self.equations.index(equation)):
            ranges = extents(equation, self.known.shapes, self.sizes, {})
            run = self._compiled(equation, ranges, None, {})
        where = tuple(_where(index, size, ranges) for index, size in zip(equation.indices, shape, strict=True))
        return after(run, *_padded(where, shape)), where

    def _compiled(
        self, equation: Equation, ranges: Mapping[str, Extent], clock: str | None, places: Mapping[str, int]
    ) -> Run:
        dtype = self.known.dtypes[equation.target]
        reader = Reader(self.known, ranges, dtype, clock, places)
        counts = {name: extent.size for name, extent in ranges.items()}
        left = tuple(name for name in names(equation.indices) if name != clock)
        compiler = Compiler(counts, equation.projection, dtype, self.known.device, reader)
        return compiler.placed(compiler.term(equation.expression, left, left), left)

    def _zeros(self, name: str, shape: Shape) -> Callable[[], Any]:
        dtype = self.known.dtypes[name]
        return lambda: torch.zeros(shape, dtype=dtype, device=self.known.device)

    def _recurrence(
        self,
        group: Group,
        every: Sequence[Equation],
        found: Mapping[str, Dimensions],
        given: Mapping[str, Shape],
    ) -> Step:
        places, step = group.places, direction(every, group.places)
        known = [extents(equation, {**self.known.shapes, **found}, self.sizes, places) for equation in every]
        clocks, lengths = spans(every, known, places, step)
        for name, shape in given.items():
            lengths[name] = max(shape[places[name]], lengths[name] or 0)
        for name, dimensions in found.items():
            sizes = [1 if size is None else size for size in dimensions]
            sizes[places[name]] = lengths[name] or 1
            self.known.shapes[name] = tuple(sizes)
        writers = [self._writer(*each, lengths, places) for each in zip(every, known, clocks, strict=True)]
        states = [
            self._states(name, every, writers, places[name], lengths[name], name in given)
            for name in within_step(every, places)
        ]
        return None, Recurrence(tuple(states), step, depth(every, places)).__call__

    def _writer(
        self,
        equation: Equation,
        known: Mapping[str, Extent],
        clock: Extent | None,
        lengths: Mapping[str, int | None],
        places: Mapping[str, int],
    ) -> Writer:
        index, length = equation.indices[places[equation.target]], lengths[equation.target]
        run = self._compiled(equation, known, clock_of(equation, places), places)
        if isinstance(index, Fixed):
            number = index.number + (length or 0) if index.number < 0 else index.number
            return Writer(run, number, number + 1, 0)
        if clock is not None:
            return Writer(run, clock.start + index.offset, clock.stop + index.offset, index.offset)
        reads = [each.indices[places[each.tensor]] for each in accesses(equation.expression) if each.tensor in places]
        offsets = [each.offset for each in reads if isinstance(each, Index)]
        start = max(0, -index.offset, *(-offset for offset in offsets)) + index.offset
        return Writer(run, start, length, index.offset)

    def _states(
        self,
        name: str,
        group: Sequence[Equation],
        writers: Sequence[Writer],
        place: int,
        length: int | None,
        given: bool,
    ) -> States:
        mine = [equation for equation in group if equation.target == name]
        each = tuple(writer for writer, equation in zip(writers, group, strict=True) if equation.target == name)
        shape, keep = self.known.shapes[name], length is not None and self._kept(name, place, group, length)
        check_size(shape if keep else (*shape[:place], *shape[place + 1 :]), self.known.dtypes[name])
        if not keep:
            self.known.last[name] = place
        empty = self._zeros(name, (*shape[:place], *shape[place + 1 :]))
        return States(name, each, _together(name, mine), empty, place, length, keep, given)

    def _kept(self, name: str, place: int, group: Sequence[Equation], length: int) -> bool:
        """Whether anybody reads more than the last state."""
        outside = [equation.expression for equation in self.equations if equation not in group]
        reads = [access for each in outside for access in accesses(each) if access.tensor == name]
        last = (Fixed(-1), Fixed(length - 1))
        return name in self.wanted or any(access.indices[place] not in last for access in reads)


def _read(group: Sequence[Equation]) -> list[str]:
    return [access.tensor for equation in group for access in accesses(equation.expression)]


def _common(kinds: Sequence[Any], exact: bool) -> Any:
    """The element type that equations compute in: integers stay so where nothing but sums of products is asked for."""
    whole = [kind for kind in kinds if not kind.is_floating_point and not kind.is_complex]
    if exact and kinds and len(whole) == len(kinds) and torch.bool not in kinds:
        return reduce(torch.promote_types, kinds)
    others = [kind for kind in kinds if kind not in whole]
    return reduce(torch.promote_types, others) if others else torch.get_default_dtype()


def _exact(expression: Expression) -> bool:
    if isinstance(expression, Number):
        return expression.value == expression.value // 1
    if isinstance(expression, Access):
        return True
    row = FUNCTIONS.get(expression.function)
    whole = (
        expression.function not in ("/", "**") if expression.function in OPERATORS else row is not None and row.exact
    )
    return whole and all(_exact(argument) for argument in expression.arguments)


def _together(name: str, equations: Sequence[Equation]) -> Callable[[Any, Any], Any]:
    """How equations of one left side are joined: sums and averages add up; of steps, one that holds is enough."""
    kinds = {equation.projection for equation in equations}
    if len(kinds) > 1:
        raise EquationError(f"{name} has equations with different projections: {', '.join(sorted(kinds))}")
    if all(isinstance(each.expression, Apply) and each.expression.function == "step" for each in equations):
        return torch.maximum
    return torch.add if kinds <= {"sum", "avg"} else TOGETHER[kinds.pop()]


def _where(index: Index | Fixed, size: int, ranges: Mapping[str, Extent]) -> slice | int:
    if isinstance(index, Fixed):
        return index.number % size if size else index.number
    start = ranges[index.name].start + index.offset
    return slice(start, start + ranges[index.name].size)


def _padded(where: Sequence[slice | int], shape: Shape) -> list[Callable[[Any], Any] | None]:
    """The views that put a part into its place among zeros."""
    pads: list[int] = []
    for place, size in zip(where, shape, strict=True):
        start, stop = (place.start, place.stop) if isinstance(place, slice) else (place, place + 1)
        pads = [start, size - stop, *pads]
    views: list[Callable[[Any], Any] | None] = [
        _unsqueezed(dimension) for dimension, place in enumerate(where) if isinstance(place, int)
    ]
    return [*views, (lambda x: functional.pad(x, pads)) if any(pads) else None]


def _unsqueezed(dimension: int) -> Callable[[Any], Any]:
    return lambda x: x.unsqueeze(dimension)


def _joined(together: Callable[[Any, Any], Any], parts: Sequence[tuple[Run, tuple[slice | int, ...]]]) -> Run:
    """Parts taken together where more than one says something."""

    def run(frame: Frame) -> Any:
        total, said = None, None
        for part, where in parts:
            value = part(frame)
            here = torch.zeros(value.shape, dtype=torch.bool, device=value.device)
            here[where] = True
            if total is None or said is None:
                total, said = value, here
            else:
                total = torch.where(said & here, together(total, value), total + value)
                said = said | here
        return total

    return run
