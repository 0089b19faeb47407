"""``tl check``: what is wrong with programs, before they run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from tensorlogic.cli.console import print_json
from tensorlogic.errors import Diagnostic, TensorLogicError, UsageError, render_all


def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="TensorLogic programs (.tl).")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Find what is wrong with programs without running them.

    Errors would stop a program; warnings are about what it may never come to, and leave the exit status at 0.
    """
    from tensorlogic.runtime import check_file

    found: list[Diagnostic] = []
    for file in files:
        try:
            found += check_file(file)
        except UsageError:
            raise
        except TensorLogicError as error:
            found += error.diagnostics
    if as_json:
        print_json([diagnostic.as_dict() for diagnostic in found])
    elif found:
        print(render_all(found), file=sys.stderr)
    if any(diagnostic.severity == "error" for diagnostic in found):
        raise typer.Exit(1)
