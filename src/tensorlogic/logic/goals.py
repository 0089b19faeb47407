"""The rules that a query needs, changed so that they derive only what it asks for (magic sets).

A relation that is asked for with some of its values becomes a relation of its own, such as ``Ancestor/bf``, and another
one, ``?Ancestor/bf``, holds the values that were asked for. Relations that are negated or counted are derived whole,
with all that they depend on, as are those that anybody needs whole.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from tensorlogic.logic.plans import is_ready
from tensorlogic.logic.strata import components, uses
from tensorlogic.logic.terms import (
    Atom,
    Comparison,
    Literal,
    Not,
    Rule,
    Term,
    Test,
    Variable,
    computes,
    elsewhere,
    exact,
    is_aggregating,
    variables,
)

_FIRST = 1 << 20
"""More than an atom has values."""


class Asked(NamedTuple):
    """A relation and which of its values are given: ``b`` for bound, ``f`` for free, one letter each."""

    relation: str
    pattern: str

    @property
    def name(self) -> str:
        """The name of the relation of answers."""
        return f"{self.relation}/{self.pattern}"

    @property
    def is_whole(self) -> bool:
        """Whether all rows are asked for."""
        return "b" not in self.pattern

    def values(self, atom: Atom) -> Atom:
        """What is asked for, if `atom` is."""
        given = tuple(term for term, letter in zip(atom.terms, self.pattern, strict=True) if letter == "b")
        return Atom(f"?{self.name}", given)


def directed(goal: Rule, rules: Mapping[str, list[Rule]], facts: Collection[str], known: Collection[str]) -> list[Rule]:
    """The rules that answer `goal`, the rows of whose head are wanted.

    `rules` are those of each relation, `facts` the relations that have facts, `known` the names of relations of answers
    that are there already.
    """
    whole = _needed_whole(goal, rules)
    groups = components({name: [used for rule in each for used, _ in uses(rule)] for name, each in rules.items()})
    group_of = {name: group for group in groups for name in group}
    while True:
        maker = _Maker(rules, facts, known, whole, group_of)
        made = maker.all(goal)
        patterns = {asked.relation for asked in maker.seen if asked.is_whole}
        again = {asked.relation for asked in maker.seen if not asked.is_whole} & patterns
        if not again:
            return made
        whole |= again


def _needed_whole(goal: Rule, rules: Mapping[str, list[Rule]]) -> set[str]:
    """The relations that are negated or counted for a goal, with all that these depend on.

    What is asked for may depend on them, so they must not depend on what is asked for.
    """
    asked = reached({goal.head.relation}, {**rules, goal.head.relation: [goal]})
    relevant = [goal, *(rule for name in asked for rule in rules.get(name, ()))]
    return reached({used for rule in relevant for used, is_whole in uses(rule) if is_whole}, rules)


def reached(names: set[str], rules: Mapping[str, list[Rule]]) -> set[str]:
    """Relations, with all that they depend on."""
    found, waiting = set(names), list(names)
    while waiting:
        new = {used for rule in rules.get(waiting.pop(), ()) for used, _ in uses(rule)} - found
        found |= new
        waiting += new
    return found


def wholes(made: list[Rule]) -> set[str]:
    """The relations of answers that such rules derive whole."""
    names = {rule.head.relation for rule in made}
    return {name for name in names if "/" in name and not name.startswith("?") and "b" not in name.partition("/")[2]}


class _Maker:
    """Makes rules until there are some for all that is asked for."""

    def __init__(
        self,
        rules: Mapping[str, list[Rule]],
        facts: Collection[str],
        known: Collection[str],
        whole: set[str],
        group_of: Mapping[str, tuple[str, ...]],
    ) -> None:
        self.rules, self.facts, self.known, self.whole, self.group_of = rules, facts, known, whole, group_of
        self.seen: dict[Asked, None] = {}
        self._waiting: list[Asked] = []

    def all(self, goal: Rule) -> list[Rule]:
        """The rules for a goal, and for all that they ask for in turn."""
        made = list(self._of(goal, None))
        while self._waiting:
            asked = self._waiting.pop()
            parameters = tuple(Variable(str(i)) for i in range(len(asked.pattern)))
            if asked.relation in self.facts:
                facts = Atom(asked.relation, parameters)
                made += self._guarded(Rule(facts._replace(relation=asked.name), (facts,)), asked)
            for rule in self.rules[asked.relation]:
                made += self._of(rule, asked)
        return made

    def _guarded(self, rule: Rule, asked: Asked) -> list[Rule]:
        guard = () if asked.is_whole else (asked.values(rule.head),)
        return [rule._replace(body=(*guard, *rule.body))]

    def _of(self, rule: Rule, asked: Asked | None) -> Iterator[Rule]:
        """A rule as it answers what is asked, after those that say what it asks for itself."""
        head, guard = rule.head, list[Literal]()
        if asked:
            head = head._replace(relation=asked.name)
            guard = [] if asked.is_whole else [asked.values(rule.head)]
        bound = {v for literal in guard for v in variables(literal)}
        body, before = list(guard), list(guard)
        for literal in _in_order(rule, bound):
            body.append(self._literal(literal, bound, rule, asked))
            if isinstance(literal, Atom):
                yield from self._demand(literal, bound, rule, asked, before)
            if not isinstance(literal, Test):
                before.append(body[-1])
            bound |= _binds(literal, bound)
        yield rule._replace(head=head, body=tuple(body))

    def _literal(self, literal: Literal, bound: set[Variable], rule: Rule, asked: Asked | None) -> Literal:
        if isinstance(literal, Not):
            return Not(self._renamed(literal.atom, self._whole(literal.atom)))
        if isinstance(literal, Atom):
            return self._renamed(literal, self._asked(literal, bound, rule, asked))
        return literal

    def _renamed(self, atom: Atom, asked: Asked) -> Atom:
        if atom.relation not in self.rules:
            return atom
        if asked.name not in self.known and asked not in self.seen:
            self.seen[asked] = None
            self._waiting.append(asked)
        return atom._replace(relation=asked.name)

    def _whole(self, atom: Atom) -> Asked:
        return Asked(atom.relation, "f" * len(atom.terms))

    def _asked(self, atom: Atom, bound: set[Variable], rule: Rule, asked: Asked | None) -> Asked:
        """What a rule asks for by an atom."""
        whole = self._whole(atom)
        is_own = (
            asked is not None and asked.is_whole and self.group_of[asked.relation] == self.group_of.get(atom.relation)
        )
        counted = any(is_aggregating(each) for each in self.rules.get(atom.relation, ()))
        if is_own or counted or is_aggregating(rule) or atom.relation in self.whole or whole.name in self.known:
            return whole
        letters = ("b" if not isinstance(term, Variable) or term in bound else "f" for term in atom.terms)
        return Asked(atom.relation, "".join(letters))

    def _demand(
        self, atom: Atom, bound: set[Variable], rule: Rule, asked: Asked | None, before: list[Literal]
    ) -> Iterator[Rule]:
        """The rule that says which values an atom is asked for with."""
        wanted = self._asked(atom, bound, rule, asked)
        if atom.relation in self.rules and not wanted.is_whole and wanted.name not in self.known:
            head = wanted.values(atom)
            if exact(head) not in map(exact, before):  # 1 and True are two
                yield Rule(head, tuple(before), rule.origin)


def _in_order(rule: Rule, bound: set[Variable]) -> Iterator[Literal]:
    """The literals of a body, each atom after those that say most of it, others once they can be told."""
    waiting, known = list(rule.body), set(bound)
    while waiting:
        best = max(waiting, key=lambda literal: _readiness(literal, known, elsewhere(literal, rule)))
        waiting.remove(best)
        known |= _binds(best, known)
        yield best


def _readiness(literal: Literal, known: set[Variable], others: set[Variable]) -> int:
    if isinstance(literal, Atom):
        return sum(not isinstance(term, Variable) or term in known for term in literal.terms)
    return (_FIRST - computes(literal)) if is_ready(literal, known, others) else -1


def _binds(literal: Literal, known: set[Variable]) -> set[Variable]:
    """The variables that have values after a literal."""
    return set(variables(literal)) if isinstance(literal, Atom) else _defined(literal, known)


def _defined(literal: Literal, known: set[Variable]) -> set[Variable]:
    """The variable that a comparison gives a value, if it does."""
    if not isinstance(literal, Comparison) or literal.operator != "==":
        return set()
    sides: list[tuple[Term | object, object]] = [(literal.left, literal.right), (literal.right, literal.left)]
    return {
        side
        for side, other in sides
        if isinstance(side, Variable) and side not in known and set(variables(other)) <= known
    }
