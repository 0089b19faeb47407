"""The options that allow a program more than is safe with a stranger's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

PYTHON = Annotated[bool, typer.Option("--allow-python", help="Let the program run Python: as if you ran it yourself.")]
ENVIRONMENT = Annotated[bool, typer.Option("--allow-env", help="Let the program read environment variables.")]
READ = Annotated[
    list[Path] | None, typer.Option("--allow-read", metavar="PATH", help="Let it read there too (repeatable).")
]
WRITE = Annotated[
    list[Path] | None, typer.Option("--allow-write", metavar="PATH", help="Let it write there too (repeatable).")
]
