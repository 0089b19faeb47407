"""The language server: every question of the protocol, answered by one function."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final, Protocol

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from tensorlogic import __version__
from tensorlogic.editor import calls, colours, completion, describing, navigation
from tensorlogic.editor.documents import Document, Documents
from tensorlogic.editor.drift import carried
from tensorlogic.editor.outline import outline
from tensorlogic.editor.positions import Positions
from tensorlogic.editor.structures import diagnostic, item, symbol, tokens
from tensorlogic.errors import TensorLogicError, UsageError
from tensorlogic.lang import Span
from tensorlogic.lang.printing import format_source

PAUSE: Final = 0.15
"""Seconds without a change after which a text is analyzed."""


class _At(Protocol):
    """The part of a question that says what place it is about."""

    text_document: lsp.TextDocumentIdentifier
    position: lsp.Position


class Server(LanguageServer):
    """The server, with the programs that the editor has open."""

    def __init__(self) -> None:
        super().__init__("tensorlogic", __version__, text_document_sync_kind=lsp.TextDocumentSyncKind.Full)
        self.documents = Documents()
        self.changes = 0

    @property
    def positions(self) -> Positions:
        """How the editor counts columns."""
        return Positions(self.workspace.position_codec)

    def found(self, at: _At) -> tuple[Document, int]:
        """The newest state of a file that could be parsed, and the offset in it that is asked about."""
        path = path_of(at.text_document.uri)
        now, then = self.documents.get(path), self.documents.sound(path)
        offset = self.positions.offset(now.source, at.position)
        return then, carried(offset, now.source.text, then.source.text)

    def publish(self) -> None:
        """Tell what is wrong with every open file; what one imports may be another one that is open."""
        for document in self.documents.open():
            uri = str(document.uri)
            self.report(uri, [diagnostic(each, uri, self.positions) for each in document.diagnostics])

    def report(self, uri: str, diagnostics: list[lsp.Diagnostic]) -> None:
        """Replace what the editor shows as wrong with a file."""
        self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, diagnostics))


def path_of(uri: str) -> Path:
    """The path of a file; a text that is not in one is treated as if it were in the current folder."""
    return Path(to_fs_path(uri) or f"{uri.replace('/', '_')}.tl")


server: Final = Server()


@server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
def did_open(server: Server, params: lsp.DidOpenTextDocumentParams) -> None:
    """A file is opened."""
    server.documents.put(path_of(params.text_document.uri), params.text_document.uri, params.text_document.text)
    server.publish()


@server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
async def did_change(server: Server, params: lsp.DidChangeTextDocumentParams) -> None:
    """A file is changed. Its problems are told when the typing pauses."""
    uri = params.text_document.uri
    server.documents.put(path_of(uri), uri, server.workspace.get_text_document(uri).source)
    server.changes = change = server.changes + 1
    await asyncio.sleep(PAUSE)
    if change == server.changes:
        server.publish()


@server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
def did_save(server: Server, params: lsp.DidSaveTextDocumentParams) -> None:
    """A file is saved, so that others that import it may have changed."""
    server.publish()


@server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
def did_close(server: Server, params: lsp.DidCloseTextDocumentParams) -> None:
    """A file is closed."""
    server.documents.close(path_of(params.text_document.uri))
    server.report(params.text_document.uri, [])
    server.publish()


@server.feature(lsp.TEXT_DOCUMENT_HOVER)
def hover(server: Server, params: lsp.HoverParams) -> lsp.Hover | None:
    """What a name is."""
    document, offset = server.found(params)
    found = describing.hover(document, offset, server.documents)
    return None if found is None else lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, found[0]))


@server.feature(
    lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionOptions(trigger_characters=[".", ":"], resolve_provider=True)
)
def complete(server: Server, params: lsp.CompletionParams) -> list[lsp.CompletionItem]:
    """What can be written."""
    now, offset = _now(server, params)
    sound = server.documents.sound(now.path)
    return [item(proposal) for proposal in completion.proposals(now.source, offset, sound)]


def _now(server: Server, at: _At) -> tuple[Document, int]:
    document = server.documents.get(path_of(at.text_document.uri))
    return document, server.positions.offset(document.source, at.position)


@server.feature(lsp.COMPLETION_ITEM_RESOLVE)
def resolve(item: lsp.CompletionItem) -> lsp.CompletionItem:
    """More about a builtin, which is looked up only when it is shown."""
    if item.kind == lsp.CompletionItemKind.Function:
        page = describing.builtin(item.label)
        item.documentation = page and lsp.MarkupContent(lsp.MarkupKind.Markdown, page)
    return item


@server.feature(lsp.TEXT_DOCUMENT_SIGNATURE_HELP, lsp.SignatureHelpOptions(trigger_characters=["(", ","]))
def signature_help(server: Server, params: lsp.SignatureHelpParams) -> lsp.SignatureHelp | None:
    """What the call takes that is being written."""
    now, offset = _now(server, params)
    call = calls.call_around(now.source, offset)
    sound = server.documents.sound(now.path)
    taken = call and calls.parameters(call.name, completion.visible(now.source, offset, sound))
    if call is None or taken is None:
        return None
    names = (*taken.required, *taken.optional)
    information = lsp.SignatureInformation(str(taken), parameters=[lsp.ParameterInformation(name) for name in names])
    return lsp.SignatureHelp([information], active_signature=0, active_parameter=call.argument)


@server.feature(lsp.TEXT_DOCUMENT_INLAY_HINT)
def inlay_hints(server: Server, params: lsp.InlayHintParams) -> list[lsp.InlayHint]:
    """The shapes of tensors behind the names that get them."""
    document = server.documents.get(path_of(params.text_document.uri))
    known = describing.unwritten_types(document)
    return [
        lsp.InlayHint(server.positions.position(document.source, span.end), f": {type}", lsp.InlayHintKind.Type)
        for span, type in known
    ]


@server.feature(
    lsp.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, lsp.SemanticTokensLegend([*colours.TYPES], [*colours.MODIFIERS])
)
def semantic_tokens(server: Server, params: lsp.SemanticTokensParams) -> lsp.SemanticTokens:
    """What names are, for their colours; nothing while the text cannot be parsed."""
    document = server.documents.get(path_of(params.text_document.uri))
    return lsp.SemanticTokens(tokens(colours.colours(document), document.source, server.positions))


@server.feature(lsp.TEXT_DOCUMENT_DEFINITION)
def definition(server: Server, params: lsp.DefinitionParams) -> lsp.Location | None:
    """Where a name is declared."""
    document, offset = server.found(params)
    place = navigation.definition(document, offset, server.documents)
    return None if place is None else server.positions.location(server.documents.get(place.path), place.span)


@server.feature(lsp.TEXT_DOCUMENT_REFERENCES)
def references(server: Server, params: lsp.ReferenceParams) -> list[lsp.Location]:
    """Where a name is used."""
    document, offset = server.found(params)
    found = navigation.references(document, offset, server.documents)
    wanted = (each for each in found if params.context.include_declaration or not each[1].declares)
    return [server.positions.location(place, name.span) for place, name in wanted]


@server.feature(lsp.TEXT_DOCUMENT_RENAME, lsp.RenameOptions(prepare_provider=True))
def rename(server: Server, params: lsp.RenameParams) -> lsp.WorkspaceEdit:
    """The changes that give a name another."""
    document, offset = _now(server, params)
    try:
        changes = navigation.renamed(document, offset, params.new_name, server.documents)
    except UsageError as error:
        raise JsonRpcInvalidParams(str(error.diagnostics[0].message)) from error
    edits: dict[str, list[lsp.TextEdit]] = {}
    for place, span, text in changes:
        location = server.positions.location(place, span)
        edits.setdefault(location.uri, []).append(lsp.TextEdit(location.range, text))
    return lsp.WorkspaceEdit(changes=edits)


@server.feature(lsp.TEXT_DOCUMENT_PREPARE_RENAME)
def prepare_rename(server: Server, params: lsp.PrepareRenameParams) -> lsp.Range | None:
    """Where the name stands that would be changed."""
    document, offset = _now(server, params)
    try:
        return server.positions.range(document.source, navigation.renamable(document, offset).span)
    except UsageError as error:
        raise JsonRpcInvalidParams(str(error.diagnostics[0].message)) from error


@server.feature(lsp.TEXT_DOCUMENT_FORMATTING)
def formatting(server: Server, params: lsp.DocumentFormattingParams) -> list[lsp.TextEdit]:
    """The text in the one style; nothing while it cannot be parsed."""
    document = server.documents.get(path_of(params.text_document.uri))
    try:
        text = format_source(document.source)
    except TensorLogicError:
        return []
    whole = Span(0, len(document.source.text))
    return [] if text == document.source.text else [server.positions.edit(document, whole, text)]


@server.feature(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
def symbols(server: Server, params: lsp.DocumentSymbolParams) -> list[lsp.DocumentSymbol]:
    """The outline of a file."""
    document = server.documents.sound(path_of(params.text_document.uri))
    entries = [] if document.analysis is None else outline(document.analysis.tree)
    return [symbol(entry, document.source, server.positions) for entry in entries]
