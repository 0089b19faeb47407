"""A rule as steps, each of which makes longer or fewer environments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from tensorlogic.logic.arithmetic import ORDERS, aggregate, calculate, compare
from tensorlogic.logic.problems import KnowledgeError, Problem
from tensorlogic.logic.rows import Access, Row, picked
from tensorlogic.logic.steps import CHANGED, Compute, Distinct, Plan, Refuse, Same, Scan, Step
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
    computes,
    constants,
    elsewhere,
    is_aggregating,
    variables,
)
from tensorlogic.logic.values import Values


def plan(rule: Rule, values: Values, *, first: int | None = None, keep: bool = False, most: int | None = None) -> Plan:
    """The plan of a rule that is safe.

    `first` is the literal to begin with, of which only what changed is read. With `keep`, all variables are bound, also
    those that nothing reads. `most` is how many solutions an aggregate may have.
    """
    planner = _Planner(rule, values, keep=keep or is_aggregating(rule), most=most)
    waiting = list(rule.body)
    if first is not None:
        planner.take(waiting.pop(first), CHANGED)
    while waiting:
        planner.take(waiting.pop(planner.best(waiting)))
    group = planner.grouped if is_aggregating(rule) else None
    fits = tuple((place, _checker(check, values)) for place, check in rule.fits)
    head, steps = planner.head(), planner.steps
    steps = steps if planner.keep else list(_thinned(steps, len(planner.constants), head))
    return Plan(rule, planner.constants, tuple(steps), head, group, planner.slots, fits)


def _thinned(steps: Sequence[Step], width: int, head: tuple[int, ...]) -> Iterator[Step]:
    """The steps with a `Distinct` wherever more values are dropped than are needed for two and more further joins.

    Without, a chain of joins takes as long as there are ways through it.
    """
    fresh = set[int]()
    for i, step in enumerate(steps):
        yield step
        later = steps[i + 1 :]
        added = len(step.access.take) if isinstance(step, Scan) else step.adds if isinstance(step, Compute) else 0
        fresh |= set(range(width, width + added))
        width += added
        live = fresh & {*head, *(slot for each in later for slot in each.slots)}
        if live < fresh and sum(isinstance(each, Scan) and bool(each.access.take) for each in later) > 1:
            yield Distinct(tuple(sorted(live)))
            fresh = live


def _checker(check: Callable[[Value], None], values: Values) -> Callable[[Iterable[int]], None]:
    """What checks constants by their numbers, each once."""
    seen: set[int] = set()

    def all_of(numbers: Iterable[int]) -> None:
        for number in numbers:
            if number not in seen:
                check(values.values[number])
                seen.add(number)

    return all_of


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

    def __init__(self, rule: Rule, values: Values, *, keep: bool, most: int | None) -> None:
        self.rule, self.values, self.keep, self.most = rule, values, keep, most
        self.slots: dict[Variable | tuple[type, Value], int] = {}
        self.steps: list[Step] = []
        self.bound: set[Variable] = set()
        self.constants = tuple(values.number(value) for value in _constants(rule))
        for value in _constants(rule):
            self._new((type(value), value))
        self.often = Counter(variables(rule))

    def _new(self, name: Variable | tuple[type, Value]) -> int:
        if isinstance(name, Variable):
            self.bound.add(name)
        return self.slots.setdefault(name, len(self.slots))

    def _slot(self, term: object) -> int | None:
        """Where the value of a term stands, or None if that is not known yet."""
        return self.slots.get(term if isinstance(term, Variable) else (type(term), term))  # type: ignore[arg-type]

    def best(self, waiting: Sequence[Literal]) -> int:
        """The literal to go on with: one that only tells or computes, else the one of which most is known."""
        ready = [i for i, literal in enumerate(waiting) if is_ready(literal, self.bound, elsewhere(literal, self.rule))]
        return max(ready, key=lambda i: (self._known(waiting[i]), -i))

    def _known(self, literal: Literal) -> tuple[bool, bool, int]:
        if not isinstance(literal, Atom):
            return True, not computes(literal), 0  # so that `X != 0` comes before `Y == 1 / X`
        known = sum(self._slot(term) is not None for term in literal.terms)
        return False, known == len(literal.terms), known

    def take(self, literal: Literal, prefix: str = "") -> None:
        """Add the step of a literal."""
        match literal:
            case Atom(relation):
                access, slots, fresh = self._access(literal)
                self.steps.append(Scan(prefix + relation, access, slots))
                for variable in fresh:
                    self._new(variable)
            case Not(atom):
                access, slots, _ = self._access(atom)
                self.steps.append(Refuse(atom.relation, access._replace(take=()), slots))
            case Comparison():
                self.steps.append(self._comparison(literal))
            case Test(function, arguments):
                self.steps.append(self._test(function, tuple(self.slots[v] for v in arguments)))

    def _access(self, atom: Atom) -> tuple[Access, tuple[int, ...], list[Variable]]:
        """How a relation is read: the access, the slots that make its key, and the variables that it binds."""
        by = tuple(i for i, term in enumerate(atom.terms) if self._slot(term) is not None)
        free = [i for i in range(len(atom.terms)) if i not in by]
        first = {i: atom.terms.index(atom.terms[i]) for i in free}
        read = [i for i in free if self.keep or self.often[atom.terms[i]] > 1]  # type: ignore[index]
        take = tuple(i for i in read if first[i] == i)
        same = tuple((first[i], i) for i in free if first[i] != i)
        slots = tuple(self._slot(atom.terms[i]) or 0 for i in by)
        return Access(by, take, same), slots, [atom.terms[i] for i in take]  # type: ignore[misc]

    def _comparison(self, comparison: Comparison) -> Step:
        sign, *sides = comparison
        known = (self.slots[v] for v in variables(comparison) if v in self.bound)
        reads = (*range(len(self.constants)), *known)
        free = [side for side in sides if isinstance(side, Variable) and side not in self.bound]
        if free:
            number = self._number(sides[sides[0] == free[0]])
            self._new(free[0])
            return Compute(lambda found: ((*each, number(each)) for each in found), reads, 1)
        slots = tuple(map(self._slot, sides))
        if sign in ORDERS:
            less, more = map(self._value, sides)
            return Compute(lambda found: (each for each in found if compare(sign, less(each), more(each))), reads, 0)
        wanted = sign == "=="
        if None not in slots:
            return Same(slots, wanted)  # type: ignore[arg-type]
        left, right = map(self._number, sides)
        return Compute(lambda found: (each for each in found if (left(each) == right(each)) is wanted), reads, 0)

    def _test(self, function: Callable[..., bool], slots: tuple[int, ...]) -> Step:
        known = self.values.values
        return Compute(
            lambda found: (each for each in found if function(*(known[each[slot]] for slot in slots))), slots, 0
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

    def head(self) -> tuple[int, ...]:
        """The slots of the head's terms."""
        terms = (term.term if isinstance(term, Aggregate) else term for term in self.rule.head.terms)
        return tuple(self._slot(term) or 0 for term in terms)

    def _solutions(self, environments: Iterable[Row]) -> Iterable[Row]:
        """Each environment once."""
        found: dict[Row, None] = {}
        for each in environments:
            found[each] = None
            if self.most is not None and len(found) > self.most:
                name = self.rule.head.relation.partition("/")[0]
                message = f"{name} counts more than {self.most:,} solutions: there is no memory for them"
                raise KnowledgeError([Problem("limit", message, "Count fewer at once, or by more values.")])
        return found

    def grouped(self, environments: Iterable[Row]) -> Iterator[Row]:
        """The rows of a head with aggregates."""
        terms = list(zip(self.rule.head.terms, self.head(), strict=True))
        of = picked(tuple(slot for term, slot in terms if not isinstance(term, Aggregate)))
        groups: dict[Row, list[Row]] = {}
        for each in self._solutions(environments):
            groups.setdefault(of(each), []).append(each)
        known, number = self.values.values, self.values.number
        for group in groups.values():
            yield tuple(
                number(aggregate(term.function, [known[each[slot]] for each in group]))
                if isinstance(term, Aggregate)
                else group[0][slot]
                for term, slot in terms
            )


def _constants(rule: Rule) -> Iterator[Value]:
    """The constants of a rule, each once."""
    found = dict.fromkeys((type(value), value) for value in constants(rule))
    return (value for _, value in found)
