"""The least fixpoint of rules, derived round by round from what the last round added (semi-naive evaluation)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from tensorlogic.logic.plans import plan
from tensorlogic.logic.problems import Interrupted, KnowledgeError, Problem
from tensorlogic.logic.relation import Relation
from tensorlogic.logic.rows import Row
from tensorlogic.logic.steps import CHANGED, Plan, Scan
from tensorlogic.logic.strata import by_head, strata
from tensorlogic.logic.terms import Atom, Not, Rule, computes, variables
from tensorlogic.logic.values import Values

T = TypeVar("T")
LARGE = 4_000
"""From so many rows on, a relation is read in columns."""
_GAIN = 10
"""What a rule gives in a round is gathered in columns from `LARGE` / `_GAIN` rows on: there are more rounds to come."""
_CHUNK = 1 << 14
_BYTES_OF_A_ROW = 350, 50
"""What a row takes in memory with its indexes, and each of its values."""
_BYTES_IN_COLUMNS = 56, 0
ROUNDS = 1_000_000
"""A recursion with arithmetic takes no more rounds, and gives no more than ten times as many facts."""
_CURE = "Does a rule count on for ever? A comparison such as N < 100 in its body ends it."


class _Large(Exception):  # noqa: N818 (it changes how rows are held)
    """There are so many rows that columns are faster."""


class Fixpoint:
    """Derives what rules say, into `relations`."""

    def __init__(self, relations: dict[str, Relation], values: Values, memory: int, large: int = LARGE) -> None:
        """`memory` is how many bytes a relation may take, roughly, before it ends with a `KnowledgeError`."""
        self.relations, self.values, self.memory, self.large = relations, values, memory, large
        self.rounds = 0
        self.most_rounds = ROUNDS
        self._is_counting = False
        self._derived: dict[str, int] = {}

    def derive(self, rules: Sequence[Rule]) -> None:
        """Add all rows that follow. Ctrl-C ends it with `Interrupted`."""
        grouped = by_head(rules)
        for atom in (part for rule in rules for part in _atoms(rule)):
            self.relations.setdefault(atom.relation, Relation(len(atom.terms)))
        try:
            for group in strata(grouped):
                self._settle([rule for name in group for rule in grouped[name]], group)
        except KeyboardInterrupt:
            raise Interrupted(self.facts(), self.rounds) from None

    def facts(self) -> dict[str, int]:
        """The number of facts derived of each relation that programs know."""
        found: dict[str, int] = {}
        for name, count in self._derived.items():
            if not name.startswith("?"):
                shown = name.partition("/")[0]
                found[shown] = found.get(shown, 0) + count
        return found

    def _settle(self, rules: list[Rule], group: tuple[str, ...]) -> None:
        """Derive relations that depend on one another: row by row, or in columns once there are many."""
        try:
            self._rounds(rules, group, self._add)
        except _Large:
            self._settle_in_columns(rules, group)

    def _settle_in_columns(self, rules: list[Rule], group: tuple[str, ...]) -> None:
        from tensorlogic.logic.columns import TooWide

        try:
            self._rounds(rules, group, self._add_columns)
        except TooWide:
            large, self.large = self.large, self.memory
            self._rounds(rules, group, self._add)
            self.large = large

    def _rounds(self, rules: list[Rule], group: tuple[str, ...], add: Callable[[Plan], Relation]) -> None:
        most = self._most(rules)
        first = [plan(rule, self.values, most=most) for rule in rules]
        again = [plan(rule, self.values, first=i) for rule, i in _recursions(rules, group)]
        self._is_counting = any(computes(literal) for each in again for literal in each.rule.body)
        last = self.rounds + self.most_rounds
        changed = self._round(first, add)
        while again and any(map(len, changed.values())):
            self.rounds += 1
            if self._is_counting and self.rounds > last:
                raise _limit(f"{_shown(again[0])} has not ended after {self.most_rounds:,} rounds", again[0])
            arities = {name: self.relations[name].arity for name in group}
            self.relations |= {CHANGED + name: changed.get(name) or Relation(arities[name]) for name in group}
            changed = self._round(again, add)

    def _round(self, plans: list[Plan], add: Callable[[Plan], Relation]) -> dict[str, Relation]:
        """What is new of each relation."""
        changed: dict[str, Relation] = {}
        for each in plans:
            name, fresh = each.rule.head.relation, add(each)
            self._derived[name] = self._derived.get(name, 0) + len(fresh)
            if name in changed and len(fresh):
                changed[name].merge(fresh)
            else:
                changed.setdefault(name, fresh)
        return changed

    def _add(self, plan: Plan) -> Relation:
        """Add what a rule gives, row by row, and return what is new."""
        reads = (step for step in plan.steps if isinstance(step, Scan))
        if any(self._is_large(self.relations[step.relation], step) for step in reads):
            raise _Large
        relation = self.relations[plan.rule.head.relation]
        known, source = relation.rows, iter(self._blamed(plan.rows(self.relations), plan))
        fresh: dict[Row, None] = {}
        while chunk := list(islice(source, _CHUNK)):
            fresh |= dict.fromkeys(row for row in chunk if row not in known)
            if len(fresh) * _GAIN >= self.large:
                raise _Large
            self._check(len(known) + len(fresh), _BYTES_OF_A_ROW, plan)
        return Relation(relation.arity, relation.add(fresh))

    def _is_large(self, relation: Relation, step: Scan) -> bool:
        return len(relation) >= self.large and (relation.is_packed or not step.access.by)

    def _add_columns(self, plan: Plan) -> Relation:
        """Add what a rule gives, in columns, and return what is new."""
        from tensorlogic.logic.blocks import heads

        relation = self.relations[plan.rule.head.relation]
        new = Relation.packed(relation.arity)
        for columns, count in self._blamed(heads(plan, self.relations), plan):
            new.add_packed(relation.columns.fresh(columns, count))
            self._check(len(relation) + len(new), _BYTES_IN_COLUMNS, plan)
        relation.add_fresh(new.columns.packed)
        return new

    def _blamed(self, made: Iterable[T], plan: Plan) -> Iterator[T]:
        """What a plan makes. Problems get the origin of its rule."""
        try:
            yield from made
        except KnowledgeError as error:
            origin = plan.rule.origin
            raise KnowledgeError(p if p.origin else p._replace(origin=origin) for p in error.problems) from None

    def _check(self, count: int, each: tuple[int, int], plan: Plan) -> None:
        if count * _bytes(each, len(plan.head)) > self.memory:
            raise _limit(f"{_shown(plan)} has more than {count - 1:,} facts: there is no memory for them", plan)
        if self._is_counting and count > 10 * self.most_rounds:
            raise _limit(f"{_shown(plan)} has more than {10 * self.most_rounds:,} facts and has not ended", plan)

    def _most(self, rules: list[Rule]) -> int:
        """How many solutions of a rule there is memory for."""
        width = max(len(set(variables(rule))) for rule in rules)
        return self.memory // _bytes(_BYTES_OF_A_ROW, width)


def _bytes(each: tuple[int, int], arity: int) -> int:
    of_row, of_value = each
    return of_row + of_value * arity


def check_told(count: int, arity: int, memory: int, relation: str) -> None:
    """Refuse more facts than there is memory for."""
    if count * _bytes(_BYTES_OF_A_ROW, arity) > memory:
        raise KnowledgeError([Problem("limit", f"{relation} has {count:,} facts: there is no memory for them")])


def _shown(plan: Plan) -> str:
    return plan.rule.head.relation.lstrip("?").partition("/")[0] or "the query"


def _limit(message: str, plan: Plan) -> KnowledgeError:
    return KnowledgeError([Problem("limit", message, _CURE, plan.rule.origin)])


def _atoms(rule: Rule) -> Iterator[Atom]:
    yield rule.head
    for literal in rule.body:
        if isinstance(literal, Atom | Not):
            yield literal.atom if isinstance(literal, Not) else literal


def _recursions(rules: list[Rule], group: tuple[str, ...]) -> Iterator[tuple[Rule, int]]:
    for rule in rules:
        for i, literal in enumerate(rule.body):
            if isinstance(literal, Atom) and literal.relation in group:
                yield rule, i
