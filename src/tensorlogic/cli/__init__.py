"""The command `tl`: one file a command, each of which parses options, calls, and prints."""

from __future__ import annotations

import os
import sys

from tensorlogic.errors import TensorLogicError, render

INTERRUPTED = 130
"""The exit code after Ctrl-C."""


def main() -> None:
    """Run `tl`. Exit codes: 0 worked, 1 the program or model failed, 2 wrong usage."""
    from tensorlogic.cli.app import app

    try:
        app()
    except TensorLogicError as error:
        sys.stdout.flush()
        print(render(error), file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # The reader has gone; keep the interpreter from complaining when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
