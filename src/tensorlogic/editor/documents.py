"""The programs that an editor has open, and the files that they import, with what is known of each."""

from __future__ import annotations

import sys
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Final, NamedTuple

from tensorlogic.errors import Diagnostic, SourceError, SourcePlace, TensorLogicError
from tensorlogic.errors.codes import IMPORT_CYCLE, IMPORT_NOT_FOUND
from tensorlogic.lang import Analysis, Source, Span, analyze, checked, parse, tree
from tensorlogic.lang.occurrences import Field, Occurrence
from tensorlogic.runtime.builtins import CONSTANTS, FUNCTIONS
from tensorlogic.runtime.calls import Signatures
from tensorlogic.runtime.loader import identity, importable, read_source
from tensorlogic.runtime.session import Session

SIGNATURES: Final = Signatures(FUNCTIONS)
Meaning = checked.Symbol | Field


@dataclass(frozen=True, eq=False)
class Document:
    """A file, as it is in the editor or on the disk, and what is known of it."""

    path: Path
    uri: str | None
    """What the editor calls it; None for a file that is not open."""
    source: Source
    analysis: Analysis | None
    """None when the text cannot be parsed."""
    diagnostics: tuple[Diagnostic, ...]
    imports: tuple[Document, ...] = ()

    @cached_property
    def declared(self) -> dict[Meaning, Span]:
        """Where each name of the file is declared first."""
        names = () if self.analysis is None else self.analysis.names
        return {name.symbol: name.span for name in reversed(names) if name.declares}

    def at(self, offset: int) -> Iterator[Occurrence]:
        """The names that stand at an offset, or end there."""
        names = () if self.analysis is None else self.analysis.names
        for name in names[bisect_left(names, offset, key=lambda each: each.span.end) :]:
            if name.span.start > offset:
                return
            yield name


class Place(NamedTuple):
    """A stretch of a file. A symbol is known by that of its declaration, however often its file is analyzed."""

    path: Path
    span: Span


class Imported(NamedTuple):
    """What the imports of a file come to."""

    documents: tuple[Document, ...]
    exports: dict[str, checked.Exported]
    diagnostics: tuple[Diagnostic, ...]


