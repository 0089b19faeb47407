"""Which equations are solved together, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from tensorlogic.runtime.equations.notation import Access, Equation, Fixed, Index, accesses
from tensorlogic.runtime.equations.problems import EquationError, located


class Group(NamedTuple):
    """Equations that need one another, by number; `places` are the dimensions that a recurrence runs along."""

    equations: tuple[int, ...]
    recursive: bool
    places: Mapping[str, int]


def ordered(equations: Sequence[Equation]) -> list[Group]:
    """Groups of equations, each after those that it reads; the order in which they were written does not matter."""
    reads = {equation.target: set[str]() for equation in equations}
    for equation in equations:
        reads[equation.target].update(read.tensor for read in accesses(equation.expression) if read.tensor in reads)
    reached = {target: reachable(target, reads) for target in reads}
    groups = []
    done: set[str] = set()
    for target in sorted(reads, key=lambda name: len(reached[name] | {name})):  # who reads another reaches more
        if target not in done:
            together = {name for name in reached[target] if target in reached[name]} | {target}
            done |= together
            groups.append(_group(equations, together, target in reached[target]))
    return groups


def reachable(start: str, edges: Mapping[str, Iterable[str]]) -> set[str]:
    """What can be reached from a name in one step or more."""
    found: set[str] = set()
    waiting = list(edges[start])
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(edges[name])
    return found


def _group(equations: Sequence[Equation], targets: set[str], recursive: bool) -> Group:
    numbers = tuple(number for number, equation in enumerate(equations) if equation.target in targets)
    with located(numbers[0]):
        return Group(numbers, recursive, _places([equations[number] for number in numbers]) if recursive else {})


def _places(group: Sequence[Equation]) -> dict[str, int]:
    """The dimension of each tensor that a recurrence runs along; none where no index is moved."""
    found: dict[str, int] = {}
    targets = {equation.target for equation in group}
    while added := {**_moved(group, targets), **_carried(group, targets, found)}:
        if added.items() <= found.items():
            break
        found.update(added)
    if found and found.keys() != targets:
        missing = min(targets - found.keys())
        raise EquationError(f"{missing} takes part in a recurrence, but has no index that it runs along")
    return found


def own(equation: Equation, targets: Iterable[str]) -> list[Access]:
    """What an equation reads of the tensors that are solved together."""
    return [access for access in accesses(equation.expression) if access.tensor in targets]


def _moved(group: Sequence[Equation], targets: set[str]) -> dict[str, int]:
    """The dimensions whose index is moved from one side to the other."""
    found: dict[str, int] = {}
    for equation in group:
        for place, left in enumerate(equation.indices):
            for access in own(equation, targets):
                for other in access.indices:
                    if _differ(left, other) and found.setdefault(equation.target, place) != place:
                        raise EquationError(f"{equation.target} is a recurrence along two indices", index=str(left[0]))
    return found


def _differ(left: Index | Fixed, right: Index | Fixed) -> bool:
    both = isinstance(left, Index) and isinstance(right, Index)
    return both and left[0] == right[0] and left != right


def _carried(group: Sequence[Equation], targets: set[str], found: Mapping[str, int]) -> dict[str, int]:
    """The dimensions that have an index along which something else runs."""
    added = {}
    for equation in group:
        for access in own(equation, targets):
            if access.tensor not in found:
                continue
            index = access.indices[found[access.tensor]] if found[access.tensor] < len(access.indices) else None
            left = [place for place, each in enumerate(equation.indices) if index and each[0] == index[0]]
            if left and isinstance(index, Index):
                added[equation.target] = left[0]
    return added


def clock_of(equation: Equation, places: Mapping[str, int]) -> str | None:
    """The name of the index that an equation of a recurrence runs along; None for one that says a single place."""
    along = places.get(equation.target)
    index = None if along is None else equation.indices[along]
    return index.name if isinstance(index, Index) else None
