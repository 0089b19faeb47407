"""The checked tree: every name is what it means, every call says what it calls.

It has nodes of its own, so that nothing that has not been checked can be compiled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from tensorlogic.lang.source import Source, Span
from tensorlogic.lang.tree import Node, node


class Type(NamedTuple):
    """A type that exists; `dimensions` is None for a scalar."""

    base: str
    dimensions: tuple[int | str | None, ...] | None

    def __str__(self) -> str:
        if self.dimensions is None:
            return self.base
        return f"{self.base}[{', '.join('?' if d is None else str(d) for d in self.dimensions)}]"


class Parameter(NamedTuple):
    """A parameter of a function; without a type it takes any value."""

    name: str
    type: Type | None


@dataclass(frozen=True, slots=True, eq=False)
class Variable:
    """A variable: one declaration, whatever other variables have the same name."""

    name: str
    number: int
    """Counts the variables of this name in one function."""
    unit: int | None
    """The file at whose top level it is, or None for one inside a block or a function."""
    declared: int
    """The offset of its declaration."""


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function of the program: what a call needs to know."""

    name: str
    unit: int
    parameters: tuple[Parameter, ...]
    result: Type | None

    def __str__(self) -> str:
        return f"{self.name}({', '.join(p.name for p in self.parameters)})"


class Builtin(NamedTuple):
    """A function or constant that every program has."""

    name: str


Symbol = Variable | Function | Builtin
Callable = Function | Builtin


class Expression(Node):
    """Has a value."""

    __slots__ = ()


class Statement(Node):
    """Does something."""

    __slots__ = ()


@node
class Constant(Expression):
    """A number, a truth value or a text."""

    value: int | float | bool | str


@node
class Array(Expression):
    """An array; nested ones are its rows. `dtype` is given where the place it stands in decides it."""

    items: tuple[Expression, ...]
    dtype: str | None = None


@node
class Read(Expression):
    """The value of a variable or of a builtin constant."""

    symbol: Variable | Builtin


@node
class Unary(Expression):
    """``-``, ``!`` or ``not`` of a value."""

    operator: str
    operand: Expression


@node
class Binary(Expression):
    """An operator between two values."""

    operator: str
    left: Expression
    right: Expression


@node
class Cast(Expression):
    """A value as another type."""

    operand: Expression
    type: Type


@node
class Member(Expression):
    """``x.name`` and ``x["name"]``."""

    object: Expression
    name: str


@node
class Slice(Expression):
    """``a:b`` between brackets."""

    start: Expression | None
    stop: Expression | None


@node
class Index(Expression):
    """An element or a part of a value."""

    object: Expression
    indices: tuple[Expression, ...]


@node
class Call(Expression):
    """A call of a known function."""

    function: Callable
    arguments: tuple[Expression, ...]
    options: Mapping[str, Expression]


@node
class MethodCall(Expression):
    """``x.f(a)``: a method of `object` if it has one of that name, else a call of `function`."""

    object: Expression
    name: str
    function: Callable | None
    arguments: tuple[Expression, ...]
    options: Mapping[str, Expression]


@node
class Block(Statement):
    """Statements that run one after the other."""

    statements: tuple[Statement, ...]


@node
class Evaluate(Statement):
    """A value that is not used."""

    value: Expression


@node
class Assign(Statement):
    """A variable gets a value, which must be of `type` if there is one."""

    target: Variable
    value: Expression
    type: Type | None = None


@node
class AssignElement(Statement):
    """An element gets a value."""

    target: Index
    value: Expression


@node
class AugmentElement(Statement):
    """An element gets its value changed by an operator; object and indices are evaluated once."""

    target: Index
    operator: str
    value: Expression


@node
class Tensor(Statement):
    """A tensor of a declared type, made from a value or of zeros."""

    target: Variable
    type: Type
    value: Expression | None


@node
class If(Statement):
    """Two ways to go on."""

    condition: Expression
    then: Block
    otherwise: Block | None


@node
class For(Statement):
    """A loop over the elements of a value."""

    variable: Variable
    iterable: Expression
    body: Block


@node
class While(Statement):
    """A loop, without a condition endless."""

    condition: Expression | None
    body: Block


@node
class Jump(Statement):
    """``break`` or ``continue``."""

    word: str


@node
class Return(Statement):
    """The end of a function."""

    function: Function
    value: Expression | None


@node
class Definition(Node):
    """A function with its body."""

    function: Function
    places: tuple[Span, ...]
    """Where each parameter is declared."""
    body: Block
    assigned: frozenset[Variable]
    """The variables of the top level that it assigns to."""


@dataclass(frozen=True, eq=False)
class Program:
    """A whole file, ready to be compiled."""

    source: Source
    unit: int
    body: Block
    definitions: tuple[Definition, ...]
    main: Definition | None
    shared: frozenset[Variable]
    """The variables of the top level that functions or other files use."""
    exports: Mapping[str, Variable | Function]
    """What an importing file gets."""
