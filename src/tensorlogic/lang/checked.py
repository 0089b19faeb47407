"""The checked tree: every name is what it means, every call says what it calls.

It has nodes of its own, so that nothing that has not been checked can be compiled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from tensorlogic.errors import Diagnostic
from tensorlogic.lang.source import Source, Span
from tensorlogic.lang.tree import Node, node

if TYPE_CHECKING:
    from tensorlogic.lang.inference.facts import Fact


class Type(NamedTuple):
    """A type that exists; `dimensions` is None for a scalar, and `struct` is one of the program's own."""

    base: str
    dimensions: tuple[int | str | None, ...] | None = None
    struct: Struct | None = None

    def __str__(self) -> str:
        if self.dimensions is None:
            return self.base
        return f"{self.base}[{', '.join('?' if d is None else str(d) for d in self.dimensions)}]"


class Parameter(NamedTuple):
    """A parameter of a function; without a type it takes any value."""

    name: str
    type: Type | None


@node
class Variable:
    """A variable: one declaration, whatever other variables have the same name."""

    name: str
    number: int
    """Counts the variables of this name in one function."""
    unit: int | None
    """The file at whose top level it is, or None for one inside a block or a function."""
    declared: int
    """The offset of its declaration."""


@node
class Function:
    """A function of the program: what a call needs to know."""

    name: str
    unit: int
    parameters: tuple[Parameter, ...]
    result: Type | None

    def __str__(self) -> str:
        return f"{self.name}({', '.join(p.name for p in self.parameters)})"


@dataclass(slots=True, eq=False)
class Struct:
    """A struct of the program. Fields and methods come in after all structs are known."""

    name: str
    unit: int
    fields: tuple[Parameter, ...] = ()
    methods: dict[str, Function] = field(default_factory=dict)
    drops: bool = False
    """Whether a method is called when a value's time is over."""


@node
class Entity:
    """A kind of entity; without members it is open."""

    name: str
    unit: int
    members: tuple[str, ...] | None = None

    @property
    def declaration(self) -> str:
        """How a program declares it."""
        return f"entity {self.name}" + ("" if self.members is None else f" = {{{', '.join(self.members)}}}")


@node
class Relation:
    """A relation; one that only rules have has parameters without names."""

    name: str
    unit: int
    parameters: tuple[tuple[str, str | None], ...]
    """Names, and types as they are written."""

    def __str__(self) -> str:
        return f"{self.name}({', '.join(name for name, _ in self.parameters)})"

    @property
    def declaration(self) -> str:
        """How a program declares it; of one that only rules have, the number of its values is known."""
        shown = (name if type is None else f"{name}: {type}" for name, type in self.parameters)
        return f"relation {self.name}({', '.join('_' if each.startswith('_') else each for each in shown)})"


class Builtin(NamedTuple):
    """A function or constant that every program has."""

    name: str
    native: str | None = None
    """The function that it is for one tensor: ``torch.tanh``."""


Exported = Variable | Function | Struct | Entity | Relation
Symbol = Exported | Builtin
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
class Make(Expression):
    """A value of a struct."""

    struct: Struct
    values: Mapping[str, Expression]


@node
class Helped(Expression):
    """What a helper of the runtime makes of values: an atom, the answers of a query, an equation."""

    helper: str
    arguments: tuple[Expression, ...]


@node
class Place(Expression):
    """Where it stands in the text: file, line, column, length and the line itself."""


@node
class Data(Expression):
    """What a helper takes as it is: constants and tuples of them."""

    value: tuple[Any, ...]


@node
class Lambda(Expression):
    """A value that depends on what the variables of a rule are."""

    parameters: tuple[Variable, ...]
    value: Expression


@node
class Anything(Node):
    """The pattern that matches everything."""


@node
class Equals(Node):
    """The pattern that matches one value."""

    value: int | float | bool | str


@node
class Binds(Node):
    """The pattern that matches everything, and keeps it."""

    variable: Variable


@node
class Fields(Node):
    """The pattern that matches a value of a struct whose fields match."""

    struct: Struct
    fields: tuple[tuple[str, Pattern], ...]


