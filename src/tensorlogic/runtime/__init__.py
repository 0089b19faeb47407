"""Runs programs: compiles them, gives them their builtins, and explains what fails."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TextIO

from tensorlogic.lang import Source
from tensorlogic.lang.codegen import program_name
from tensorlogic.runtime.builtins import CONSTANTS, FUNCTIONS
from tensorlogic.runtime.failures import explain
from tensorlogic.runtime.loader import Loader
from tensorlogic.runtime.namespace import namespace
from tensorlogic.runtime.session import CURRENT, Session

__all__ = ["run_file", "run_source"]


def run_file(path: str | Path, out: TextIO | None = None, *, write_anywhere: bool = False) -> None:
    """Run the program in a file; what it prints goes to `out`, or to the standard output.

    Every failure is a `TensorLogicError` whose diagnostics have places in the program's text.
    """
    loader = _loader()
    loader.load_file(Path(path))
    _run(loader, Session(sys.stdout if out is None else out, write_anywhere=write_anywhere))


def run_source(
    text: str,
    name: str = "program",
    out: TextIO | None = None,
    *,
    folder: str | Path = ".",
    write_anywhere: bool = False,
) -> None:
    """Run a program that is given as text; messages call it `name`, and its imports are in `folder`."""
    loader = _loader()
    loader.load(Source(name, text), Path(folder))
    _run(loader, Session(sys.stdout if out is None else out, write_anywhere=write_anywhere))


def _loader() -> Loader:
    return Loader(frozenset(FUNCTIONS), frozenset(CONSTANTS))


def _run(loader: Loader, session: Session) -> None:
    names = namespace()
    token = CURRENT.set(session)
    try:
        for unit in loader.units:
            exec(unit.code, names)
            names[program_name(unit.program.unit)]()
    except BrokenPipeError:
        raise
    except Exception as error:
        raise explain(error, loader.units) from error
    finally:
        CURRENT.reset(token)
