"""Where the names of a text stand, and what each of them means."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter
from typing import NamedTuple

from tensorlogic.lang.checked import Function, Struct, Symbol, Variable
from tensorlogic.lang.source import Span


class Field(NamedTuple):
    """A field of a struct, or a parameter of a function as a call names it."""

    owner: Struct | Function
    name: str


class Occurrence(NamedTuple):
    """A name in the text; `declares` where it gets its meaning there."""

    span: Span
    symbol: Symbol | Field
    declares: bool


class Occurrences:
    """Collects the names of a text while it is checked."""

    def __init__(self) -> None:
        self._found: dict[tuple[Span, Symbol | Field], bool] = {}
        self._read: set[Symbol | Field] = set()

    def declare(self, span: Span, symbol: Symbol | Field) -> None:
        """Add a declaration."""
        self._found[span, symbol] = True

    def use(self, span: Span, symbol: Symbol | Field) -> None:
        """Add a use; what is looked at twice is there once."""
        self.assign(span, symbol)
        self.excuse(symbol)

    def assign(self, span: Span, symbol: Symbol | Field) -> None:
        """Add a place where a name gets a value, which is no use of it."""
        self._found.setdefault((span, symbol), False)

    def excuse(self, symbol: Symbol | Field) -> None:
        """Take a name as used, as it must be there in any case."""
        self._read.add(symbol)

    def variables(self, span: Span) -> list[Variable]:
        """The variables that a stretch of the text names, in the order of their first use."""
        named = (symbol for place, symbol in sorted(self._found, key=itemgetter(0)) if span.holds(place))
        return list(dict.fromkeys(symbol for symbol in named if isinstance(symbol, Variable)))

    def unused(self) -> Iterator[tuple[Span, Variable]]:
        """The variables inside functions and blocks whose values nothing looks at."""
        for span, symbol, declares in self:
            if declares and isinstance(symbol, Variable) and symbol.unit is None and symbol not in self._read:
                yield from () if symbol.name.startswith("_") else [(span, symbol)]

    def __iter__(self) -> Iterator[Occurrence]:
        """In the order of the text."""
        found = (Occurrence(span, symbol, declares) for (span, symbol), declares in self._found.items())
        return iter(sorted(found, key=lambda each: each.span))
