"""Where names are declared and used, and what it takes to give one another name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tensorlogic.editor.documents import Document, Documents, Meaning, Place
from tensorlogic.errors import UsageError
from tensorlogic.errors.codes import DUPLICATE_NAME, UNDEFINED_NAME, UNEXPECTED_TOKEN
from tensorlogic.lang import Span, checked
from tensorlogic.lang.lexer import KEYWORDS
from tensorlogic.lang.occurrences import Field, Occurrence
from tensorlogic.runtime.loader import identity

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def definition(document: Document, offset: int, documents: Documents) -> Place | None:
    """Where the name at an offset is declared; behind ``import``, the beginning of the file."""
    if document.analysis is not None:
        for statement, imported in _imports(document):
            if statement.start <= offset <= statement.end:
                return Place(identity(imported.path), Span(0, 0))
    name = next(document.at(offset), None)
    return None if name is None else documents.place(name.symbol, document)


def _imports(document: Document) -> Iterator[tuple[Span, Document]]:
    assert document.analysis is not None
    paths = {identity(imported.path): imported for imported in document.imports}
    for statement in document.analysis.tree.imports:
        imported = paths.get(identity(document.path.parent / statement.path))
        if imported is not None:
            yield statement.span, imported


def references(document: Document, offset: int, documents: Documents) -> list[tuple[Document, Occurrence]]:
    """Every name that means the same as the one at an offset, in the files that `Documents.reachable` finds."""
    name = next(document.at(offset), None)
    if name is None:
        return []
    if isinstance(name.symbol, checked.Builtin):
        return [(each, n) for each in documents.reachable() for n in _names(each) if n.symbol == name.symbol]
    place = documents.place(name.symbol, document)
    local = isinstance(name.symbol, checked.Variable) and name.symbol.unit is None
    return [] if place is None else _meaning(place, documents.reachable(None if local else place.path), documents)


def _meaning(place: Place, among: list[Document], documents: Documents) -> list[tuple[Document, Occurrence]]:
    found: dict[Place, tuple[Document, Occurrence]] = {}
    for document in among:
        symbols = {symbol for symbol in _symbols(document) if documents.place(symbol, document) == place}
        here = (name for name in _names(document) if name.symbol in symbols)
        found |= {Place(document.path, name.span): (document, name) for name in here}
    return list(found.values())


def _symbols(document: Document) -> set[Meaning]:
    return {name.symbol for name in _names(document)}


def _names(document: Document) -> tuple[Occurrence, ...]:
    return () if document.analysis is None else document.analysis.names


def renamed(document: Document, offset: int, new: str, documents: Documents) -> list[tuple[Document, Span, str]]:
    """The changes that give the name at an offset another name. Raises `UsageError` where that would not do."""
    name = renamable(document, offset)
    if not _NAME.fullmatch(new) or new in KEYWORDS:
        raise UsageError(UNEXPECTED_TOKEN, f"`{new}` cannot be a name")
    found = references(document, offset, documents)
    for place, each in found:
        if (other := _in_the_way(place, each.symbol, new)) is not None:
            line, _ = place.source.position(other.span.start)
            raise UsageError(DUPLICATE_NAME, f"`{new}` has a meaning already: {place.path.name}, line {line}")
    old = name.symbol.name.rpartition("::")[2]
    return [(place, each.span, _written(place, each, old, new)) for place, each in found]


def renamable(document: Document, offset: int) -> Occurrence:
    """The name at an offset. Raises `UsageError` where there is none that can be changed."""
    name = next(document.at(offset), None)
    if name is None:
        raise UsageError(UNDEFINED_NAME, "there is no name of the program here")
    if isinstance(name.symbol, checked.Builtin):
        raise UsageError(UNDEFINED_NAME, f"`{name.symbol.name}` is a builtin; programs cannot rename it")
    if name.symbol.name == "self" or name.symbol.name.endswith("::drop"):
        raise UsageError(UNDEFINED_NAME, f"`{name.symbol.name}` is called by this name")
    return name


def _in_the_way(document: Document, symbol: Meaning, new: str) -> Occurrence | None:
    """A name that means something else, where the new name is to mean `symbol`."""
    assert document.analysis is not None
    if isinstance(symbol, Field) or "::" in symbol.name:
        return next((n for n in _names(document) if _member_of(n.symbol) == (_owner(symbol), new)), None)
    scope = document.analysis.scopes.get(symbol) if isinstance(symbol, checked.Variable) else None
    start, end = scope or (0, len(document.source.text))
    inside = (name for name in _names(document) if start <= name.span.start < end)
    return next((name for name in inside if name.symbol.name == new and not _member_of(name.symbol)), None)


def _member_of(symbol: Meaning) -> tuple[str, str] | None:
    """The owner and the name of a field, parameter or method; None for what has no owner."""
    if isinstance(symbol, Field) or "::" in symbol.name:
        return _owner(symbol), symbol.name.rpartition("::")[2]
    return None


def _owner(symbol: Meaning) -> str:
    return symbol.owner.name if isinstance(symbol, Field) else symbol.name.partition("::")[0]


def _written(document: Document, name: Occurrence, old: str, new: str) -> str:
    """The new name; ``x`` that is short for ``x: x`` is written out, as one of the two keeps its name."""
    both = [each for each in document.at(name.span.start) if each.span == name.span and each.symbol != name.symbol]
    if not both or isinstance(name.symbol, Field) == isinstance(both[0].symbol, Field):
        return new
    if name.declares and any(each.declares for each in both):
        return new  # a parameter, and what calls name it by
    return f"{new}: {old}" if isinstance(name.symbol, Field) else f"{old}: {new}"
