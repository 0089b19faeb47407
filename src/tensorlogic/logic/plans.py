"""A rule as steps, each of which makes longer or fewer environments.

An environment is a row of constants: first those that stand in the rule, then one for every variable as it is bound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from tensorlogic.logic.arithmetic import AGGREGATES, calculate, compare
from tensorlogic.logic.problems import KnowledgeError
from tensorlogic.logic.rows import Access, Row, Rows, key, picked
from tensorlogic.logic.terms import (
    Aggregate,
    Atom,
    Comparison,
    Expression,
    Literal,
    Not,
    Operation,
    Rule,
    Test,
    Value,
    Variable,
    is_aggregating,
    variables,
)
from tensorlogic.logic.values import Values

Step: TypeAlias = Callable[[Iterable[Row], Mapping[str, Rows]], Iterable[Row]]
CHANGED = "\N{GREEK CAPITAL LETTER DELTA}"
"""The name under which a plan reads the rows that a relation got in the last round."""


class Plan(NamedTuple):
    """The steps of a rule, and how its rows are made of environments."""

    rule: Rule
    constants: Row
    steps: tuple[Step, ...]
    head: Callable[[Iterable[Row]], Iterable[Row]]
    slots: Mapping[Variable | tuple[type, Value], int]
    """Where variables and constants stand in an environment."""

    def environments(self, relations: Mapping[str, Rows]) -> Iterable[Row]:
        """All solutions of the body."""
        found: Iterable[Row] = (self.constants,)
        for step in self.steps:
            found = step(found, relations)
        return found

    def rows(self, relations: Mapping[str, Rows]) -> Iterable[Row]:
        """The rows of the head. Problems get the origin of the rule."""
        try:
            yield from self.head(self.environments(relations))
        except KnowledgeError as error:
            origin = self.rule.origin
            raise KnowledgeError(p if p.origin else p._replace(origin=origin) for p in error.problems) from None


def plan(rule: Rule, values: Values, *, first: int | None = None, keep: bool = False) -> Plan:
    """The plan of a rule that is safe.

    `first` is the literal to begin with, of which only what changed is read. With `keep`, all variables are bound, also
    those that nothing reads.
    """
    planner = _Planner(rule, values, keep=keep or is_aggregating(rule))
    waiting = list(rule.body)
    if first is not None:
        planner.take(waiting.pop(first), CHANGED)
    while waiting:
        planner.take(waiting.pop(planner.best(waiting)))
    return Plan(rule, planner.constants, tuple(planner.steps), planner.head(), planner.slots)


def is_ready(literal: Literal, bound: set[Variable], elsewhere: set[Variable]) -> bool:
    """Whether a literal can be taken when some variables are bound. `elsewhere` are those of the rest of the rule."""
    match literal:
        case Atom():
            return True
        case Not(atom):
            return all(v in bound for v in variables(atom) if v in elsewhere)
        case Comparison("==", left, right):
            free = {v for v in variables(literal) if v not in bound}
            other = {left: right, right: left}
            return not free or (
                len(free) == 1 and any(s in free and s not in variables(other[s]) for s in (left, right))
            )
    return all(variable in bound for variable in variables(literal))


class _Planner:
    """A plan in the making."""

    def __init__(self, rule: Rule, values: Values, *, keep: bool) -> None:
        self.rule, self.values, self.keep = rule, values, keep
        self.slots: dict[Variable | tuple[type, Value], int] = {}
        self.steps: list[Step] = []
        self.bound: set[Variable] = set()
        self.constants = tuple(values.number(value) for value in _constants(rule))
        for value in _constants(rule):
            self._new((type(value), value))
        self.often = list(variables(rule.head)) + [v for literal in rule.body for v in variables(literal)]

    def _new(self, name: Variable | tuple[type, Value]) -> int:
        if isinstance(name, Variable):
            self.bound.add(name)
        return self.slots.setdefault(name, len(self.slots))

    def _slot(self, term: object) -> int | None:
        """Where the value of a term stands, or None if that is not known yet."""
        return self.slots.get(term if isinstance(term, Variable) else (type(term), term))  # type: ignore[arg-type]

    def best(self, waiting: Sequence[Literal]) -> int:
        """The literal to go on with: one that only tells or computes, else the one of which most is known."""
        ready = [i for i, literal in enumerate(waiting) if is_ready(literal, self.bound, self._elsewhere(literal))]
        return max(ready, key=lambda i: (self._known(waiting[i]), -i))

    def _known(self, literal: Literal) -> tuple[bool, bool, int]:
        if not isinstance(literal, Atom):
            return True, False, 0
        known = sum(self._slot(term) is not None for term in literal.terms)
        return False, known == len(literal.terms), known

    def _elsewhere(self, literal: Literal) -> set[Variable]:
        return {v for v in self.often if self.often.count(v) > sum(v == w for w in variables(literal))}

    def take(self, literal: Literal, prefix: str = "") -> None:
        """Add the step of a literal."""
        match literal:
            case Atom():
                self.steps.append(self._scan(literal, prefix))
            case Not(atom):
                self.steps.append(self._refusal(atom))
            case Comparison():
                self.steps.append(self._comparison(literal))
            case Test(function, arguments):
                self.steps.append(self._test(function, [self.slots[v] for v in arguments]))

    def _access(self, atom: Atom) -> tuple[Access, tuple[int, ...], list[Variable]]:
        """How a relation is read: the access, the slots that make its key, and the variables that it binds."""
        by = tuple(i for i, term in enumerate(atom.terms) if self._slot(term) is not None)
        free = [i for i in range(len(atom.terms)) if i not in by]
        first = {i: atom.terms.index(atom.terms[i]) for i in free}
    """Whether a literal can be taken when some variables are bound. `elsewhere` are those of the rest of the rule."""
        same = tuple((first[i], i) for i in free if first[i] != i)
        slots = tuple(self._slot(atom.terms[i]) or 0 for i in by)
        return Access(by, take, same), slots, [atom.terms[i] for i in take]  # type: ignore[misc]

    def _scan(self, atom: Atom, prefix: str) -> Step:
        access, slots, fresh = self._access(atom)
        name, of = prefix + atom.relation, key(slots)
        for variable in fresh:
            self._new(variable)

        def join(environments: Iterable[Row], relations: Mapping[str, Rows]) -> Iterator[Row]:
            find = relations[name].index(access).get
            return (each + row for each in environments for row in find(of(each), ()))

        def meet(environments: Iterable[Row], relations: Mapping[str, Rows]) -> Iterator[Row]:
            index = relations[name].index(access)
            return (each for each in environments if of(each) in index)

        return join if fresh else meet

    def _refusal(self, atom: Atom) -> Step:
        access, slots, _ = self._access(atom)
        access, name, of = access._replace(take=()), atom.relation, key(slots)

        def refuse(environments: Iterable[Row], relations: Mapping[str, Rows]) -> Iterator[Row]:
            index = relations[name].index(access)
            return (each for each in environments if of(each) not in index)

        return refuse

    def _comparison(self, comparison: Comparison) -> Step:
        sign, *sides = comparison
        free = [side for side in sides if isinstance(side, Variable) and side not in self.bound]
        if free:
            number = self._number(sides[sides[0] == free[0]])
            self._new(free[0])
            return lambda environments, _: ((*each, number(each)) for each in environments)
        if sign in ("==", "!="):
            left, right = map(self._number, sides)
            wanted = sign == "=="
            return lambda environments, _: (each for each in environments if (left(each) == right(each)) is wanted)
        less, more = map(self._value, sides)
        return lambda environments, _: (each for each in environments if compare(sign, less(each), more(each)))

    def _test(self, function: Callable[..., bool], slots: Sequence[int]) -> Step:
        known = self.values.values
        return lambda environments, _: (
            each for each in environments if function(*(known[each[slot]] for slot in slots))
        )

    def _number(self, expression: Expression) -> Callable[[Row], int]:
        """A function that gives the number of an expression's value."""
        slot = self._slot(expression)
        if slot is not None:
            return lambda each: each[slot]
        value, number = self._value(expression), self.values.number
        return lambda each: number(value(each))

    def _value(self, expression: Expression) -> Callable[[Row], Value]:
        """A function that computes an expression."""
        if isinstance(expression, Operation):
            sign, operands = expression.operator, [self._value(operand) for operand in expression.operands]
            return lambda each: calculate(sign, *(operand(each) for operand in operands))
        slot, known = self._slot(expression), self.values.values
        assert slot is not None, "the rule was not checked"
        return lambda each: known[each[slot]]

    def head(self) -> Callable[[Iterable[Row]], Iterable[Row]]:
        """A function that makes rows of environments."""
        terms = self.rule.head.terms
        slots = tuple(self._slot(t.term if isinstance(t, Aggregate) else t) or 0 for t in terms)
        take = picked(slots)
        if not is_aggregating(self.rule):
            return lambda environments: map(take, environments)
        return lambda environments: self._grouped(dict.fromkeys(environments), slots)

    def _grouped(self, environments: Iterable[Row], slots: tuple[int, ...]) -> Iterator[Row]:
        terms = list(zip(self.rule.head.terms, slots, strict=True))
        of = picked(tuple(slot for term, slot in terms if not isinstance(term, Aggregate)))
        groups: dict[Row, list[Row]] = {}
        for each in environments:
            groups.setdefault(of(each), []).append(each)
        known, number = self.values.values, self.values.number
        for group in groups.values():
            yield tuple(
                number(AGGREGATES[term.function]([known[each[slot]] for each in group]))
                if isinstance(term, Aggregate)
                else group[0][slot]
                for term, slot in terms
            )


def _constants(rule: Rule) -> Iterator[Value]:
    """The constants of a rule, each once."""
    found = dict.fromkeys((type(value), value) for part in (rule.head, *rule.body) for value in _values(part))
    return (value for _, value in found)


def _values(part: object) -> Iterator[Value]:
    match part:
        case Atom(_, parts) | Operation(_, parts):
            for each in parts:
                yield from _values(each)
        case Not(inner) | Aggregate(_, inner):
            yield from _values(inner)
        case Comparison(_, left, right):
            yield from _values(left)
            yield from _values(right)
        case str() | int() | float():
            yield part
