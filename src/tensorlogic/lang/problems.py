"""The problems found in one program, reported together."""

from __future__ import annotations

from collections.abc import Collection

from tensorlogic.errors import Code, Diagnostic, SourceError, TensorLogicError, UnsupportedError
from tensorlogic.errors.codes import NESTED_TOO_DEEPLY, UNSUPPORTED_SYNTAX
from tensorlogic.lang.source import Source, Span

MOST = 20


class Problems:
    """Collects what is wrong with a source, at most `MOST` findings."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._found: list[tuple[Span, Diagnostic]] = []

    @property
    def full(self) -> bool:
        """Whether further findings would be dropped."""
        return len(self._found) >= MOST

    def report(self, code: Code, message: str, span: Span, help: str | None = None) -> None:
        """Add a finding; beyond `MOST` they are dropped, as they are mostly echoes of earlier ones."""
        if not self.full:
            self._found.append((span, Diagnostic(code, message, self.source.place(span), help)))

    def too_deep(self, span: Span, what: str = "this statement is nested too deeply") -> None:
        """Add the finding that what begins at `span` is nested too deeply."""
        start = Span(span.start, span.start + 1)
        self.report(NESTED_TOO_DEEPLY, what, start, "Give parts of it names.")

    def raise_any(self) -> None:
        """Raise everything found so far as one error, in the order of the text."""
        if self._found:
            raise error_of(self.diagnostics())

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Everything found so far, in the order of the text."""
        return tuple(d for _, d in sorted(self._found, key=lambda found: found[0].start))


def error_of(diagnostics: Collection[Diagnostic]) -> TensorLogicError:
    """The error that carries findings (at least one)."""
    unsupported = all(d.code == UNSUPPORTED_SYNTAX for d in diagnostics)
    return (UnsupportedError if unsupported else SourceError).of(diagnostics)
