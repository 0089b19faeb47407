"""``tl lsp``: what editors ask about programs."""

from __future__ import annotations

import gc

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
    # A tree is many objects without cycles: to look for cycles in it takes twice as long as to parse it.
    gc.freeze()
    gc.set_threshold(200_000, 20, 50)
    server.start_io()
