"""What is known while a program is checked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain

from tensorlogic.errors import nearest
from tensorlogic.errors.codes import NO_MEMBER, UNDEFINED_NAME, WRONG_TYPE
from tensorlogic.lang import tree, types
from tensorlogic.lang.checked import (
    Builtin,
    Entity,
    Exported,
    Expression,
    Function,
    Relation,
    Struct,
    Symbol,
    Type,
    Variable,
)
from tensorlogic.lang.holding import struct_of
from tensorlogic.lang.lexer import KEYWORDS
from tensorlogic.lang.occurrences import Field, Occurrences
from tensorlogic.lang.problems import Problems
from tensorlogic.lang.scopes import Scope
from tensorlogic.lang.signatures import Signature
from tensorlogic.lang.source import Span


@dataclass
class Surroundings:
    """Where in the program the checker is: in which function, inside how many loops."""

    scope: Scope
    function: Function | None = None
    sees: float = 0
    """A function assigns to the variables of the top level that are declared before this offset."""
    assigned: set[Variable] = field(default_factory=set)
    loops: int = 0


class Context:
    """The names of a program, and the problems found in it."""

    def __init__(
        self,
        program: tree.Program,
        known: Mapping[str, Signature | None],
        constants: Collection[str],
        imports: Mapping[str, Exported],
        unit: int,
    ) -> None:
        self.problems = Problems(program.source)
        self.unit = unit
        self.declared: dict[str, Function | Struct | Entity | Relation] = {}
        """The functions, structs, kinds of entities and relations of this file."""
        self.own_methods: set[str] = set()
        """The functions of structs that are declared here."""
        self.extended: dict[str, Struct] = {}
        """The structs of earlier inputs that get functions here."""
        self.structs = {name: each for name, each in imports.items() if isinstance(each, Struct)}
        """The structs of this file and of those that it imports."""
        self.methods = {method for struct in self.structs.values() for method in struct.methods}
        """The names of all their methods."""
        self.type_parameters: frozenset[str] = frozenset()
        """The names that stand for any type here."""
        self.shared: set[Variable] = set()
        """The variables of the top level, of this file or another, that are used from elsewhere."""
        self.top = Scope(Span(0, len(program.source.text)), unit)
        self.occurrences = Occurrences()
        self.scopes: dict[Variable, Span] = {}
        """Where in the text each variable means something."""
        self.held: dict[Variable, Struct | None] = {}
        """The struct that a variable holds a value of; None for one that holds others too."""
        self.plain: set[Variable] = set()
        """The variables that get a number, a text, an array or the like, which cannot be called."""
        self.learnables: dict[Variable, None] = {}
        """The variables that are declared to be trained, in their order."""
        self.here = Surroundings(self.top)
        self.known = known
        self._constants = constants
        self.imports = imports

    def resume(self) -> None:
        """Go on with the variables that earlier inputs of this unit declare, unless their names mean others now."""
        for name, symbol in self.imports.items():
            if isinstance(symbol, Variable) and symbol.unit == self.unit and name not in self.declared:
                self.top.resume(symbol)

    def extend(self, struct: Struct) -> Struct:
        """The struct that functions are added to: one of an earlier input stays as it is, in case this one fails."""
        if self.declared.get(struct.name) is struct or struct.unit != self.unit:
            return struct
        if struct.name not in self.extended:
            added = replace(struct, methods=dict(struct.methods))
            self.extended[struct.name] = self.structs[struct.name] = added
        return self.extended[struct.name]

    def lookup(self, name: tree.Name) -> Symbol | None:
        """What a name means here; None when it means nothing."""
        symbol = self.find(name.id)
        if symbol is not None:
            self.occurrences.use(name.span, symbol)
        return symbol

    def assigned(self, name: tree.Name) -> None:
        """Note that a name gets a value once more, where its meaning is known already."""
        symbol = self.find(name.id)
        if symbol is not None:
            self.occurrences.assign(name.span, symbol)

    def find(self, name: str) -> Symbol | None:
        """The innermost meaning of a name first, builtins last."""
        if (variable := self.here.scope.find(name)) is not None:
            return variable
        if (outer := self.top.outermost().get(name)) is not None:
            self.shared.add(outer)
            return outer
        if (declared := self.declared.get(name)) is not None:
            return declared
        if (imported := self.imports.get(name)) is not None:
            self.shared.update({imported} if isinstance(imported, Variable) else ())
            return imported
        return self._builtin(name) if name in self.known or name in self._constants else None

    def _builtin(self, name: str) -> Builtin:
        signature = self.known.get(name)
        return Builtin(name, None if signature is None else signature.native)

    def declare(self, name: tree.Name, *, inner: bool) -> Variable:
        """The variable that is declared here, in the innermost block or for the whole function."""
        scope = self.here.scope
        variable = scope.declare(name.id, name.span.start, inner=inner)
        self.scopes.setdefault(variable, scope.span(inner=inner))
        self.occurrences.declare(name.span, variable)
        return variable

    def hold(self, variable: Variable, struct: Struct | None) -> None:
        """Note which struct a variable gets a value of."""
        self.held[variable] = struct if self.held.get(variable, struct) is struct else None

    def member(self, value: Expression, name: tree.Name) -> bool:
        """Note what a name behind a dot means; whether that is known."""
        struct = struct_of(value, self.held)
        if struct is None:
            return False
        if name.id in struct.methods:
            self.occurrences.use(name.span, struct.methods[name.id])
        elif any(field.name == name.id for field in struct.fields):
            self.occurrences.use(name.span, Field(struct, name.id))
        else:
            return False
        return True

    def function_behind_dot(self, value: Expression, name: tree.Name) -> Function | Builtin | None:
        """What ``value.name(…)`` calls if the value has no member of that name."""
        symbol = self.find(name.id)
        function = symbol if isinstance(symbol, Function | Builtin) else None
        if not self.member(value, name) and function is not None and name.id not in self.methods:
            self.occurrences.use(name.span, function)
        return function

    def is_function(self, symbol: Symbol) -> bool:
        """Whether a symbol can be called."""
        if isinstance(symbol, Builtin):
            return symbol.name not in self._constants
        return isinstance(symbol, Function)

    def signature(self, function: Function | Builtin) -> Signature | None:
        """What a function takes; None where that shows only when it is called."""
        if isinstance(function, Builtin):
            return self.known.get(function.name)
        return Signature(function.name, tuple(p.name for p in function.parameters))

    def struct(self, name: tree.Name) -> Struct | None:
        """The struct of a name; None, and a problem, when there is none."""
        found = self.structs.get(name.id)
        if found is None:
            help = did_you_mean(name.id, self.structs)
            self.problems.report(UNDEFINED_NAME, f"there is no struct `{name.id}`", name.span, help)
        else:
            self.occurrences.use(name.span.first(len(name.id)), found)
        return found

    def no_field(self, struct: Struct, name: tree.Name) -> None:
        """Report a field that a struct does not have."""
        known = [field.name for field in struct.fields]
        help = did_you_mean(name.id, known) or (f"It has {', '.join(known)}." if known else None)
        self.problems.report(NO_MEMBER, f"`{struct.name}` has no field `{name.id}`", name.span, help)

    def function_of(self, path: tree.Path) -> Function | Builtin | None:
        """The function that belongs to a type; None, and a problem, when there is none."""
        owner, name = path.owner.id, path.name.id
        struct = self.structs.get(owner)
        if struct is not None:
            self.occurrences.use(path.owner.span.first(len(owner)), struct)
        found = self._function_of(struct, owner, name)
        if found is not None:
            self.occurrences.use(path.name.span, found)
            return found
        builtin = [known.partition("::") for known in self.known if "::" in known]
        known = [name for of, _, name in builtin if of == owner] + list(struct.methods if struct else ())
        if known:
            message, help = f"`{owner}` has no function `{name}`", did_you_mean(name, known)
            self.problems.report(UNDEFINED_NAME, message, path.name.span, help or f"It has {', '.join(known)}.")
        else:
            help = did_you_mean(owner, [*self.structs, *(of for of, _, _ in builtin)])
            self.problems.report(UNDEFINED_NAME, f"there is no type `{owner}`", path.owner.span, help)
        return None

    def _function_of(self, struct: Struct | None, owner: str, name: str) -> Function | Builtin | None:
        if f"{owner}::{name}" in self.known:
            return Builtin(f"{owner}::{name}")
        return None if struct is None else struct.methods.get(name)

    def target(self, name: tree.Name) -> Variable:
        """The variable that a plain assignment means: the nearest one, else a new one."""
        here = self.here
        if (variable := here.scope.find(name.id)) is not None:
            self.occurrences.assign(name.span, variable)
            return variable
        outer = self.top.outermost().get(name.id)
        if outer is not None and outer.declared < here.sees:
            self.shared.add(outer)
            here.assigned.add(outer)
            self.occurrences.assign(name.span, outer)
            return outer
        return self.declare(name, inner=False)

    def undefined(self, name: tree.Name) -> None:
        """Report a name that means nothing."""
        help = did_you_mean(name.id, self._names())
        if name.id in self.here.scope.closed:
            help = f"`{name.id}` is declared inside a block that ends before; declare it before that block."
        self.problems.report(UNDEFINED_NAME, f"nothing is named `{name.id}`", name.span, help)

    def no_relation(self, name: tree.Name) -> None:
        """Report a relation that is not there."""
        known = {**self.imports, **self.declared}
        relations = [each for each, symbol in known.items() if isinstance(symbol, Entity | Relation)]
        help = did_you_mean(name.id, relations) or f"Declare it: relation {name.id}(…)."
        self.problems.report(UNDEFINED_NAME, f"there is no relation `{name.id}`", name.span, help)

    def _names(self) -> Iterator[str]:
        top = self.top.outermost()
        return chain(
            self.here.scope.names(),
            top,
            self.declared,
            self.imports,
            self.known,
            self._constants,
            KEYWORDS,
        )

    def type(self, written: tree.Type, *, of_result: bool = False) -> Type | None:
        """The type that is written; None for a name that stands for any. What does not exist is reported."""
        if written.name in self.type_parameters:
            return None
        if (struct := self.structs.get(written.name)) is not None:
            self.occurrences.use(written.span.first(len(written.name)), struct)
            for argument in written.arguments:
                self.type(argument)
            return Type(written.name, struct=struct)
        base = types.ALIASES.get(written.name, written.name)
        if base not in types.NAMES:
            message, help = f"there is no type `{written.name}`", did_you_mean(base, [*types.NAMES, *self.structs])
            self.problems.report(UNDEFINED_NAME, message, written.span, help)
            return Type("void")
        if written.dimensions is not None and base not in types.DTYPES:
            help = "Tensors have elements of " + ", ".join(types.DTYPES) + "."
            self.problems.report(WRONG_TYPE, f"`{base}` cannot have dimensions", written.span, help)
        if base == "void" and not of_result:
            self.problems.report(WRONG_TYPE, "only a function's result can be `void`", written.span)
        return Type(base, written.dimensions)


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """A help line with the known name that is spelt most like one that is not, if there is any."""
    meant = nearest(name, known)
    return None if meant is None else f"Did you mean `{meant}`?"
