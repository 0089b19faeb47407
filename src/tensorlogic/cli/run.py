"""``tl run``: run a program."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def run(file: Annotated[Path, typer.Argument(help="A TensorLogic program (.tl).")]) -> None:
    """Run a TensorLogic program."""
    from tensorlogic.runtime import run_file

    run_file(file)
