"""From rules to tensor equations: a body is a product, summed over the variables that the head has not."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial, reduce
from typing import Any, NamedTuple

from tensorlogic.logic import (
    Aggregate,
    Atom,
    Comparison,
    KnowledgeError,
    Not,
    Operation,
    Problem,
    Rule,
    Test,
    Theory,
    Variable,
    written,
)
from tensorlogic.logic.terms import is_aggregating, variables
from tensorlogic.runtime.degrees.domains import Domain, Domains
from tensorlogic.runtime.degrees.masks import held, holding, same
from tensorlogic.runtime.equations.notation import Access, Apply, Equation, Expression, Fixed, Index, Number


class Translation(NamedTuple):
    """Equations, the number of the rule of each, the sizes of their indices, and what makes the tensors they read."""

    equations: list[Equation]
    origins: list[Any]
    sizes: dict[str, int]
    tensors: dict[str, Callable[[], Any]]
    tests: dict[str, Callable[[], Any]]
    """Those of the tensors that are made for each question, as a program's own conditions may change."""


def temperature_name(number: int) -> str:
    """The name of the tensor that is the temperature of a rule."""
    return f"temperature·{number}"


def refuse(rule: Rule) -> None:
    """Refuse what has no degrees: numbers that come from counting or computing are no indices."""
    if is_aggregating(rule):
        aggregate = next(term for term in rule.head.terms if isinstance(term, Aggregate))
        raise _refused(f"{written(aggregate)} is of rows that hold or not, which have degrees here", rule)
    bound = {v for literal in rule.body if isinstance(literal, Atom) for v in variables(literal)}
    for literal in rule.body:
        computes = isinstance(literal, Comparison) and any(isinstance(side, Operation) for side in literal[1:])
        if computes and any(variable not in bound for variable in variables(literal)):
            raise _refused(f"{written(literal)} makes new numbers, which no tensor has an index for", rule)


