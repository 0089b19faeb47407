"""Why a fact holds."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import Any, NamedTuple, TypeAlias, cast

from tensorlogic.logic.plans import plan
from tensorlogic.logic.relation import Relation
from tensorlogic.logic.rows import Row
from tensorlogic.logic.steps import CHANGED
from tensorlogic.logic.terms import (
    Aggregate,
    Atom,
    Comparison,
    Literal,
    Not,
    Operation,
    Rule,
    Value,
    Variable,
    exact,
    is_aggregating,
)
from tensorlogic.logic.values import Values

Fact: TypeAlias = tuple[str, Row]


class Proof(NamedTuple):
    """That `atom` holds, by `rule` from what `children` prove; without a rule it was told, or can be seen."""

    atom: Literal
    rule: Rule | None
    children: tuple[Proof, ...]


def merged(relations: Mapping[str, Relation]) -> dict[str, Relation]:
    """What was derived of each relation, for whatever it was asked, with its facts."""
    found: dict[str, Relation] = defaultdict(lambda: Relation(0))
    for name, relation in relations.items():
        if name[:1] not in ("?", CHANGED):
            own = found.setdefault(name.partition("/")[0], Relation(relation.arity))
            own.add(relation)
    return found


class _Step(NamedTuple):
    """That a fact follows from others by a rule; `literals` are its body with the values put in."""

    head: Fact
    rule: Rule
    facts: tuple[Fact, ...]
    literals: tuple[Literal, ...]


def proof(
    goal: Fact, rules: Iterable[Rule], relations: Mapping[str, Relation], told: Mapping[str, Relation], values: Values
) -> Proof | None:
    """A proof of `goal` of as few facts as there are, counted as often as they stand in it.

    `relations` hold what was derived, `told` the facts. Rules are taken in the order of the cost of what they prove
    (Knuth's generalisation of Dijkstra's algorithm), so that a fact is never used before its shortest proof is known.
    """
    steps = [step for rule in rules for step in _steps(rule, relations, values)]
    users: dict[Fact, list[int]] = {}
    missing = [len(set(step.facts)) for step in steps]
    for number, step in enumerate(steps):
        for fact in set(step.facts):
            users.setdefault(fact, []).append(number)
    cost: dict[Fact, int] = {}
    by: dict[Fact, _Step | None] = {}
    order = count()
    queue: list[tuple[int, int, Fact, _Step | None]] = [
        (1, next(order), (name, row), None) for name, relation in told.items() for row in relation
    ]
    queue += [(1, next(order), step.head, step) for step in steps if not step.facts]
    heapq.heapify(queue)
    while queue and goal not in cost:
        price, _, fact, reason = heapq.heappop(queue)
        if fact in cost:
            continue
        cost[fact], by[fact] = price, reason
        for number in users.get(fact, ()):
            missing[number] -= 1
            if not missing[number]:
                step = steps[number]
                heapq.heappush(queue, (1 + sum(cost[each] for each in step.facts), next(order), step.head, step))
    return _tree(goal, by, values) if goal in cost else None


def _steps(rule: Rule, relations: Mapping[str, Relation], values: Values) -> Iterator[_Step]:
    """Every use of a rule whose body holds."""
    made = plan(rule, values, keep=True)
    groups: dict[Row, list[Row]] = {}
    for environment in dict.fromkeys(made.environments(relations)):
        terms = zip(made.head, rule.head.terms, strict=True)
        own = tuple(environment[slot] for slot, term in terms if not isinstance(term, Aggregate))
        groups.setdefault(own if is_aggregating(rule) else environment, []).append(environment)
    for group in groups.values():
        heads = made.group(group) if made.group else [tuple(group[0][slot] for slot in made.head)]
        places = [(name, slot) for name, slot in made.slots.items() if isinstance(name, Variable)]
        bound = [{name: values.values[each[slot]] for name, slot in places} for each in group]
        every = [_grounded(literal, known) for known in bound for literal in rule.body]
        literals = tuple({exact(literal): literal for literal in every}.values())  # 1 and 1.0 are two
        facts = tuple((atom.relation, _row(atom, values)) for atom in literals if isinstance(atom, Atom))
        for row in heads:
            yield _Step((rule.head.relation, row), rule, facts, literals)


def _grounded(literal: Literal, known: Mapping[Variable, Value]) -> Literal:
    """A literal with values in place of its variables; those that may be anything stay."""
    match literal:
        case Atom(relation, terms):
            return Atom(relation, tuple(_value(term, known) for term in terms))
        case Not(atom):
            return Not(cast("Atom", _grounded(atom, known)))
        case Comparison(sign, left, right):
            return Comparison(sign, _value(left, known), _value(right, known))
    return literal


def _value(part: Any, known: Mapping[Variable, Value]) -> Any:
    if isinstance(part, Operation):
        return Operation(part.operator, tuple(_value(operand, known) for operand in part.operands))
    return known.get(part, part) if isinstance(part, Variable) else part


def _row(atom: Atom, values: Values) -> Row:
    return tuple(values.number(term) for term in atom.terms)  # type: ignore[arg-type]


def _tree(goal: Fact, by: Mapping[Fact, _Step | None], values: Values) -> Proof:
    """The proof of a fact from the steps that prove each fact, made from the leaves on, without recursion."""
    done: dict[Fact, Proof] = {}
    stack = [goal]
    while stack:
        fact = stack[-1]
        step = by[fact]
        waiting = [] if step is None else [each for each in step.facts if each not in done]
        if waiting:
            stack += waiting
            continue
        stack.pop()
        atom = Atom(fact[0], tuple(values.values[number] for number in fact[1]))
        done[fact] = Proof(atom, step and step.rule, () if step is None else tuple(_children(step, done, values)))
    return done[goal]


def _children(step: _Step, done: Mapping[Fact, Proof], values: Values) -> Iterator[Proof]:
    for literal in step.literals:
        if isinstance(literal, Atom):
            yield done[literal.relation, _row(literal, values)]
        else:
            yield Proof(literal, None, ())
