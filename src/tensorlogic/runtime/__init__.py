"""Runs programs: compiles them, gives them their builtins, and explains what fails."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TextIO

from tensorlogic.errors import Diagnostic
from tensorlogic.lang import Source
from tensorlogic.runtime.program import Program
from tensorlogic.runtime.session import Permissions, Session

__all__ = ["Permissions", "Program", "check_file", "open_file", "run_file", "run_source"]


def run_file(
    path: str | Path,
    out: TextIO | None = None,
    *,
    permissions: Permissions | None = None,
    log: Path | None = None,
    plot: Path | None = None,
) -> None:
    """Run the program in a file; what it prints goes to `out`, or to the standard output.

    What it trains is kept as a table in the CSV file `log`, and as a picture in `plot`. Every failure is a
    `TensorLogicError` whose diagnostics have places in the program's text.
    """
    session = _session(out, Path(path).parent, permissions)
    session.keep(log, plot)
    Program.of_file(Path(path), session).run()


def open_file(path: str | Path, out: TextIO | None = None, *, permissions: Permissions | None = None) -> Program:
    """The program in a file, compiled and ready to run, or a `SourceError` with everything wrong with its text."""
    return Program.of_file(Path(path), _session(out, Path(path).parent, permissions))


def check_file(path: str | Path) -> tuple[Diagnostic, ...]:
    """The warnings about a program, or a `SourceError` with everything that is wrong with its text."""
    return open_file(path).warnings


def run_source(
    text: str,
    name: str = "program",
    out: TextIO | None = None,
    *,
    folder: str | Path = ".",
    permissions: Permissions | None = None,
) -> None:
    """Run a program that is given as text; messages call it `name`, and its imports are in `folder`."""
    Program.of_source(Source(name, text), _session(out, Path(folder), permissions)).run()


def _session(out: TextIO | None, home: Path, permissions: Permissions | None) -> Session:
    return Session(sys.stdout if out is None else out, home, permissions or Permissions())
