"""How a tensor is read: the view that has one dimension for each named index."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from tensorlogic.runtime.equations.extents import Extent, Shape, check_access
from tensorlogic.runtime.equations.notation import Access, Fixed, Index, names
from tensorlogic.runtime.equations.problems import EquationError
from tensorlogic.runtime.equations.products import CLOCK, Run, Term, View, after, check_dense


class Known(NamedTuple):
    """What is known of the tensors that can be read: their shapes and types, and how they are kept."""

    shapes: dict[str, Shape]
    dtypes: dict[str, Any]
    sparse: frozenset[str]
    last: dict[str, int]
    """The dimension of which only the last place is kept."""
    device: Any
    """Where the tensors are, and what is made."""


class Reader(NamedTuple):
    """Reads for one equation. `places` are the tensors that are being computed along `clock`, state by state."""

    known: Known
    ranges: Mapping[str, Extent]
    dtype: Any
    clock: str | None = None
    places: Mapping[str, int] = {}

    def __call__(self, access: Access) -> Term:
        """The term that an access is."""
        name, shape = access.tensor, self.known.shapes[access.tensor]
        check_access(access, shape)
        along = self.places.get(name)
        run: Run = (lambda frame: frame[name]) if along is None else _state(name, access.indices[along])
        if name in self.known.sparse:
            if self._whole(access):
                return Term(names(access.indices), after(run, lambda x: x.to(self.dtype)), sparse=True)
            check_dense(shape, self.dtype)
            run = after(run, lambda x: x.to_dense())
        if self.known.dtypes[name] != self.dtype:
            run = after(run, lambda x: x.to(self.dtype))
        return self._viewed(access, run, along)

    def _whole(self, access: Access) -> bool:
        """Whether every dimension is read from end to end, each under a name of its own."""
        plain = all(
            isinstance(index, Index) and not index.offset and index.name != self.clock for index in access.indices
        )
        whole = all(
            self.ranges[name].size == size
            for name, size in zip(names(access.indices), self.known.shapes[access.tensor], strict=False)
        )
        return plain and whole and len(names(access.indices)) == len(access.indices)

    def _viewed(self, access: Access, run: Run, along: int | None) -> Term:
        indices: list[str] = []
        for place, index in enumerate(access.indices):
            dimension = len(indices)
            if place == along:
                continue
            if isinstance(index, Fixed):
                run = after(run, _selected(dimension, self._place(access.tensor, place, index.number)))
            elif index.name == self.clock:
                run = _at_clock(run, dimension, index.offset)
            else:
                run = after(run, self._narrowed(access.tensor, place, index, dimension))
                indices.append(index.name)
        return _diagonal(indices, run)

    def _place(self, name: str, place: int, number: int) -> int:
        size = self.known.shapes[name][place]
        if self.known.last.get(name) != place:
            return number
        if number not in (-1, size - 1):
            raise EquationError(f"only the last place of {name} is kept, not {number}")
        return 0

    def _narrowed(self, name: str, place: int, index: Index, dimension: int) -> View | None:
        size, extent = self.known.shapes[name][place], self.ranges[index.name]
        start, length = extent.start + index.offset, extent.size
        if (start, length) == (0, size):
            return None
        if length == 0:
            return lambda x: x.narrow(dimension, 0, 0)
        return lambda x: x.narrow(dimension, start, length)


def _selected(dimension: int, number: int) -> View:
    return lambda x: x.select(dimension, number)


def _at_clock(run: Run, dimension: int, offset: int) -> Run:
    return lambda frame: run(frame).select(dimension, frame[CLOCK] + offset)


def _state(name: str, index: Index | Fixed) -> Run:
    if isinstance(index, Fixed):
        return lambda frame: _found(frame, name, index.number)
    return lambda frame: _found(frame, name, frame[CLOCK] + index.offset)


def _found(frame: Mapping[str, Any], name: str, place: int) -> Any:
    states = frame[name]
    if place not in states:
        raise EquationError(f"{name} is not known at {place} when it is read there")
    return states[place]


def _diagonal(indices: list[str], run: Run) -> Term:
    """One dimension for an index that an access names twice."""
    for name in dict.fromkeys(indices):
        while indices.count(name) > 1:
            first = indices.index(name)
            second = indices.index(name, first + 1)
            run = after(run, _along(first, second))
            indices = [*indices[:first], *indices[first + 1 : second], *indices[second + 1 :], name]
    return Term(tuple(indices), run)


def _along(first: int, second: int) -> View:
    return lambda x: x.diagonal(0, first, second)


def check_left(indices: tuple[Index | Fixed, ...]) -> None:
    """Refuse a left side that names an index twice."""
    named = [index.name for index in indices if isinstance(index, Index)]
    if len(named) != len(names(indices)):
        name = next(each for each in named if named.count(each) > 1)
        raise EquationError(f"{name} stands twice on the left", "Give each dimension of the result its own name.", name)
