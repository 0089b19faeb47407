"""What each variable of each rule may be: constants that have an index, as tensors have no other."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import NamedTuple

from tensorlogic.logic import Atom, Comparison, Not, Rule, Theory, Variable

Place = tuple[Hashable, Hashable]
"""A relation and the number of one of its values, or the number of a rule and one of its variables."""


class Domain(NamedTuple):
    """The numbers of constants in the order of answers, and the place of each, which is its index."""

    constants: tuple[int, ...]
    places: dict[int, int]


class Domains:
    """The domains of a theory. Places that share a variable of some rule have one."""

    def __init__(self, theory: Theory, rules: tuple[Rule, ...]) -> None:
        self._theory = theory
        self._parent: dict[Place, Place] = {}
        constants = list(_of_rules(self, theory, rules))
        found: dict[Place, dict[int, None]] = {}
        for place, number in (*self._told(), *constants):
            found.setdefault(self._root(place), {})[number] = None
        self._domains = {root: self._domain(numbers) for root, numbers in found.items()}

    def of(self, place: Place) -> Domain:
        """What may stand at a place."""
        return self._domains.get(self._root(place)) or Domain((), {})

    def join(self, one: Place, other: Place) -> None:
        """Let two places have one domain."""
        self._parent[self._root(one)] = self._root(other)

    def _root(self, place: Place) -> Place:
        while (parent := self._parent.get(place, place)) != place:
            place = parent
        return place

    def _told(self) -> Iterator[tuple[Place, int]]:
        """What facts and the members of entities say."""
        for name, signature in self._theory.signatures.items():
            for place, (_, type) in enumerate(signature.parameters):
                for number in self._theory.members.get(type or "", ()):
                    yield (name, place), number
        for name, rows in self._theory.facts.items():
            for row in rows:
                for place, number in enumerate(row):
                    yield (name, place), number

    def _domain(self, numbers: dict[int, None]) -> Domain:
        rank = self._theory.values.ranks(numbers)
        ordered = tuple(sorted(numbers, key=rank.__getitem__))
        return Domain(ordered, {number: index for index, number in enumerate(ordered)})


def _of_rules(domains: Domains, theory: Theory, rules: tuple[Rule, ...]) -> Iterator[tuple[Place, int]]:
    """The constants of rules at their places; places of a variable are joined on the way."""
    for number, rule in enumerate(rules):
        atoms = [part.atom if isinstance(part, Not) else part for part in (rule.head, *rule.body)]
        for atom in (each for each in atoms if isinstance(each, Atom)):
            for place, term in enumerate(atom.terms):
                if isinstance(term, Variable):
                    domains.join((atom.relation, place), (number, term))
                else:
                    yield (atom.relation, place), theory.values.number(term)  # type: ignore[arg-type]
        for literal in rule.body:
            if isinstance(literal, Comparison) and literal.operator == "==":
                yield from _equal(domains, theory, number, literal)


def _equal(domains: Domains, theory: Theory, number: int, comparison: Comparison) -> Iterator[tuple[Place, int]]:
    """A variable may get its value from an equality."""
    match comparison:
        case Comparison(_, Variable() as left, Variable() as right):
            domains.join((number, left), (number, right))
        case Comparison(_, Variable() as variable, str() | int() | float() as value):
            yield (number, variable), theory.values.number(value)
        case Comparison(_, str() | int() | float() as value, Variable() as variable):
            yield (number, variable), theory.values.number(value)
