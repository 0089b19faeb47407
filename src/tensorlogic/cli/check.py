"""``tl check``: what is wrong with programs, before they run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from tensorlogic.cli.console import print_json
from tensorlogic.errors import TensorLogicError, UsageError, render


def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="TensorLogic programs (.tl).")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Find what is wrong with programs without running them."""
    from tensorlogic.runtime import check_file

    found: list[TensorLogicError] = []
    for file in files:
        try:
            check_file(file)
        except UsageError:
            raise
        except TensorLogicError as error:
            found.append(error)
    if as_json:
        print_json([diagnostic.as_dict() for each in found for diagnostic in each.diagnostics])
    else:
        for each in found:
            print(render(each), file=sys.stderr)
    if found:
        raise typer.Exit(1)
