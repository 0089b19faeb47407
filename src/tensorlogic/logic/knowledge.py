"""What a session knows: entities, relations with their facts and rules, and the answers that follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, cast

from tensorlogic.errors import nearest
from tensorlogic.logic.checking import arity, fits_of, is_entity, misfit, problems
from tensorlogic.logic.fixpoint import LARGE, Fixpoint, check_told
from tensorlogic.logic.goals import directed, reached, wholes
from tensorlogic.logic.loading import load
from tensorlogic.logic.problems import KnowledgeError, Problem
from tensorlogic.logic.proofs import Proof, merged, proof
from tensorlogic.logic.relation import Relation
from tensorlogic.logic.strata import by_head, strata
from tensorlogic.logic.tails import shortened
from tensorlogic.logic.terms import (
    Atom,
    Literal,
    Not,
    Rule,
    Signature,
    Value,
    Variable,
    variables,
    written,
)
from tensorlogic.logic.theory import Theory
from tensorlogic.logic.values import Values

_GOAL = "?"


class Knowledge:
    """The relations of a session.

    The meaning of rules is their least fixpoint: recursion ends, and their order does not matter. A query derives only
    what it needs, and what was derived whole is kept until a fact or a rule is added.
    """

    def __init__(self, memory: int = 8 << 30) -> None:
        """`memory` is what the rows of one relation may take, in bytes, roughly. More of them end in a problem."""
        self.memory = memory
        self.large = LARGE
        """From so many rows on they are held in columns; answers are the same."""
        self._values = Values()
        self._signatures: dict[str, Signature] = {}
        self._facts: dict[str, Relation] = {}
        self._rules: list[Rule] = []
        self._members: dict[str, dict[Value, int]] = {}
        self._closed: dict[str, dict[Value, int]] = {}
        self._kept: dict[str, Relation] = {}
        self._is_sound = True
        self.version = 0
        """Another number whenever something was declared, told or said."""

    def entity(self, name: str, members: Iterable[Value] | None = None) -> None:
        """Declare an entity, which is also a relation of one value: `Person(X)`.

        Without members it is open: every fact with a parameter of that type adds its value.
        """
        self._signatures[name] = Signature(name, ((name.lower(), name),))
        self._members.setdefault(name, {})
        if members is not None:
            self._closed[name] = self._members[name]
            for member in members:
                self._join(name, member)
        self._changed()

    def declare(self, signature: Signature) -> None:
        """Declare a relation. Entities that it names and nobody declared are open."""
        for _, type in signature.parameters:
            if is_entity(type) and type not in self._members:
                self.entity(str(type))
        self._signatures[signature.name] = signature
        self._changed()

    def tell(self, relation: str, rows: Iterable[Sequence[Value]]) -> None:
        """Add facts: all of them or, if one does not fit, none."""
        signature = self._signature(relation)
        told = [tuple(_fitting(row, signature)) for row in rows]
        wrong = dict.fromkeys(problem for row in told for problem in self._misfits(row, signature))
        if wrong:
            raise KnowledgeError(wrong)
        number = self._values.number
        facts = self._facts.setdefault(relation, Relation(len(signature.parameters)))
        check_told(len(facts) + len(told), facts.arity, self.memory, relation)
        facts.add([tuple(map(number, row)) for row in told])
        for column, (_, type) in enumerate(signature.parameters):
            self._grow(relation if relation in self._members else type, (row[column] for row in told))
        self._changed()

    def replace(self, relation: str, rows: Iterable[Sequence[Value]]) -> None:
        """Let these be the facts of a relation, in place of those that were told before."""
        self._facts.pop(relation, None)
        self.tell(relation, rows)

    def load(self, relation: str, path: Path) -> None:
        """Add the facts of a CSV or a Parquet file: all of them or, if one does not fit, none."""
        signature = self._signature(relation)
        width, told = len(signature.parameters), len(self._facts.get(relation, ()))
        columns = load(signature, path, lambda count: check_told(told + count, width, self.memory, relation))
        if len(columns[0]) < self.large:
            return self.tell(relation, list(zip(*columns, strict=True)))
        wrong = [
            problem
            for values, (name, type) in zip(columns, signature.parameters, strict=True)
            for value in (dict.fromkeys(values) if type in self._closed else ())
            if (problem := misfit(value, type, f"{name} of {relation}", self._closed))
        ]
        if wrong:
            raise KnowledgeError(wrong)
        numbers = [self._values.number(value) for row in zip(*columns, strict=True) for value in row]
        facts = self._facts.setdefault(relation, Relation(len(columns)))
        facts.extend(numbers)
        for values, (_, type) in zip(columns, signature.parameters, strict=True):
            self._grow(type, dict.fromkeys(values))
        return self._changed()

    def add(self, rule: Rule) -> None:
        """Add a rule. One without a body is a fact."""
        rule = self._checked(rule)
        if rule.body:
            self._rules.append(rule._replace(fits=tuple(fits_of(rule, self._signatures, self._closed))))
            self._changed()
        else:
            self.tell(rule.head.relation, [rule.head.terms])  # type: ignore[list-item]

    def ask(self, atom: Atom, where: Sequence[Literal] = ()) -> list[dict[str, Value]]:
        """What the variables of `atom` may be, by their names, in order of first appearance.

        Numbers come by size, before texts, which come in the order in which they were first told. Variables whose names
        begin with ``_`` may be anything, and are not told. What holds without variables gives one empty answer.
        """
        return self._solutions(atom, where, [v for v in variables(atom) if not v.name.startswith("_")])

    def holds(self, atom: Atom) -> bool:
        """Whether there is an answer."""
        return bool(self.ask(atom))

    def rows(self, relation: str) -> list[tuple[Value, ...]]:
        """All rows of a relation, told and derived, in the order of `ask`."""
        terms = tuple(Variable(name) for name, _ in self._signature(relation).parameters)
        distinct = tuple(Variable(str(i)) for i in range(len(terms)))
        return self._answers(Rule(Atom(_GOAL, distinct), (Atom(relation, distinct),)))

    def explain(self, atom: Atom) -> Proof | None:
        """A shortest proof of `atom` or, if it has variables, of its first answer; None if it does not hold."""
        found = self._solutions(atom, (), variables(atom))
        if not found:
            return None
        ground = atom._replace(terms=tuple(found[0][t.name] if isinstance(t, Variable) else t for t in atom.terms))
        goal = self._checked(Rule(Atom(_GOAL, ()), (ground,)), _GOAL)
        ground = cast("Atom", goal.body[0])
        relations = {**self._facts, **self._kept}
        rules = self._sound_rules()
        self._derive(directed(goal, rules, self._facts, self._kept), relations)
        held = merged(relations)
        row = tuple(map(self._values.number, cast("tuple[Value, ...]", ground.terms)))
        asked = [rule for name in reached({ground.relation}, rules) for rule in rules.get(name, ())]
        return proof((ground.relation, row), asked, held, self._facts, self._values)

    def theory(self, goal: Rule) -> Theory:
        """What the body of `goal` depends on. Its head is of a relation that nobody declares."""
        goal = self._checked(goal, goal.head.relation)
        rules = {**self._sound_rules(), goal.head.relation: [goal]}
        names = reached({goal.head.relation}, rules)
        needed = tuple(rule for name in rules if name in names for rule in rules[name] if rule is not goal)
        return Theory(
            goal,
            needed,
            {name: frozenset(self._facts[name]) for name in names if name in self._facts},
            {name: self._signatures[name] for name in names if name in self._signatures},
            {name: tuple(each.values()) for name, each in self._members.items()},
            self._values,
        )

    def rules(self, relation: str) -> list[Rule]:
        """The rules that say something of a relation."""
        return by_head(self._rules).get(relation, [])

    def depends(self, relation: str) -> set[str]:
        """The relation itself, and all that its rules read."""
        return reached({relation}, by_head(self._rules))

    def members(self, entity: str) -> list[Value]:
        """The members of an entity, in order of first appearance."""
        if entity not in self._members:
            raise KnowledgeError([_unknown(entity, self._members, "entity")])
        return list(self._members[entity])

    def numbers(self, entity: str) -> tuple[int, ...]:
        """The members as the numbers that a `Theory` speaks of."""
        return tuple(self._members[entity].values())

    def value(self, number: int) -> Value:
        """The constant that has a number."""
        return self._values.values[number]

    def columns(self, relation: str, *, derived: bool = True) -> list[Any]:
        """The rows of a relation, told and (where wanted) derived, as an array of numbers for each parameter."""
        parameters = tuple(Variable(str(i)) for i, _ in enumerate(self._signature(relation).parameters))
        if derived:
            found = self._found(Rule(Atom(_GOAL, parameters), (Atom(relation, parameters),)))
        else:
            found = self._facts.get(relation) or Relation(len(parameters))
        return found.arrays()

    def _solutions(self, atom: Atom, where: Sequence[Literal], wanted: Iterable[Variable]) -> list[dict[str, Value]]:
        free = tuple(dict.fromkeys(wanted))
        names = [variable.name for variable in free]
        return [dict(zip(names, row, strict=True)) for row in self._answers(Rule(Atom(_GOAL, free), (atom, *where)))]

    def _answers(self, goal: Rule) -> list[tuple[Value, ...]]:
        return self._in_order(self._found(goal))

    def _found(self, goal: Rule) -> Relation:
        goal = self._checked(goal, _GOAL)
        relations = {**self._facts, **self._kept}
        rules = self._sound_rules()
        wanted = shortened(directed(goal, rules, self._facts, self._kept), _GOAL)
        (asking,) = (rule for rule in wanted if rule.head.relation == _GOAL)
        answer = _GOAL
        if isinstance(only := asking.body[0], Atom) and asking.body == (only._replace(terms=asking.head.terms),):
            answer = only.relation  # whose rows are the answers as they are
            wanted.remove(asking)
        self._derive(wanted, relations)
        self._kept |= {name: relations[name] for name in wholes(wanted)}
        return relations.get(answer) or Relation(len(asking.head.terms))

    def _derive(self, rules: Sequence[Rule], relations: dict[str, Relation]) -> None:
        Fixpoint(relations, self._values, self.memory, self.large).derive(rules)

    def _in_order(self, relation: Relation) -> list[tuple[Value, ...]]:
        if relation.is_packed:
            return relation.columns.decoded(self._values)
        rank = self._values.ranks(number for row in relation for number in row)
        values = self._values.values
        ordered = sorted(relation, key=lambda row: [rank[number] for number in row])
        return [tuple(values[number] for number in row) for row in ordered]

    def _sound_rules(self) -> dict[str, list[Rule]]:
        """The rules of each relation, without a cycle through a negation."""
        grouped = by_head(self._rules)
        if not self._is_sound:
            strata(grouped)
            self._is_sound = True
        return grouped

    def _checked(self, rule: Rule, goal: str | None = None) -> Rule:
        """A rule whose constants are of the declared types. Raises all that is wrong with it."""
        signatures = self._signatures
        if goal:
            signatures = signatures | {goal: Signature(goal, tuple((v.name, None) for v in rule.head.terms))}  # type: ignore[union-attr]
        fitted = rule._replace(
            head=_fitted(rule.head, signatures), body=tuple(_fitted_literal(each, signatures) for each in rule.body)
        )
        wrong = dict.fromkeys(problems(fitted, signatures, self._closed))
        if wrong:
            raise KnowledgeError(wrong)
        return fitted

    def _signature(self, relation: str) -> Signature:
        if relation not in self._signatures:
            raise KnowledgeError([_unknown(relation, self._signatures, "relation")])
        return self._signatures[relation]

    def _misfits(self, row: tuple[Value, ...], signature: Signature) -> Iterable[Problem]:
        if len(row) != len(signature.parameters):
            yield arity(signature, len(row))
            return
        for value, (name, type) in zip(row, signature.parameters, strict=True):
            if wrong := misfit(value, type, f"{name} of {signature.name}", self._closed):
                yield wrong

    def _grow(self, entity: str | None, values: Iterable[Value]) -> None:
        """Let values be members of an entity, if it is open."""
        if entity in self._members and entity not in self._closed:
            for value in values:
                self._join(str(entity), value)

    def _join(self, entity: str, value: Value) -> None:
        """Let a value be a member of an entity."""
        members = self._members[entity]
        if value not in members:
            members[value] = self._values.number(value)
            self._facts.setdefault(entity, Relation(1)).add([(members[value],)])

    def _changed(self) -> None:
        self._kept.clear()
        self.version += 1
        self._is_sound = False


def _unknown(name: str, known: Iterable[str], what: str) -> Problem:
    near = nearest(name, known)
    return Problem(
        "unknown", f"there is no {what} {name}", f"Did you mean {near}?" if near else f"Declare it: {what} {name}."
    )


def _fitting(row: Sequence[Value], signature: Signature) -> Iterable[Value]:
    """A row with integers made floats where floats are declared."""
    types = [type for _, type in signature.parameters]
    for i, value in enumerate(row):
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        yield _as_float(value) if is_whole and i < len(types) and types[i] == "float" else value


def _as_float(value: Value) -> float:
    try:
        return float(value)
    except OverflowError:
        raise KnowledgeError([Problem("value", f"{written(value)} is too large for a float")]) from None


def _fitted(atom: Atom, signatures: dict[str, Signature]) -> Atom:
    signature = signatures.get(atom.relation)
    return atom if signature is None else atom._replace(terms=tuple(_fitting(atom.terms, signature)))  # type: ignore[arg-type]


def _fitted_literal(literal: Literal, signatures: dict[str, Signature]) -> Literal:
    if isinstance(literal, Atom):
        return _fitted(literal, signatures)
    return Not(_fitted(literal.atom, signatures)) if isinstance(literal, Not) else literal