@dataclass
class Documents:
    """Reads and analyzes files. What is asked for again is analyzed again only if it or an import has changed."""

    _open: dict[Path, Document] = field(default_factory=dict)
    """Open files by their identity; of these, the text and the names are what counts."""
    _known: dict[tuple[Path, bool], Document] = field(default_factory=dict)
    _sound: dict[Path, Document] = field(default_factory=dict)
    """The newest state of each open file that could be parsed."""
    _units: count[int] = field(default_factory=count)
    _looked_at: set[tuple[Path, bool]] = field(default_factory=set)
    """What has been found to be current since the last question."""
    _session: Session = field(default_factory=lambda: Session(sys.stderr))

    def put(self, path: Path, uri: str, text: str) -> None:
        """A file has this text in the editor, whatever is on the disk."""
        self._open[identity(path)] = Document(path, uri, Source(str(path), text), None, ())

    def close(self, path: Path) -> None:
        """A file is as it is on the disk again."""
        key = identity(path)
        for known in (self._open, self._sound):
            known.pop(key, None)

    def open(self) -> list[Document]:
        """The files that are open, analyzed."""
        return [self.get(document.path) for document in self._open.values()]

    def get(self, path: Path) -> Document:
        """A whole file, analyzed. Raises `OSError` for one that is not open and cannot be read."""
        document = self._whole(path)
        if document.analysis is not None and document.uri is not None:
            self._sound[identity(path)] = document
        return document

    def sound(self, path: Path) -> Document:
        """The newest state of an open file that could be parsed, if there was one."""
        document = self.get(path)
        return self._sound.get(identity(path), document)

    def place(self, symbol: Meaning, document: Document) -> Place | None:
        """Where a symbol is declared; None for a builtin."""
        if (span := document.declared.get(symbol)) is not None:
            return Place(identity(document.path), span)
        found = (self.place(symbol, imported) for imported in document.imports)
        return next((place for place in found if place is not None), None)

    def reachable(self, beside: Path | None = None) -> list[Document]:
        """The open files, those in the folder of one, and all that they import, each once and whole."""
        found: dict[Path, Document] = {}
        waiting = [*self.open(), *(self._readable(beside.parent) if beside else ())]
        for document in waiting:  # which grows
            if (key := identity(document.path)) not in found:
                found[key] = document
                waiting += [self._whole(imported.path) for imported in document.imports]
        return list(found.values())

    def _whole(self, path: Path) -> Document:
        self._session = Session(sys.stderr, path.parent)
        self._looked_at.clear()
        return self._get(path, False, ())

    def _readable(self, folder: Path) -> Iterator[Document]:
        for path in sorted(folder.glob("*.tl")):
            with suppress(OSError, TensorLogicError):
                yield self._whole(path)

    def _get(self, path: Path, library: bool, above: tuple[Path, ...]) -> Document:
        """A file, or of a library only what importing files get; `above` is what imports it, and so on."""
        key = identity(path)
        if (key, library) in self._looked_at:
            return self._known[key, library]
        now = self._open.get(key) or Document(path, None, read_source(path), None, ())
        known = self._known.get((key, library))
        same = known is not None and (known.uri, known.source.text) == (now.uri, now.source.text)
        if known is None or not same or not self._current(known, (*above, key)):
            known = self._known[key, library] = self._analyzed(now, library, (*above, key))
        self._looked_at.add((key, library))
        return known

    def _current(self, document: Document, above: tuple[Path, ...]) -> bool:
        """Whether what a file imports has not changed since."""
        if document.analysis is None:
            return True
        imported = self._imported(document.analysis.tree, document.path.parent, above)
        return imported.documents == document.imports and set(imported.diagnostics) <= set(document.diagnostics)

    def _analyzed(self, now: Document, library: bool, above: tuple[Path, ...]) -> Document:
        try:
            program = parse(now.source)
        except TensorLogicError as error:
            return Document(now.path, now.uri, now.source, None, error.diagnostics)
        program = program.declarations() if library else program
        imported = self._imported(program, now.path.parent, above)
        unit = next(self._units)
        analysis = analyze(program, SIGNATURES, constants=CONSTANTS, imports=imported.exports, unit=unit)
        diagnostics = (*imported.diagnostics, *analysis.diagnostics)
        return Document(now.path, now.uri, now.source, analysis, diagnostics, imported.documents)

    def _imported(self, program: tree.Program, folder: Path, above: tuple[Path, ...]) -> Imported:
        documents: list[Document] = []
        exports: dict[str, checked.Exported] = {}
        diagnostics: list[Diagnostic] = []
        for statement in program.imports:
            try:
                document = self._import(statement, program.source, folder, above)
            except TensorLogicError as error:
                diagnostics += [_seen_from(d, statement, program.source) for d in error.diagnostics]
                continue
            documents.append(document)
            exports |= {} if document.analysis is None else document.analysis.exports
            errors = [d for d in document.diagnostics if d.severity == "error"]
            diagnostics += [_seen_from(d, statement, program.source) for d in errors[:1]]
        return Imported(tuple(documents), exports, tuple(diagnostics))

    def _import(self, statement: tree.Import, source: Source, folder: Path, above: tuple[Path, ...]) -> Document:
        place, path = source.place(statement.span), folder / statement.path
        try:
            key = importable(path, statement, place, self._session)
            if key in above:
                names = " → ".join(each.name for each in (*above[above.index(key) :], key))
                raise SourceError(IMPORT_CYCLE, f"files import each other: {names}", place)
            return self._get(path, True, above)
        except OSError as error:
            message = f"cannot import {statement.path}: {error.strerror}"
            raise SourceError(IMPORT_NOT_FOUND, message, place) from error


def _seen_from(diagnostic: Diagnostic, statement: tree.Import, source: Source) -> Diagnostic:
    """What is wrong with an import; where that stands in the imported file, at the place of the import."""
    if isinstance(diagnostic.place, SourcePlace) and diagnostic.place.file == source.name:
        return diagnostic
    message = f"{statement.path} has errors: {diagnostic.message}"
    notes = () if diagnostic.place is None else (f"at {diagnostic.place}",)
    return Diagnostic(diagnostic.code, message, source.place(statement.span), diagnostic.help, notes)
