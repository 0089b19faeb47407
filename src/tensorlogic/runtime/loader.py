"""Files to compiled code: a program and everything that it imports, each file once."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from errno import EINVAL
from pathlib import Path
from types import CodeType

from tensorlogic.errors import SourceError, SourcePlace, UsageError
from tensorlogic.errors.codes import (
    FILE_NOT_FOUND,
    IMPORT_CYCLE,
    IMPORT_NOT_FOUND,
    NESTED_TOO_DEEPLY,
    NOT_ALLOWED,
    UNEXPECTED_CHARACTER,
)
from tensorlogic.lang import Source, Span, check, checked, generate, parse, tree
from tensorlogic.lang.checker import NOTHING, Imports
from tensorlogic.lang.signatures import Signature
from tensorlogic.runtime.session import Session


@dataclass(frozen=True)
class Unit:
    """A compiled file."""

    program: checked.Program
    module: ast.Module
    code: CodeType


class Loader:
    """Compiles a program and what it imports, each file once."""

    def __init__(self, known: Mapping[str, Signature], constants: frozenset[str], session: Session) -> None:
        self.units: list[Unit] = []
        """In the order in which they must run: what is imported first."""
        self._known = known
        self._constants = constants
        self._session = session
        self._loaded: dict[Path, Unit] = {}
        self._loading: dict[Path, str] = {}
        """The files on the way to the one being loaded, and the names that messages call them by."""

    def load_file(self, path: Path) -> Unit:
        """Compile the main file."""
        try:
            return self._load_path(path)
        except OSError as error:
            raise UsageError(FILE_NOT_FOUND, f"cannot read {path}: {error.strerror}") from error

    def load(self, source: Source, folder: Path, *, library: bool = False) -> Unit:
        """Compile a source whose imports are relative to `folder`."""
        program = parse(source)
        return self._add(program.declarations() if library else program, folder)

    def load_input(self, source: Source, folder: Path, before: Unit | None) -> Unit:
        """Compile one of several inputs, which goes on with the names of the one before it."""
        program = parse(source).as_input()
        if before is None:
            return self._add(program, folder)
        return self._add(program, folder, before.program.exports, before.program.unit)

    def copy(self) -> Loader:
        """A loader that knows the same files, and whose failures leave this one as it is."""
        other = Loader(self._known, self._constants, self._session)
        other.units, other._loaded = [*self.units], {**self._loaded}
        return other

    def _add(self, program: tree.Program, folder: Path, names: Imports = NOTHING, number: int | None = None) -> Unit:
        imports = dict(names)
        for statement in program.imports:
            imports |= self._import(statement, folder, program.source).program.exports
        unit = self._compile(program, imports, len(self.units) if number is None else number)
        self.units.append(unit)
        return unit

    def _import(self, statement: tree.Import, folder: Path, source: Source) -> Unit:
        place = source.place(statement.span)
        path = folder / statement.path
        try:
            known = importable(path, statement, place, self._session)
            if (name := self._loading.get(known)) is not None:
                raise SourceError(IMPORT_CYCLE, f"files import each other: {self._cycle(name)}", place)
            return self._loaded.get(known) or self._load_path(path, library=True)
        except OSError as error:
            message = f"cannot import {statement.path}: {error.strerror}"
            raise SourceError(IMPORT_NOT_FOUND, message, place) from error

    def _cycle(self, name: str) -> str:
        names = list(self._loading.values())
        return " → ".join([*names[names.index(name) :], name])

    def _load_path(self, path: Path, *, library: bool = False) -> Unit:
        known, source = identity(path), read_source(path)
        self._loading[known] = source.name
        self._loaded[known] = unit = self.load(source, path.parent, library=library)
        del self._loading[known]
        return unit

    def _compile(self, parsed: tree.Program, imports: Imports, number: int) -> Unit:
        program = check(parsed, self._known, constants=self._constants, imports=imports, unit=number)
        module = generate(program)
        return Unit(program, module, _compiled(module, parsed.source))


def _compiled(module: ast.Module, source: Source) -> CodeType:
    try:
        with warnings.catch_warnings():
            # Python would warn about what looks odd in Python.
            warnings.simplefilter("ignore", SyntaxWarning)
            return compile(module, source.name, "exec")
    except (RecursionError, MemoryError) as error:
        place = source.place(Span(0, 1))
        raise SourceError(NESTED_TOO_DEEPLY, "this program is nested too deeply", place) from error


def importable(path: Path, statement: tree.Import, place: SourcePlace, session: Session) -> Path:
    """The path by which an imported file is recognised, if the program may read it."""
    found = identity(path)
    if not session.may_read(str(found)):
        message = f"{statement.path} is outside the folders that the program may read"
        raise SourceError(NOT_ALLOWED, message, place, help="Allow it: tl run --allow-read FOLDER.")
    return found


def identity(path: Path) -> Path:
    """The path by which a file is recognised; one that no file can have is an `OSError` too."""
    try:
        return path.resolve()
    except (ValueError, RuntimeError) as error:
        raise OSError(EINVAL, str(error)) from error


def read_source(path: Path) -> Source:
    """The text of a file, which must be UTF-8."""
    data = path.read_bytes()
    try:
        return Source(str(path), data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        readable = Source(str(path), data.decode("latin-1"))
        place = readable.place(Span(error.start, error.start + 1))
        raise SourceError(UNEXPECTED_CHARACTER, "this file is not UTF-8 text", place) from error
