"""``tl test``: run the tests of programs."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from tensorlogic.cli.console import print_json
from tensorlogic.cli.permissions import ENVIRONMENT, PYTHON, READ, WRITE, allowed
from tensorlogic.errors import TensorLogicError, render

if TYPE_CHECKING:
    from tensorlogic.lang.checked import Trial
    from tensorlogic.runtime import Program


def test(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="TensorLogic programs (.tl).")],
    only: Annotated[str, typer.Option("--only", "-k", help="Only tests whose name contains this.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    allow_python: PYTHON = False,
    allow_env: ENVIRONMENT = False,
    allow_read: READ = None,
    allow_write: WRITE = None,
) -> None:
    """Run the `test` blocks of programs, each after the top level of its file has been run anew."""
    from tensorlogic.runtime import open_file

    permissions = allowed(allow_python, allow_env, allow_read, allow_write)
    results = [
        result
        for file in files
        for result in _results(open_file(file, _out(as_json), permissions=permissions), str(file), only, as_json)
    ]
    passed = sum(result["passed"] for result in results)
    if as_json:
        print_json(results)
    else:
        print(f"{passed} passed, {len(results) - passed} failed" if results else "there are no tests")
    if passed < len(results):
        raise typer.Exit(1)


def _out(as_json: bool) -> TextIO:
    """Where the tests print: not into a JSON document."""
    return sys.stderr if as_json else sys.stdout


def _results(program: Program, file: str, only: str, quiet: bool) -> Iterator[dict[str, Any]]:
    """What became of each test, told as soon as it is known unless `quiet`."""
    for trial in program.trials("test"):
        if only not in trial.name:
            continue
        begin = time.perf_counter()
        error = _failure(program, trial)
        took = time.perf_counter() - begin
        if not quiet:
            print(f"{file}::{trial.name} {'ok' if error is None else 'FAILED'} ({took:.2f} s)")
        if error is not None and not quiet:
            print(render(error), file=sys.stderr)
        findings = [] if error is None else [each.as_dict() for each in error.diagnostics]
        yield {"file": file, "test": trial.name, "seconds": took, "passed": error is None, "errors": findings}


def _failure(program: Program, trial: Trial) -> TensorLogicError | None:
    try:
        program.run_trial(trial)
    except TensorLogicError as error:
        return error
    return None
