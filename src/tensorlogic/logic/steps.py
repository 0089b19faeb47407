"""The steps of a plan, and what they make of environments, one after the other.

An environment is a row of constants: first those that stand in the rule, then one for every variable as it is bound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from tensorlogic.logic.relation import Relation
from tensorlogic.logic.rows import Access, Row, key, picked
from tensorlogic.logic.terms import Rule, Value, Variable

CHANGED = "+"
"""Before a name: the rows that the relation got in the last round. No program has such a name."""


class Scan(NamedTuple):
    """Goes on with every row of a relation whose key is in `slots`, and what `access` takes of it."""

    relation: str
    access: Access
    slots: tuple[int, ...]


class Refuse(NamedTuple):
    """Goes on where a relation has no row whose key is in `slots`."""

    relation: str
    access: Access
    slots: tuple[int, ...]


class Same(NamedTuple):
    """Goes on where two slots hold the same constant or, if not `wanted`, where they do not."""

    slots: tuple[int, int]
    wanted: bool


class Compute(NamedTuple):
    """Goes on with what a function makes of environments of which `slots` are there."""

    function: Callable[[Iterable[Row]], Iterable[Row]]
    slots: tuple[int, ...]
    adds: int


class Distinct(NamedTuple):
    """Goes on with one of the environments that are the same in `slots`, which are all that is read later."""

    slots: tuple[int, ...]


Step: TypeAlias = Scan | Refuse | Same | Compute | Distinct
MOST_SEEN = 1 << 20
"""So many environments are known again; with more of them, some may be gone on with twice."""


class Plan(NamedTuple):
    """The steps of a rule, and how its rows are made of environments."""

    rule: Rule
    constants: Row
    steps: tuple[Step, ...]
    head: tuple[int, ...]
    """The slots of the head's terms, and of what is aggregated there."""
    group: Callable[[Iterable[Row]], Iterable[Row]] | None
    """What makes rows of all environments, if the head has aggregates."""
    slots: Mapping[Variable | tuple[type, Value], int]
    """Where variables and constants stand in an environment."""
    fits: tuple[tuple[int, Callable[[Iterable[int]], None]], ...] = ()
    """What checks the values that come to stand in some places of the head."""

    def rows(self, relations: Mapping[str, Relation]) -> Iterable[Row]:
        """The rows of the head, one after the other."""
        found = self.environments(relations)
        made = map(picked(self.head), found) if self.group is None else self.group(found)
        return self._fitting(made) if self.fits else made

    def _fitting(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            for place, check in self.fits:
                check((row[place],))
            yield row

    def environments(self, relations: Mapping[str, Relation]) -> Iterable[Row]:
        """All solutions of the body, one after the other."""
        found: Iterable[Row] = (self.constants,)
        for step in self.steps:
            found = _taken(step, found, relations)
        return found


def _taken(step: Step, environments: Iterable[Row], relations: Mapping[str, Relation]) -> Iterable[Row]:
    """What a step makes of environments."""
    if isinstance(step, Compute):
        return step.function(environments)
    if isinstance(step, Distinct):
        return _distinct(step, environments)
    if isinstance(step, Same):
        (left, right), wanted = step
        return (each for each in environments if (each[left] == each[right]) is wanted)
    of, index = key(step.slots), relations[step.relation].rows.index(step.access)
    if isinstance(step, Refuse):
        return (each for each in environments if of(each) not in index)
    if not step.access.take:
        return (each for each in environments if of(each) in index)
    return (each + row for each in environments for row in index.get(of(each), ()))


def _distinct(step: Distinct, environments: Iterable[Row]) -> Iterator[Row]:
    of, seen = picked(step.slots), set[Row]()
    for each in environments:
        if (held := of(each)) not in seen:
            if len(seen) < MOST_SEEN:
                seen.add(held)
            yield each
