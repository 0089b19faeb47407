"""What is known while a program is checked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from tensorlogic.errors import nearest
from tensorlogic.errors.codes import UNDEFINED_NAME, WRONG_TYPE
from tensorlogic.lang import tree, types
from tensorlogic.lang.checked import Builtin, Function, Symbol, Type, Variable
from tensorlogic.lang.lexer import KEYWORDS
from tensorlogic.lang.problems import Problems
from tensorlogic.lang.scopes import Scope


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
        known: Collection[str],
        constants: Collection[str],
        imports: Mapping[str, Variable | Function],
        unit: int,
    ) -> None:
        self.problems = Problems(program.source)
        self.unit = unit
        self.functions: dict[str, Function] = {}
        self.shared: set[Variable] = set()
        """The variables of the top level, of this file or another, that are used from elsewhere."""
        self.top = Scope(unit)
        self.here = Surroundings(self.top)
        self._known = known
        self._constants = constants
        self._imports = imports

    def lookup(self, name: str) -> Symbol | None:
        """What a name means here: the innermost meaning first, builtins last."""
        if (variable := self.here.scope.find(name)) is not None:
            return variable
        if (outer := self.top.outermost().get(name)) is not None:
            self.shared.add(outer)
            return outer
        if (function := self.functions.get(name)) is not None:
            return function
        if (imported := self._imports.get(name)) is not None:
            self.shared.update({imported} if isinstance(imported, Variable) else ())
            return imported
        return Builtin(name) if name in self._known or name in self._constants else None

    def is_function(self, symbol: Symbol) -> bool:
        """Whether a symbol can be called."""
        if isinstance(symbol, Builtin):
            return symbol.name not in self._constants
        return isinstance(symbol, Function)

    def target(self, name: tree.Name) -> Variable:
        """The variable that a plain assignment means: the nearest one, else a new one."""
        here = self.here
        if (variable := here.scope.find(name.id)) is not None:
            return variable
        outer = self.top.outermost().get(name.id)
        if outer is not None and outer.declared < here.sees:
            self.shared.add(outer)
            here.assigned.add(outer)
            return outer
        return here.scope.declare(name.id, name.span.start, inner=False)

    def undefined(self, name: tree.Name) -> None:
        """Report a name that means nothing."""
        help = _did_you_mean(name.id, self._names())
        if name.id in self.here.scope.closed:
            help = f"`{name.id}` is declared inside a block that ends before; declare it before that block."
        self.problems.report(UNDEFINED_NAME, f"nothing is named `{name.id}`", name.span, help)

    def _names(self) -> Iterator[str]:
        top = self.top.outermost()
        return chain(
            self.here.scope.names(),
            top,
            self.functions,
            self._imports,
            self._known,
            self._constants,
            KEYWORDS,
        )

    def type(self, written: tree.Type, *, of_result: bool = False) -> Type:
        """The type that is written; one that does not exist, or not there, is reported."""
        base = types.ALIASES.get(written.name, written.name)
        if base not in types.NAMES:
            message, help = f"there is no type `{written.name}`", _did_you_mean(base, types.NAMES)
            self.problems.report(UNDEFINED_NAME, message, written.span, help)
            return Type("void", None)
        if written.dimensions is not None and base not in types.DTYPES:
            help = "Tensors have elements of " + ", ".join(types.DTYPES) + "."
            self.problems.report(WRONG_TYPE, f"`{base}` cannot have dimensions", written.span, help)
        if base == "void" and not of_result:
            self.problems.report(WRONG_TYPE, "only a function's result can be `void`", written.span)
        return Type(base, written.dimensions)


def _did_you_mean(name: str, known: Iterable[str]) -> str | None:
    meant = nearest(name, known)
    return None if meant is None else f"Did you mean `{meant}`?"
