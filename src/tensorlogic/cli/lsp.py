"""``tl lsp``: what editors ask about programs."""

from __future__ import annotations

from tensorlogic.errors import UsageError, codes


def lsp() -> None:
    """Answer an editor: a server of the Language Server Protocol on standard input and output."""
    try:
        from tensorlogic.editor.server import server
    except ModuleNotFoundError as error:
        if str(error.name).partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        message, help = "the language server needs pygls, which is not installed", "pip install 'tensorlogic-lang[lsp]'"
        raise UsageError(codes.MISSING_PACKAGE, message, help=help) from error
    server.start_io()
