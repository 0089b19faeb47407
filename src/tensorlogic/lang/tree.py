"""The parsed tree: what a program's text says, before anything is known about its names."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TypeVar, dataclass_transform

from tensorlogic.lang.source import Source, Span

T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def node(cls: type[T]) -> type[T]:
    """Make a class of tree nodes: compact, compared by identity, and immutable for type checkers.

    Making it so for Python too would double the time that it takes to begin, and to parse.
    """
    return dataclass(slots=True, eq=False)(cls)


@node
class Node:
    """Anything that stands somewhere in the text."""

    span: Span


class Expression(Node):
    """Has a value."""

    __slots__ = ()


class Statement(Node):
    """Does something."""

    __slots__ = ()


@node
class Literal(Expression):
    """``42``, ``0.5``, ``true`` or ``"text"``."""

    value: int | float | bool | str


@node
class Array(Expression):
    """``[1, 2, 3]``."""

    items: tuple[Expression, ...]


@node
class Name(Expression):
    """A name, whatever it stands for."""

    id: str


@node
class Unary(Expression):
    """``-x``, ``!x``, ``not x``."""

    operator: str
    operand: Expression


@node
class Binary(Expression):
    """``a + b``, ``a == b``, ``a and b``; `operator` is its one spelling, so ``and`` for ``&&``."""

    operator: str
    left: Expression
    right: Expression


@node
class Cast(Expression):
    """``x as float16``."""

    operand: Expression
    type: Type


@node
class Member(Expression):
    """``x.name``."""

    object: Expression
    name: Name


@node
class Slice(Expression):
    """``a:b`` between brackets; either end may be left out."""

    start: Expression | None
    stop: Expression | None


@node
class Index(Expression):
    """``x[i, a:b]``."""

    object: Expression
    indices: tuple[Expression, ...]


@node
class Argument(Node):
    """A value given in a call, with a name when it is an option (``axis: 0``)."""

    name: Name | None
    value: Expression


@node
class Call(Expression):
    """``f(a, b)`` and ``x.f(a)``."""

    callee: Expression
    arguments: tuple[Argument, ...]


@node
class Path(Expression):
    """``Point::new``: a function that belongs to a type."""

    owner: Name
    name: Name


@node
class StructLiteral(Expression):
    """``Point { x: 1.0, y: 2.0 }``."""

    type: Type
    fields: tuple[Argument, ...]


@node
class Wildcard(Node):
    """``_``: matches anything."""


@node
class StructPattern(Node):
    """``Point { x: 0, y: height }``: a value of a struct whose fields match."""

    name: Name
    fields: tuple[FieldPattern, ...]


@node
class FieldPattern(Node):
    """``x: 0`` in the pattern of a struct, and ``x`` for ``x: x``."""

    name: Name
    pattern: Pattern


@node
class Alternatives(Node):
    """``1 | 2``: matches what one of the patterns matches."""

    patterns: tuple[Pattern, ...]


Pattern = Wildcard | Literal | Name | StructPattern | Alternatives


@node
class Arm(Node):
    """``pattern if guard => value`` in a ``match``; the value may be a block where it is not used."""

    pattern: Pattern
    guard: Expression | None
    body: Expression | Block


@node
class Match(Expression):
    """``match v { 0 => a, 1 | 2 => b, _ => c }``."""

    value: Expression
    arms: tuple[Arm, ...]


@node
class Conditional(Expression):
    """``if c { a } else { b }`` where a value stands."""

    condition: Expression
    then: Expression
    otherwise: Expression


@node
class Query(Expression):
    """``query P(a, X) where c`` and ``P(a, X)? where c``; commas behind ``where`` are ``and``."""

    atom: Call
    where: Expression | None


@node
class Inference(Node):
    """``forward P(a, X)?``."""

    method: str
    query: Query


@node
class Inferred(Expression):
    """``infer forward P(a, X)?`` where a value stands."""

    inference: Inference


@node
class Members(Expression):
    """``{alice, bob}``: the names of entities."""

    names: tuple[Name | Literal, ...]


@node
class Type(Node):
    """``int``, ``float16[2, n, ?]`` or ``Box<float>``; a dimension is a number, a name, or None for ``?``."""

    name: str
    dimensions: tuple[int | str | None, ...] | None
    arguments: tuple[Type, ...] = ()


Target = Name | Index | Member
"""What can be assigned to."""


@node
class Block(Statement):
    """``{ … }``."""

    statements: tuple[Statement, ...]


@node
class Evaluate(Statement):
    """An expression by itself."""

    value: Expression


@node
class Assign(Statement):
    """``let x: T = v``, ``x = v``, ``x := v``, ``x[i] = v``, ``x.name = v``."""

    target: Target
    type: Type | None
    value: Expression
    declares: bool
    """Whether it says ``let``."""


@node
class Augment(Statement):
    """``x += v``; `operator` is without the equals sign."""

    target: Target
    operator: str
    value: Expression


@node
class Tensor(Statement):
    """``tensor x: float16[3] frozen = v``; `attribute` is the word after the type."""

    name: Name
    type: Type
    attribute: str | None
    value: Expression | None


@node
class If(Statement):
    """``if c { … } else { … }``; in ``else if`` the second block holds the second ``if`` alone."""

    condition: Expression
    then: Block
    otherwise: Block | None


@node
class For(Statement):
    """``for x in xs { … }``."""

    variable: Name
    iterable: Expression
    body: Block


@node
class While(Statement):
    """``while c { … }``, and without a condition ``loop { … }``."""

    condition: Expression | None
    body: Block


@node
class Jump(Statement):
    """``break`` or ``continue``."""

    word: str


@node
class Return(Statement):
    """``return v``."""

    value: Expression | None


@node
class Parameter(Node):
    """A parameter of a function, or a field of a struct, with its type when that is declared."""

    name: str
    type: Type | None
    attribute: str | None = None


@node
class Function(Statement):
    """``fn f(x: T) -> T { … }``."""

    name: Name
    parameters: tuple[Parameter, ...]
    result: Type | None
    body: Block


@node
class Struct(Statement):
    """``struct Box<T> { value: T }``."""

    name: Name
    parameters: tuple[Name, ...]
    fields: tuple[Parameter, ...]


@node
class Impl(Statement):
    """``impl Point { fn … }``, and ``impl Drop for Point { fn drop(self) { … } }``."""

    parameters: tuple[Name, ...]
    trait: Name | None
    type: Type
    methods: tuple[Function, ...]


@node
class Trial(Statement):
    """``test name { … }`` and ``bench name { … }``."""

    word: str
    name: Name
    body: Block


@node
class PythonImport(Statement):
    """``python import numpy as np``; `alias` is what ``python.call`` names it by."""

    module: str
    alias: str


@node
class Import(Statement):
    """``import "other.tl"``; the span is that of the path."""

    path: str


@node
class Entity(Statement):
    """``entity Person = {alice, bob}``; an open one, without members, grows with the facts."""

    name: Name
    members: Members | None


@node
class Relation(Statement):
    """``relation Parent(x: Person, y: Person) from "facts.csv"``; nothing is done with the type of ``embed``."""

    name: Name
    parameters: tuple[Parameter, ...]
    embed: Type | None
    path: Literal | None


@node
class Rule(Statement):
    """``Head(X, Z) <- Body(X, Y), not Other(Y, Z), X != Z with temperature: 0.2``."""

    head: Call
    body: tuple[Expression, ...]
    temperature: Expression | None


@node
class Equation(Statement):
    """``Y[i] <- W[i, j] * X[j]`` and ``Y[i] max= …``; `projection` is ``sum`` for the arrow."""

    target: Index | Name
    projection: str
    value: Expression


@node
class Explain(Statement):
    """``explain Ancestor(a, X)?``."""

    atom: Call


@node
class Infer(Statement):
    """``infer forward P(a, X)?``, and several between braces."""

    inferences: tuple[Inference, ...]


@node
class Embedding(Statement):
    """``embedding e { entities: Person, dimension: 16, init: xavier }``, and ``relation_embedding`` likewise."""

    word: str
    name: Name
    settings: tuple[Argument, ...]


@node
class Learn(Statement):
    """``learn { … objective: l, optimizer: adam(lr: 0.01), epochs: 200 }``."""

    body: Block
    settings: tuple[Argument, ...]


@node
class NoGrad(Statement):
    """``no_grad { … }``."""

    body: Block


@node
class Main(Statement):
    """``main { … }``."""

    body: Block


@dataclass(frozen=True, eq=False)
class Program:
    """A whole file."""

    source: Source
    statements: tuple[Statement, ...]
    lasting: bool = False
    """Whether its variables are used after its top level has run: by other files, or by inputs that follow."""

    @property
    def imports(self) -> list[Import]:
        """The files that it imports."""
        return [s for s in self.statements if isinstance(s, Import)]

    def declarations(self) -> Program:
        """What an importing file gets: functions, structs, tensors, ``let``s, relations, rules, facts, imports."""
        relations = {s.name.id for s in self.statements if isinstance(s, Relation)}
        kept = (s for s in self.statements if _declares(s) or _is_fact(s, relations))
        return replace(self, statements=tuple(kept), lasting=True)

    def as_input(self) -> Program:
        """The program as one of several inputs, each of which goes on with the names of those before."""
        return replace(self, lasting=True)


def _declares(statement: Statement) -> bool:
    if isinstance(statement, Assign):
        return statement.declares
    return isinstance(statement, Function | Struct | Impl | Tensor | Import | Entity | Relation | Rule | Embedding)


def _is_fact(statement: Statement, relations: Collection[str]) -> bool:
    match statement:
        case Evaluate(value=Call(callee=Name(id=name))):
            return name in relations
    return False
