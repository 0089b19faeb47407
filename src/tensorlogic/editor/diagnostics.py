"""What is wrong with a program, as editors show it."""

from __future__ import annotations

from typing import Final

from lsprotocol import types as lsp

from tensorlogic.editor.documents import Document
from tensorlogic.editor.positions import Positions
from tensorlogic.errors import Diagnostic, SourcePlace

_BEGINNING: Final = lsp.Range(lsp.Position(0, 0), lsp.Position(0, 0))


def diagnostic(found: Diagnostic, document: Document, positions: Positions) -> lsp.Diagnostic:
    """A finding with its code; remarks and the cure are lines of the message."""
    message = "\n".join([found.message, *found.notes, *([found.help] if found.help else [])])
    place = found.place if isinstance(found.place, SourcePlace) else None
    where = _BEGINNING if place is None else positions.of_place(place)
    return lsp.Diagnostic(where, message, lsp.DiagnosticSeverity.Error, found.code.id, source="tl")
