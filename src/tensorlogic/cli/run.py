"""``tl run``: run a program."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tensorlogic.cli.permissions import ENVIRONMENT, PYTHON, READ, WRITE, allowed


def run(
    file: Annotated[Path, typer.Argument(help="A TensorLogic program (.tl).")],
    allow_python: PYTHON = False,
    allow_env: ENVIRONMENT = False,
    allow_read: READ = None,
    allow_write: WRITE = None,
    log: Annotated[Path | None, typer.Option(help="Write the epochs of what is trained to a CSV file.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw their losses, such as loss.png.")] = None,
) -> None:
    """Run a TensorLogic program.

    It may read in its own folder and in the current one, and write in the current one.
    """
    from tensorlogic.runtime import run_file

    permissions = allowed(allow_python, allow_env, allow_read, allow_write)
    run_file(file, permissions=permissions, log=log, plot=plot)
