"""The least fixpoint of rules, derived round by round from what the last round added (semi-naive evaluation)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from tensorlogic.logic.plans import CHANGED, Plan, plan
from tensorlogic.logic.problems import Interrupted, KnowledgeError, Problem
from tensorlogic.logic.rows import Row, Rows
from tensorlogic.logic.strata import by_head, strata, uses
from tensorlogic.logic.terms import Atom, Rule
from tensorlogic.logic.values import Values

_CHUNK = 1 << 14


class Fixpoint:
    """Derives what rules say, into `relations`."""

    def __init__(self, relations: dict[str, Rows], values: Values, limit: int) -> None:
        """`limit` is the number of facts at which to stop with a `KnowledgeError`."""
        self.relations, self.values, self.limit = relations, values, limit
        self.rounds = 0
        self._derived: dict[str, int] = {}

    def derive(self, rules: Sequence[Rule]) -> None:
        """Add all rows that follow. Ctrl-C ends it with `Interrupted`."""
        grouped = by_head(rules)
        for name in {*grouped, *(used for rule in rules for used, _ in uses(rule))}:
            self.relations.setdefault(name, Rows())
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
        """Derive relations that depend on one another."""
        changed: dict[str, list[Row]] = {name: [] for name in group}
        for rule in rules:
            changed[rule.head.relation] += self._add(plan(rule, self.values))
        plans = [plan(rule, self.values, first=i) for rule, i in _recursions(rules, group)]
        while plans and any(changed.values()):
            self.rounds += 1
            self.relations |= {CHANGED + name: Rows(rows) for name, rows in changed.items()}
            changed = {name: [] for name in group}
            for each in plans:
                changed[each.rule.head.relation] += self._add(each)

    def _add(self, plan: Plan) -> list[Row]:
        """Add what a rule gives, and return what is new."""
        name = plan.rule.head.relation
        relation, source = self.relations[name], iter(plan.rows(self.relations))
        fresh: dict[Row, None] = {}
        while chunk := list(islice(source, _CHUNK)):
            fresh |= dict.fromkeys(row for row in chunk if row not in relation)
            if len(relation) + len(fresh) > self.limit:
                message = f"{name.partition('/')[0]} has more than {self.limit:,} facts: there is no memory for them"
                cure = "Does a rule count on for ever? A comparison such as N < 100 in its body ends it."
                raise KnowledgeError([Problem("limit", message, cure, plan.rule.origin)])
        self._derived[name] = self._derived.get(name, 0) + len(fresh)
        return relation.add(fresh)


def _recursions(rules: list[Rule], group: tuple[str, ...]) -> Iterator[tuple[Rule, int]]:
    for rule in rules:
        for i, literal in enumerate(rule.body):
            if isinstance(literal, Atom) and literal.relation in group:
                yield rule, i
