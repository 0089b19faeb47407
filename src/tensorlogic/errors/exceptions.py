"""The exception tree: one root, six kinds, no deeper."""

from __future__ import annotations

from collections.abc import Iterable

from tensorlogic.errors.codes import Code
from tensorlogic.errors.diagnostic import Diagnostic, Place


class TensorLogicError(Exception):
    """Anything that TensorLogic refuses or fails to do, as one or more diagnostics."""

    exit_code = 1

    def __init__(
        self,
        code: Code,
        message: str,
        place: Place | None = None,
        help: str | None = None,
        notes: tuple[str, ...] = (),
    ) -> None:
        self.diagnostics: tuple[Diagnostic, ...] = (Diagnostic(code, message, place, help, notes),)
        super().__init__(message)

    @classmethod
    def of(cls, diagnostics: Iterable[Diagnostic]) -> TensorLogicError:
        """The error that carries all of `diagnostics` (at least one)."""
        every = tuple(diagnostics)
        first = every[0]
        error = cls(first.code, first.message, first.place, first.help, first.notes)
        error.diagnostics = every
        return error

    @property
    def code(self) -> Code:
        """The code of the first diagnostic."""
        return self.diagnostics[0].code

    def __str__(self) -> str:
        return "\n".join(_line(d) for d in self.diagnostics)


def _line(diagnostic: Diagnostic) -> str:
    place = "" if diagnostic.place is None else f" ({diagnostic.place})"
    cure = "" if diagnostic.help is None else f" {diagnostic.help}"
    return f"[{diagnostic.code.id}] {diagnostic.message}{place}{cure}"


class SourceError(TensorLogicError):
    """The text of a `.tl` program is wrong, or it failed while running."""


class FormatError(TensorLogicError):
    """A file is not what it claims to be."""


class ProgramError(TensorLogicError):
    """A model's program is malformed."""


class UnsupportedError(TensorLogicError):
    """A sound file asks for something that TensorLogic does not do."""

    model_type: str = ""
    """The type of a Core ML model, such as ``neuralNetwork``, where none of that type can be run."""


class EngineError(TensorLogicError):
    """An engine could not prepare or run a sound program."""


class UsageError(TensorLogicError):
    """A call or a command was given something that it cannot take."""

    exit_code = 2


def first_line(error: Exception) -> str:
    """What a library says went wrong, without the pages that may follow."""
    return str(error).strip().split("\n")[0] or type(error).__name__