class Translator:
    """Translates a theory whose relations in `given` are tensors already; the rules in `cold` have temperature 0."""

    def __init__(
        self, theory: Theory, rules: tuple[Rule, ...], domains: Domains, given: Collection[str], cold: Collection[int]
    ) -> None:
        self._theory, self._rules, self._domains, self._given, self._cold = theory, rules, domains, given, cold
        self._made = Translation([], [], {}, {}, {})
        self._derived = {rule.head.relation for rule in rules}

    def translation(self) -> Translation:
        """All relations that the rules name as equations or as tensors."""
        for number, rule in enumerate(self._rules):
            self._rule(number, rule)
        for name in self._derived:
            self._whole(name)
        for name in self._theory.signatures.keys() - self._derived - set(self._given):
            self._made.tensors[name] = self._facts(name)
        return self._made

    def _add(self, equation: Equation, origin: Any) -> None:
        self._made.equations.append(equation)
        self._made.origins.append(origin)

    def _rule(self, number: int, rule: Rule) -> None:
        kept = set(variables(rule.head))
        value = _product([self._literal(number, rule, place) for place in range(len(rule.body))])
        summed = {v for literal in rule.body for v in variables(literal)} - kept
        indices, masks = self._head(number, rule)
        value = _product([*masks, self._degree(number, rule, value, bool(summed))])
        self._add(Equation(_part(rule, number), tuple(indices), "sum", value), rule.origin)

    def _degree(self, number: int, rule: Rule, value: Expression, is_summed: bool) -> Expression:
        """Without a temperature, the sum itself, up to 1; at one, whether it is above a half."""
        if rule.temperature is None:
            return Apply("minimum", (value, Number(1))) if is_summed else value
        above = Apply("-", (value, Number(0.5)))
        if number in self._cold:
            return Apply("step", (above,))
        return Apply("sigmoid", (Apply("/", (above, Access(temperature_name(number)))),))

    def _head(self, number: int, rule: Rule) -> tuple[list[Index], list[Expression]]:
        """An index for each value of the head; what is no variable of its own is one that is fixed by a mask."""
        indices: list[Index] = []
        masks: list[Expression] = []
        for place, term in enumerate(rule.head.terms):
            index = self._index(number, term) if isinstance(term, Variable) else None
            domain = self._domains.of((rule.head.relation, place))
            if index is None or index in indices:
                own = self._sized(f"·{place}·{number}", domain)
                masks.append(self._fixed(f"head·{place}·{number}", term, index, own, domain))
                index = own
            indices.append(index)
        return indices, masks

    def _fixed(self, name: str, term: Any, index: Index | None, own: Index, domain: Domain) -> Expression:
        if index is not None:
            self._made.tensors[name] = partial(same, domain)
            return Access(name, (index, own))
        self._made.tensors[name] = partial(held, [[self._theory.values.number(term)]], [domain])
        return Access(name, (own,))

    def _literal(self, number: int, rule: Rule, place: int) -> Expression:
        literal = rule.body[place]
        if isinstance(literal, Atom):
            return self._access(number, literal)
        if not isinstance(literal, Not):
            return self._mask(number, rule, place, literal)
        elsewhere = {v for other in (rule.head, *rule.body) if other is not literal for v in variables(other)}
        access: Expression = self._access(number, literal.atom)
        if set(variables(literal)) - elsewhere:
            access = Apply("minimum", (access, Number(1)))
        return Apply("-", (Number(1), access))

    def _access(self, number: int, atom: Atom) -> Access:
        indices = (self._term(number, atom.relation, place, term) for place, term in enumerate(atom.terms))
        return Access(atom.relation, tuple(indices))

    def _term(self, number: int, relation: str, place: int, term: Any) -> Index | Fixed:
        if isinstance(term, Variable):
            return self._index(number, term)
        return Fixed(self._domains.of((relation, place)).places[self._theory.values.number(term)])

    def _mask(self, number: int, rule: Rule, place: int, literal: Comparison | Test) -> Expression:
        """Where a comparison or a test holds; asked only of what the facts of the other parts leave possible."""
        names = tuple(dict.fromkeys(variables(literal)))
        domains = [self._domains.of((number, each)) for each in names]
        possible = [self._possible(each, rule, domain) for each, domain in zip(names, domains, strict=True)]
        name = f"body·{place}·{number}"
        made = self._made.tests if isinstance(literal, Test) else self._made.tensors
        made[name] = partial(holding, literal, names, possible, domains, rule, self._theory)
        return Access(name, tuple(self._index(number, each) for each in names))

    def _possible(self, variable: Variable, rule: Rule, domain: Domain) -> list[int]:
        found = set(domain.constants)
        for atom in (each for each in rule.body if isinstance(each, Atom)):
            if atom.relation not in self._derived and atom.relation not in self._given:
                places = [place for place, term in enumerate(atom.terms) if term == variable]
                rows = self._theory.facts.get(atom.relation, frozenset())
                found = found.intersection(*({row[place] for row in rows} for place in places))
        return [number for number in domain.constants if number in found]

    def _index(self, number: int, variable: Variable) -> Index:
        return self._sized(f"{variable.name}·{number}", self._domains.of((number, variable)))

    def _sized(self, name: str, domain: Domain) -> Index:
        self._made.sizes[name] = len(domain.constants)
        return Index(name)

    def _whole(self, relation: str) -> None:
        """A relation is what its facts and its rules say, of which the larger degree counts."""
        parts = [
            (_part(rule, number), rule) for number, rule in enumerate(self._rules) if rule.head.relation == relation
        ]
        domains = self._of(relation, len(parts[0][1].head.terms))
        indices = tuple(self._sized(f"{place}·{relation}", domain) for place, domain in enumerate(domains))
        names = [name for name, _ in parts]
        if self._theory.facts.get(relation):
            names.append(f"facts·{relation}")
            self._made.tensors[names[-1]] = self._facts(relation)
        every: Sequence[Expression] = [Access(name, indices) for name in names]
        largest = reduce(lambda left, right: Apply("maximum", (left, right)), every)
        self._add(Equation(relation, indices, "sum", largest), parts[0][1].origin)

    def _facts(self, relation: str) -> Callable[[], Any]:
        arity = len(self._theory.signatures[relation].parameters)
        return partial(held, self._theory.facts.get(relation, frozenset()), self._of(relation, arity))

    def _of(self, relation: str, arity: int) -> list[Domain]:
        return [self._domains.of((relation, place)) for place in range(arity)]


def _part(rule: Rule, number: int) -> str:
    return f"{rule.head.relation}·{number}"


def _product(factors: Sequence[Expression]) -> Expression:
    return reduce(lambda left, right: Apply("*", (left, right)), factors)


def _refused(message: str, rule: Rule) -> KnowledgeError:
    help = "Ask for it without `gradient`, or let the rules that are asked for not need it."
    return KnowledgeError([Problem("degrees", message, help, rule.origin)])
