"""Rules as data: what a program says of its relations, without behaviour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from typing import NamedTuple, TypeAlias

_STRENGTHS = {"+": 1, "-": 1, "*": 2, "/": 2, "%": 2, "**": 3}
_SHOWN_BITS = 512
"""A longer integer is not written out: Python refuses to, from 4,300 digits on."""
Value: TypeAlias = str | int | float | bool
"""A constant. Constants of two types are two: 1, 1.0, "1" and True are four of them."""


class Variable(NamedTuple):
    """A name that stands for any value, the same one throughout a rule."""

    name: str


class Operation(NamedTuple):
    """Arithmetic with numbers: ``+ - * / % **`` with two operands, ``-`` with one or two."""

    operator: str
    operands: tuple[Expression, ...]


Term: TypeAlias = Variable | Value
Expression: TypeAlias = Term | Operation


class Aggregate(NamedTuple):
    """In a head: `function` (count, sum, min, max, avg) of `term` over the different solutions of the body.

    Solutions are grouped by the other terms of the head; a group without solutions has no row. Two solutions differ if
    any variable of the body does, so the same amount of two sales is summed twice.
    """

    function: str
    term: Term


class Atom(NamedTuple):
    """That a relation holds of terms: ``Parent(X, alice)``. Aggregates stand in heads only."""

    relation: str
    terms: tuple[Term | Aggregate, ...]


class Not(NamedTuple):
    """That no row of a relation is like `atom`. Variables that stand nowhere else in the rule may be anything."""

    atom: Atom


class Comparison(NamedTuple):
    """``== != < <= > >=`` of two expressions.

    ``==`` asks for the same constant, so 1 is not 1.0; a variable that nothing else binds gets its value from it.
    The order is that of two numbers or of two texts.
    """

    operator: str
    left: Expression
    right: Expression


class Test(NamedTuple):
    """A Python function of the values of bound variables that tells whether they are taken."""

    function: Callable[..., bool]
    variables: tuple[Variable, ...]


Literal: TypeAlias = Atom | Not | Comparison | Test


class Rule(NamedTuple):
    """`head` holds wherever all of `body` does.

    `origin` is handed back in problems, and `temperature`, which is for others, in a `Theory`. `fits` is for the
    engine: in some places of the head, what raises a problem if a value may not stand there.
    """

    head: Atom
    body: tuple[Literal, ...]
    origin: Hashable = None
    temperature: Hashable = None
    fits: tuple[tuple[int, Callable[[Value], None]], ...] = ()


class Signature(NamedTuple):
    """A relation's name and its parameters, each a name and a type.

    Types are ``int float string bool``, the name of an entity, or ``entity`` and None for anything.
    """

    name: str
    parameters: tuple[tuple[str, str | None], ...]


def variables(part: object) -> Iterator[Variable]:
    """The variables of a term, an expression, a literal or a rule, in their order, as often as they stand there."""
    return (leaf for leaf in _leaves(part) if isinstance(leaf, Variable))


def constants(part: object) -> Iterator[Value]:
    """The constants, likewise."""
    return (leaf for leaf in _leaves(part) if not isinstance(leaf, Variable))


def _leaves(part: object) -> Iterator[Variable | Value]:
    match part:
        case Variable() | str() | int() | float():
            yield part
        case Atom(_, parts) | Operation(_, parts) | Test(_, parts):
            for each in parts:
                yield from _leaves(each)
        case Not(inner) | Aggregate(_, inner):
            yield from _leaves(inner)
        case Comparison(_, left, right):
            yield from _leaves(left)
            yield from _leaves(right)
        case Rule(head, body):
            for part in (head, *body):
                yield from _leaves(part)


def elsewhere(literal: object, rule: Rule) -> set[Variable]:
    """The variables of a literal that the rest of its rule has too."""
    counts, inside = Counter(variables(rule)), Counter(variables(literal))
    return {variable for variable in inside if counts[variable] > inside[variable]}


def exact(part: object) -> tuple[object, ...]:
    """What tells a part from all others, where Python takes 1, 1.0 and True for the same."""
    return (type(part), *map(exact, part)) if isinstance(part, tuple) else (type(part), part)


def computes(part: object) -> bool:
    """Whether there is arithmetic in a comparison, which may fail."""
    return isinstance(part, Comparison) and any(isinstance(side, Operation) for side in (part.left, part.right))


def is_aggregating(rule: Rule) -> bool:
    """Whether the head of a rule has an aggregate."""
    return any(isinstance(term, Aggregate) for term in rule.head.terms)


def written(part: object) -> str:
    """A part of a rule as programs write it: ``not Parent(alice, Y)``."""
    match part:
        case Variable(name):
            return name
        case Atom(relation, terms):
            return f"{relation}({', '.join(map(written, terms))})"
        case Not(atom):
            return f"not {written(atom)}"
        case Aggregate(function, term):
            return f"{function}({written(term)})"
        case Comparison(operator, left, right):
            return f"{written(left)} {operator} {written(right)}"
        case Operation(operator, operands):
            *before, last = (_operand(operand, part, place) for place, operand in enumerate(operands))
            return f"{before[0]} {operator} {last}" if before else f"{operator}{last}"
        case Test(function, arguments):
            return f"{getattr(function, '__name__', 'test')}({', '.join(map(written, arguments))})"
        case bool():
            return str(part).lower()
        case int() if part.bit_length() > _SHOWN_BITS:
            return f"an integer of {part.bit_length():,} bits"
    return str(part)


def _operand(operand: Expression, whole: Operation, place: int) -> str:
    """An operand, in parentheses where it would be read as another one without."""
    if not isinstance(operand, Operation):
        return written(operand)
    is_last = (place > 0) != (whole.operator == "**")
    is_weaker = _strength(operand) < _strength(whole) + is_last
    return f"({written(operand)})" if is_weaker else written(operand)


def _strength(part: Operation) -> int:
    return _STRENGTHS[part.operator] if len(part.operands) > 1 else _STRENGTHS["*"]
