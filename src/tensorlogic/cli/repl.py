"""``tl repl``: programs, statement by statement."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from tensorlogic.cli.permissions import ENVIRONMENT, PYTHON, READ, WRITE, allowed

_FOLDER = Annotated[
    Path, typer.Option("--folder", metavar="PATH", help="Where imports are looked for.", exists=True, file_okay=False)
]


def repl(
    folder: _FOLDER = Path(),
    allow_python: PYTHON = False,
    allow_env: ENVIRONMENT = False,
    allow_read: READ = None,
    allow_write: WRITE = None,
) -> None:
    """Run statements as you write them; variables and functions last from one to the next.

    In a terminal Tab completes, :help tells more, and Ctrl-D leaves. Text from a pipe or a file runs to its end,
    past statements that fail; if any did, the exit code is 1.
    """
    from tensorlogic.cli.conversation import Conversation
    from tensorlogic.runtime.interactive import Interaction
    from tensorlogic.runtime.session import Session

    permissions = allowed(allow_python, allow_env, allow_read, allow_write)
    conversation = Conversation(Interaction(Session(sys.stdout, folder, permissions)))
    if sys.stdin.isatty():
        from tensorlogic.cli.prompt import converse

        converse(conversation)
    elif not conversation.read(sys.stdin):
        raise typer.Exit(1)
