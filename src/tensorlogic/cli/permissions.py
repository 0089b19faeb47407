"""The options that allow a program more than is safe with a stranger's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tensorlogic.runtime import Permissions

PYTHON = Annotated[bool, typer.Option("--allow-python", help="Let the program run Python: as if you ran it yourself.")]
ENVIRONMENT = Annotated[bool, typer.Option("--allow-env", help="Let the program read environment variables.")]
READ = Annotated[
    list[Path] | None, typer.Option("--allow-read", metavar="PATH", help="Let it read there too (repeatable).")
]
WRITE = Annotated[
    list[Path] | None, typer.Option("--allow-write", metavar="PATH", help="Let it write there too (repeatable).")
]


def allowed(python: bool, environment: bool, read: list[Path] | None, write: list[Path] | None) -> Permissions:
    """The permissions that the options give."""
    from tensorlogic.runtime import Permissions

    return Permissions(python, environment, tuple(read or ()), tuple(write or ()))