@node
class AnyOf(Node):
    """The pattern that matches what one of several matches."""

    patterns: tuple[Pattern, ...]


Pattern = Anything | Equals | Binds | Fields | AnyOf


@node
class Arm(Node):
    """A way to go on, where a value matches a pattern and the guard is true."""

    pattern: Pattern
    guard: Expression | None
    value: Expression


@node
class Match(Expression):
    """The value of the first arm that fits."""

    value: Expression
    arms: tuple[Arm, ...]


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
    declares: bool = False
    """Whether the variable ends with the block that it is in."""


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
class AssignField(Statement):
    """A field gets a value, with an `operator` its own changed by it; the object is evaluated once."""

    target: Member
    operator: str | None
    value: Expression


@node
class Tensor(Statement):
    """A tensor of a declared type, made from a value or of zeros."""

    target: Variable
    type: Type
    value: Expression | None
    learnable: bool = False


class Access(NamedTuple):
    """A tensor with indices in an equation; its value is None where it is an unknown."""

    name: str
    indices: tuple[str | None, ...]
    """None where the index is no plain name."""
    equation: int
    """Which equation of the system it is in; the last access in one is its left side."""
    value: Expression | None
    span: Span


@node
class System(Statement):
    """Equations that are solved together; each unknown becomes a variable, or what a relation holds of."""

    unknowns: tuple[tuple[Variable | Relation, tuple[Expression, ...]], ...]
    """Of a relation with its place, the relations that are read, and the kinds of entities of its indices."""
    solution: Expression
    accesses: tuple[Access, ...]


@node
class Learn(Statement):
    """Training; without an objective, `body` is a loop of its own, and `own` its words ``optimizer`` and ``epochs``."""

    options: Expression
    body: Block
    objective: Expression | None
    parameters: tuple[Variable, ...]
    """What may be trained, or hold what is."""
    data: tuple[Variable, ...]
    """What a step reads and does not change."""
    changed: tuple[Variable, ...]
    """The variables that a step gives values, and that last."""
    own: tuple[Variable, ...]
    epochs: Expression | None
    divides: bool
    """Whether a step takes some of the data only."""


@node
class NoGrad(Statement):
    """Statements that leave no gradients."""

    body: Block


@node
class If(Statement):
    """Two ways to go on."""

    condition: Expression
    then: Block
    otherwise: Block | None


@node
class Way(Node):
    """An arm of a `Choose`."""

    pattern: Pattern
    guard: Expression | None
    body: Block


@node
class Choose(Statement):
    """The first of several ways to go on that fits a value."""

    value: Expression
    ways: tuple[Way, ...]


@node
class PythonImport(Statement):
    """A Python module under the name that the program calls it by."""

    module: str
    alias: str


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
    parameters: tuple[Variable, ...]
    places: tuple[Span, ...]
    """Where each parameter is declared."""
    body: Block
    assigned: frozenset[Variable]
    """The variables of the top level that it assigns to."""


@node
class Trial(Node):
    """A test or a benchmark: a function without parameters, run by `tl test` or `tl bench`."""

    word: str
    definition: Definition

    @property
    def name(self) -> str:
        """What the program calls it."""
        return self.definition.function.name


@dataclass(frozen=True, eq=False)
class Program:
    """A whole file, ready to be compiled."""

    source: Source
    unit: int
    body: Block
    definitions: tuple[Definition, ...]
    structs: tuple[Struct, ...]
    extended: tuple[Struct, ...]
    """The structs of earlier inputs that get functions here."""
    main: Definition | None
    trials: tuple[Trial, ...]
    shared: frozenset[Variable]
    """The variables of the top level that functions or other files use."""
    drops: bool
    """Whether values of some struct must be dropped when their time is over."""
    lasting: bool
    """Whether its variables are used after its top level has run."""
    exports: Mapping[str, Exported]
    """What an importing file gets."""
    facts: Mapping[Expression, Fact] = field(default_factory=dict)
    """What is known of the values of expressions before the program runs."""
    places: Mapping[Span, Fact] = field(default_factory=dict)
    """What is known of variables where they get a value."""
    warnings: tuple[Diagnostic, ...] = ()
