"""The sizes of indices and of left sides, inferred from the tensors that equations read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from tensorlogic.runtime.equations.notation import Access, Equation, Fixed, Index, accesses, mentioned, names, written
from tensorlogic.runtime.equations.problems import EquationError, located

Shape = tuple[int, ...]
Dimensions = list[int | None]


class Extent(NamedTuple):
    """The values of an index: from `start` up to `stop`."""

    start: int
    stop: int

    @property
    def size(self) -> int:
        """How many they are."""
        return max(self.stop - self.start, 0)


class Clock(NamedTuple):
    """The index along which an equation of a recurrence runs, and the dimension that it is in each of its tensors."""

    name: str
    places: Mapping[str, int]

    def place(self, tensor: str) -> int | None:
        """The dimension of a tensor that the recurrence runs along."""
        return self.places.get(tensor)


def extents(
    equation: Equation,
    shapes: Mapping[str, Shape | Dimensions],
    sizes: Mapping[str, int],
    places: Mapping[str, int],
) -> dict[str, Extent]:
    """The values of every index of which a size is known.

    An index without an offset has the size of its dimension, which has to be the same everywhere. One with an offset
    stays inside: in ``X[i + 1] - X[i]``, i ends one before the end. `places` are dimensions that say nothing:
    those of a recurrence, along which its own tensors grow.
    """
    said: dict[str, tuple[int, str]] = {name: (size, "its declaration") for name, size in sizes.items()}
    moved: list[tuple[str, int, int]] = []
    for access in accesses(equation.expression):
        for index, size in _sized(access, shapes, places):
            if index.offset:
                moved.append((index.name, index.offset, size))
            elif said.setdefault(index.name, (size, access.tensor))[0] != size:
                raise _clash(index.name, said[index.name], (size, access.tensor))
    return _of_left(equation, _within(said, moved), said, [*_sized(_left(equation), shapes, places)])


def _left(equation: Equation) -> Access:
    return Access(equation.target, equation.indices)


def _sized(
    access: Access, shapes: Mapping[str, Shape | Dimensions], places: Mapping[str, int]
) -> Iterator[tuple[Index, int]]:
    """The named indices of an access, each with the size of its dimension where that is known and says something."""
    for place, (index, size) in enumerate(zip(access.indices, shapes.get(access.tensor, ()), strict=False)):
        if size is not None and isinstance(index, Index) and places.get(access.tensor) != place:
            yield index, size


def _within(said: Mapping[str, tuple[int, str]], moved: Iterable[tuple[str, int, int]]) -> dict[str, Extent]:
    found = {name: Extent(0, size) for name, (size, _) in said.items()}
    for name, offset, size in moved:
        known = found.get(name, Extent(0, size - offset))
        found[name] = Extent(max(known.start, -offset), min(known.stop, size - offset))
    return found


def _of_left(
    equation: Equation, found: dict[str, Extent], said: Mapping[str, tuple[int, str]], left: list[tuple[Index, int]]
) -> dict[str, Extent]:
    """With what the left side says: its sizes are those that the right side leaves, or those of nobody else."""
    for index, size in left:
        known = found.get(index.name, Extent(0, size - index.offset))
        if not index.offset and max(known.stop, 0) != size:
            first = said.get(index.name, (known.stop, "what it reads"))
            raise _clash(index.name, (known.stop, first[1]), (size, equation.target))
        found[index.name] = Extent(max(known.start, -index.offset), min(known.stop, size - index.offset))
    return found


def _clash(name: str, first: tuple[int, str], second: tuple[int, str]) -> EquationError:
    message = f"{name} has two sizes: {first[0]} in {first[1]}, {second[0]} in {second[1]}"
    return EquationError(message, "Use another name where it is another index.", name)


def check_access(access: Access, shape: Shape | Dimensions) -> None:
    """Refuse an access with too many or too few indices, or with a place that the tensor has not."""
    if len(access.indices) != len(shape):
        message = f"{access.tensor} has {len(shape)} dimensions, not {len(access.indices)}"
        raise EquationError(message, f"It was read as {access.tensor}[{written(access.indices)}].")
    for index, size in zip(access.indices, shape, strict=True):
        if isinstance(index, Fixed) and size is not None and not -size <= index.number < size:
            raise EquationError(f"{access.tensor} has no place {index.number}: its size there is {size}")


def infer(
    group: Mapping[int, Equation],
    shapes: Mapping[str, Shape],
    given: Mapping[str, Shape],
    sizes: Mapping[str, int],
    places: Mapping[str, int],
) -> dict[str, Dimensions]:
    """The shapes of the left sides of equations that are solved together; `given` are known before.

    None stands for the length of a recurrence, which others find out.
    """
    found: dict[str, Dimensions] = {}
    for number, equation in group.items():
        rank = len(equation.indices)
        known = list(given.get(equation.target, [None] * rank))
        if len(found.setdefault(equation.target, known)) != rank:
            raise EquationError(
                f"{equation.target} has {len(found[equation.target])} dimensions, not {rank}", equation=number
            )
    while _go_on(group, {**shapes, **found}, found, sizes, places):
        pass
    for number, equation in group.items():
        with located(number):
            _complete(equation, found, extents(equation, {**shapes, **found}, sizes, places), places)
    return found


def _go_on(
    group: Mapping[int, Equation],
    shapes: Mapping[str, Shape | Dimensions],
    found: Mapping[str, Dimensions],
    sizes: Mapping[str, int],
    places: Mapping[str, int],
) -> bool:
    """Whether one more size could be found."""
    known = {}
    for number, equation in group.items():
        with located(number):
            known[number] = extents(equation, shapes, sizes, places)
    for target, dimensions in found.items():
        for place, size in enumerate(dimensions):
            if size is not None or places.get(target) == place:
                continue
            mine = [number for number, equation in group.items() if equation.target == target]
            pairs = [(group[number].indices[place], known[number]) for number in mine]
            dimensions[place] = _size(pairs)
            if dimensions[place] is not None:
                return True
    return False


def _size(pairs: Sequence[tuple[Index | Fixed, Mapping[str, Extent]]]) -> int | None:
    """The size of a dimension: what an index without an offset says, or else enough for all that is written there."""
    least: list[int | None] = []
    for index, ranges in pairs:
        if isinstance(index, Fixed):
            least.append(max(index.number + 1, -index.number))
        elif index.name not in ranges:
            least.append(None)
        elif not index.offset:
            return max(ranges[index.name].stop, 0)
        else:
            least.append(ranges[index.name].stop + index.offset)
    whole = [each for each in least if each is not None]
    return max(0, *whole) if len(whole) == len(least) else None


def _complete(
    equation: Equation, found: Mapping[str, Dimensions], ranges: Mapping[str, Extent], places: Mapping[str, int]
) -> None:
    """Refuse an equation that has an index of unknown size."""
    along = places.get(equation.target)
    clock = equation.indices[along] if along is not None else None
    wanted = (*names(equation.indices), *mentioned(equation.expression))
    for name in wanted:
        if name not in ranges and not (isinstance(clock, Index) and clock.name == name):
            help = f"Give {name} a size, or read a tensor that has it."
            raise EquationError(f"the size of {name} is unknown: no tensor that is read here has it", help, name)
    for place, size in enumerate(found[equation.target]):
        if size is None and place != along:
            raise EquationError(f"the size of dimension {place} of {equation.target} is unknown")
