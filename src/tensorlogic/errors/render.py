"""Diagnostics as text, with the line and a caret where there is a source."""

from __future__ import annotations

from collections.abc import Iterable

from tensorlogic.errors.diagnostic import Diagnostic, SourcePlace
from tensorlogic.errors.exceptions import TensorLogicError

_WIDEST = 160


def render(error: TensorLogicError) -> str:
    """`error` as a person reads it in a terminal: one block a diagnostic, in plain text."""
    return render_all(error.diagnostics)


def render_all(diagnostics: Iterable[Diagnostic]) -> str:
    """Diagnostics as a person reads them in a terminal."""
    return "\n\n".join(map(_block, diagnostics))


def _block(diagnostic: Diagnostic) -> str:
    lines = [f"{diagnostic.severity}[{diagnostic.code.id}]: {diagnostic.message}"]
    if isinstance(diagnostic.place, SourcePlace):
        lines += _excerpt(diagnostic.place)
    elif diagnostic.place is not None:
        lines.append(f"  --> {diagnostic.place}")
    for other in diagnostic.related:
        lines += [f"note: {other.message}", *_excerpt(other.place)]
    lines += [f"  = note: {note}" for note in diagnostic.notes]
    if diagnostic.help is not None:
        lines.append(f"  = help: {diagnostic.help}")
    return "\n".join(lines)


def _excerpt(place: SourcePlace) -> list[str]:
    margin = " " * len(str(place.line))
    text, column = _around(place.text, place.column)
    # Tabs stay tabs under a tab, so that the caret lands below its character.
    indent = "".join("\t" if c == "\t" else " " for c in text[: column - 1])
    length = max(1, min(place.length, len(text) - column + 1))
    return [
        f"{margin}--> {place}",
        f"{margin} |",
        f"{place.line} | {text}",
        f"{margin} | {indent}{'^' * length}",
    ]


def _around(text: str, column: int) -> tuple[str, int]:
    """What is shown of a line, and the column in it: of a long one, the part that holds the column."""
    if len(text) <= _WIDEST:
        return text, column
    start = max(0, column - _WIDEST // 2)
    before, after = "…" * (start > 0), "…" * (start + _WIDEST < len(text))
    return f"{before}{text[start : start + _WIDEST]}{after}", column - start + len(before)
