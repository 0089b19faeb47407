"""A program that is given piece by piece, as at a prompt: each input goes on with what those before have made."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from tensorlogic.errors import SourceError, UnsupportedError, UsageError
from tensorlogic.errors.codes import FILE_NOT_FOUND, UNEXPECTED_TOKEN, UNTERMINATED_TEXT, WRONG_TYPE
from tensorlogic.lang import Source, Span, checked, parse, tree
from tensorlogic.lang.codegen import main_name
from tensorlogic.lang.emit import shared_name
from tensorlogic.runtime.kinds import kind
from tensorlogic.runtime.loader import Loader, Unit, read_source
from tensorlogic.runtime.namespace import namespace
from tensorlogic.runtime.program import begin, new_loader, running
from tensorlogic.runtime.session import Session


class Interaction:
    """Variables, functions, structs and imports that last from input to input.

    Names can be declared anew: functions of earlier inputs then use what they mean now. After an input that fails,
    every name means what it did before; one that is interrupted keeps what it has done so far.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._loader = new_loader(self.session)
        self._names = namespace()
        self._last: Unit | None = None
        self._count = 0

    @property
    def declared(self) -> dict[str, checked.Exported]:
        """What the names of the inputs so far mean."""
        return {} if self._last is None else dict(self._last.program.exports)

    def run(self, text: str) -> Any:
        """Run an input, and give back the value of its last statement; None where that has none.

        Raises a `TensorLogicError` for what is wrong with the text or fails, with a place in ``input 3``.
        """
        self._count += 1
        return self._run(Source(f"input {self._count}", text), self.session.home)

    def run_file(self, path: Path) -> None:
        """Run a program as if its text were typed here; its imports are relative to it."""
        try:
            source = read_source(path)
        except OSError as error:
            raise UsageError(FILE_NOT_FOUND, f"cannot read {path}: {error.strerror}") from error
        self._run(source, path.parent)

    def kind_of(self, text: str) -> str:
        """The kind of an expression's value, such as ``float32[2, 3]``.

        It is computed for that, but prints nothing, and leaves the variables and the random numbers as they were.
        """
        source = Source("expression", text)
        if [type(statement) for statement in parse(source).statements] != [tree.Evaluate]:
            place = source.place(Span(0, max(1, len(text))))
            raise SourceError(WRONG_TYPE, "this is not an expression", place)
        session, before = self.session, (self._loader, self._last, {**self._names})
        self.session = session.aside(io.StringIO())
        try:
            return kind(self._run(source, session.home))
        finally:
            self.session = session
            self._return_to(*before)

    def value(self, name: str) -> Any:
        """The value of a variable. Raises `KeyError` where there is none."""
        return self._names[shared_name(self._variable(name))]

    def _variable(self, name: str) -> checked.Variable:
        symbol = self.declared.get(name)
        if not isinstance(symbol, checked.Variable):
            raise KeyError(name)
        return symbol

    def _run(self, source: Source, folder: Path) -> Any:
        loader, before = self._loader.copy(), {**self._names}
        unit = loader.load_input(source, folder, self._last)
        new = loader.units[len(self._loader.units) :]
        try:
            with running(loader.units, self.session):
                value = [begin(each, self._names) for each in new][-1]
                if unit.program.main is not None:
                    self._names[main_name(unit.program.unit)]()
        except Exception:
            self._return_to(self._loader, self._last, before)
            raise
        except KeyboardInterrupt:
            self._loader, self._last = loader, unit
            raise
        self._loader, self._last = loader, unit
        return value

    def _return_to(self, loader: Loader, last: Unit | None, names: dict[str, Any]) -> None:
        """Make every name mean what it did; functions have the very dictionary that is filled again."""
        self._loader, self._last = loader, last
        self._names.clear()
        self._names.update(names)


def is_complete(text: str) -> bool:
    """Whether a text is to be run, or goes on in a further line: then what is wrong first is that it ends."""
    source = Source("input", text)
    try:
        parse(source)
    except (SourceError, UnsupportedError) as error:
        first, end = error.diagnostics[0], source.place(Span(len(text), len(text)))
        return not (first.code == UNTERMINATED_TEXT or (first.code == UNEXPECTED_TOKEN and first.place == end))
    return True
