"""The problems found in one program, reported together."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from tensorlogic.errors import (
    Code,
    Diagnostic,
    Related,
    Severity,
    SourceError,
    TensorLogicError,
)
from tensorlogic.errors.codes import NESTED_TOO_DEEPLY
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

    def report(
        self,
        code: Code,
        message: str,
        span: Span,
        help: str | None = None,
        *,
        notes: tuple[str, ...] = (),
        severity: Severity = "error",
        related: Iterable[tuple[str, Span]] = (),
    ) -> None:
        """Add a finding; beyond `MOST` they are dropped, as they are mostly echoes of earlier ones."""
        if self.full:
            return
        others = tuple(Related(words, self.source.place(place)) for words, place in related)
        found = Diagnostic(code, message, self.source.place(span), help, notes, others, severity)
        self._found.append((span, found))

    def too_deep(self, span: Span, what: str = "this statement is nested too deeply") -> None:
        """Add the finding that what begins at `span` is nested too deeply."""
        start = Span(span.start, span.start + 1)
        self.report(NESTED_TOO_DEEPLY, what, start, "Give parts of it names.")

    def raise_any(self) -> None:
        """Raise everything found so far as one error, in the order of the text."""
        if self.errors:
            raise error_of(self.diagnostics())

    @property
    def errors(self) -> bool:
        """Whether something was found that stops the program."""
        return any(d.severity == "error" for _, d in self._found)

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Everything found so far, in the order of the text."""
        return tuple(d for _, d in sorted(self._found, key=lambda found: found[0].start))


def error_of(diagnostics: Collection[Diagnostic]) -> TensorLogicError:
    """The error that carries the findings that are no warnings (at least one)."""
    return SourceError.of([d for d in diagnostics if d.severity == "error"])
