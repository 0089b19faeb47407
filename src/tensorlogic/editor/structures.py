"""What is found in programs, in the structures of the Language Server Protocol."""

from __future__ import annotations

from typing import Final

from lsprotocol import types as lsp

from tensorlogic.editor.colours import MODIFIERS, TYPES, Colour
from tensorlogic.editor.completion import Proposal
from tensorlogic.editor.outline import Entry
from tensorlogic.editor.positions import Positions
from tensorlogic.errors import Diagnostic, SourcePlace
from tensorlogic.lang import Source

_COMPLETIONS: Final = {
    "variable": lsp.CompletionItemKind.Variable,
    "function": lsp.CompletionItemKind.Function,
    "builtin": lsp.CompletionItemKind.Function,
    "struct": lsp.CompletionItemKind.Struct,
    "entity": lsp.CompletionItemKind.Enum,
    "relation": lsp.CompletionItemKind.Interface,
    "choice": lsp.CompletionItemKind.EnumMember,
    "field": lsp.CompletionItemKind.Field,
    "option": lsp.CompletionItemKind.Property,
    "keyword": lsp.CompletionItemKind.Keyword,
    "type": lsp.CompletionItemKind.TypeParameter,
}
_ORDER: Final = (
    *("option", "choice", "field", "variable", "function", "relation", "entity", "struct"),
    *("builtin", "keyword", "type"),
)
_SYMBOLS: Final = {
    "fn": lsp.SymbolKind.Function,
    "main": lsp.SymbolKind.Function,
    "test": lsp.SymbolKind.Function,
    "bench": lsp.SymbolKind.Function,
    "method": lsp.SymbolKind.Method,
    "struct": lsp.SymbolKind.Struct,
    "entity": lsp.SymbolKind.Enum,
    "member": lsp.SymbolKind.EnumMember,
    "relation": lsp.SymbolKind.Interface,
    "embedding": lsp.SymbolKind.Array,
    "impl": lsp.SymbolKind.Class,
    "field": lsp.SymbolKind.Field,
    "variable": lsp.SymbolKind.Variable,
}
_SEVERITIES: Final = {"error": lsp.DiagnosticSeverity.Error, "warning": lsp.DiagnosticSeverity.Warning}
_BEGINNING: Final = lsp.Range(lsp.Position(0, 0), lsp.Position(0, 0))


def diagnostic(found: Diagnostic, uri: str, positions: Positions) -> lsp.Diagnostic:
    """A finding with its code and the places that it names; remarks and the cure are lines of the message."""
    message = "\n".join([found.message, *found.notes, *([found.help] if found.help else [])])
    place = found.place if isinstance(found.place, SourcePlace) else None
    where = _BEGINNING if place is None else positions.of_place(place)
    related = [
        lsp.DiagnosticRelatedInformation(positions.location_of(other.place, uri), other.message)
        for other in found.related
    ]
    severity = _SEVERITIES[found.severity]
    return lsp.Diagnostic(where, message, severity, found.code.id, source="tl", related_information=related)


def item(proposal: Proposal) -> lsp.CompletionItem:
    """A proposal; nearer ones stand above."""
    order = f"{_ORDER.index(proposal.kind)}{proposal.text}"
    kind = _COMPLETIONS[proposal.kind]
    return lsp.CompletionItem(proposal.text, kind=kind, detail=proposal.detail or None, sort_text=order)


def tokens(found: list[Colour], source: Source, positions: Positions) -> list[int]:
    """Colours as the protocol has them: five numbers each, its place counted from the one before."""
    numbers: list[int] = []
    line = column = 0
    for span, type, modifiers in found:
        start, end = positions.position(source, span.start), positions.position(source, span.end)
        numbers += (start.line - line, start.character - (column if start.line == line else 0))
        numbers += (end.character - start.character, TYPES.index(type))
        numbers.append(sum(1 << MODIFIERS.index(each) for each in modifiers))
        line, column = start.line, start.character
    return numbers


def symbol(entry: Entry, source: Source, positions: Positions) -> lsp.DocumentSymbol:
    """An entry of the outline."""
    inside = [symbol(each, source, positions) for each in entry.inside]
    whole, name = positions.range(source, entry.span), positions.range(source, entry.named)
    return lsp.DocumentSymbol(entry.name, _SYMBOLS[entry.kind], whole, name, children=inside)
