"""A compiled program: its files, and ways to run it."""

from __future__ import annotations

import gc
import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from traceback import clear_frames
from typing import Any

from tensorlogic.errors import Diagnostic
from tensorlogic.lang import Source, checked
from tensorlogic.lang.codegen import main_name, program_name, trial_name
from tensorlogic.lang.emit import is_global
from tensorlogic.runtime.builtins import CONSTANTS, FUNCTIONS
from tensorlogic.runtime.calls import Signatures
from tensorlogic.runtime.failures import explain
from tensorlogic.runtime.loader import Loader, Unit
from tensorlogic.runtime.namespace import modules, namespace
from tensorlogic.runtime.session import CURRENT, Session
from tensorlogic.runtime.structs import Struct, settle

_LEAST = 3
"""Runs of a benchmark, however long they take."""


class Program:
    """A program that can run, with the files that it imports."""

    def __init__(self, units: list[Unit], session: Session) -> None:
        self._units = units
        self._session = session

    @classmethod
    def of_file(cls, path: Path, session: Session) -> Program:
        """The program in a file. Raises a `SourceError` with everything that is wrong with its text."""
        loader = new_loader(session)
        loader.load_file(path)
        return cls(loader.units, session)

    @classmethod
    def of_source(cls, source: Source, session: Session) -> Program:
        """The program of a text, whose imports are relative to the session's home."""
        loader = new_loader(session)
        loader.load(source, session.home)
        return cls(loader.units, session)

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """What is odd about the text of the program and of its imports."""
        return tuple(warning for unit in self._units for warning in unit.program.warnings)

    @property
    def units(self) -> tuple[Unit, ...]:
        """Its files, what is imported first."""
        return tuple(self._units)

    def trials(self, word: str) -> tuple[checked.Trial, ...]:
        """The tests of the file itself, or with ``"bench"`` its benchmarks."""
        return tuple(trial for trial in self._units[-1].program.trials if trial.word == word)

    def run(self) -> None:
        """Run the top level, and ``main``."""
        with self._running() as names:
            self._begin(names)
            program = self._units[-1].program
            if program.main is not None:
                names[main_name(program.unit)]()

    def run_trial(self, trial: checked.Trial) -> None:
        """Run a test or a benchmark, after the top level has been run anew."""
        with self._running() as names:
            self._begin(names)
            names[trial_name(trial, self._units[-1].program.unit)]()

    def timed(self, trial: checked.Trial, seconds: float) -> list[float]:
        """How long each run of a benchmark took, in seconds: three at least, and more until `seconds` have passed.

        What it prints is seen once, in the first run, which does not count.
        """
        with self._running() as names:
            self._begin(names)
            run = names[trial_name(trial, self._units[-1].program.unit)]
            run()
            out, self._session.out = self._session.out, io.StringIO()
            try:
                return _times(run, seconds)
            finally:
                self._session.out = out

    def _begin(self, names: dict[str, Any]) -> None:
        for unit in self._units:
            begin(unit, names)

    @contextmanager
    def _running(self) -> Iterator[dict[str, Any]]:
        names = namespace()
        self._session.forget()
        with running(self._units, self._session, partial(end, names)):
            yield names


def begin(unit: Unit, names: dict[str, Any]) -> Any:
    """Run the top level of a file, and give back the value of an input that has one."""
    names.update(modules(unit.code))
    exec(unit.code, names)
    return names[program_name(unit.program.unit)]()


def end(names: dict[str, Any]) -> None:
    """Drop what the variables of the top level hold, the newest first, and what is in no variable's reach."""
    if any(isinstance(value, type) and issubclass(value, Struct) and value.drops for value in names.values()):
        for name in [name for name in reversed(names) if is_global(name)]:
            del names[name]
        gc.collect()
        settle()


@contextmanager
def running(units: list[Unit], session: Session, at_end: Callable[[], None] | None = None) -> Iterator[None]:
    """While code of these files runs, in a session, and `at_end` in any case; what fails is explained."""
    token = CURRENT.set(session)
    try:
        yield
        if at_end is not None:
            at_end()
    except BrokenPipeError:
        raise
    except Exception as error:
        told = explain(error, units)
        clear_frames(error.__traceback__)
        if at_end is not None:
            at_end()
        raise told from error
    finally:
        CURRENT.reset(token)


def _times(run: Callable[[], object], seconds: float) -> list[float]:
    times: list[float] = []
    end = time.perf_counter() + seconds
    while len(times) < _LEAST or time.perf_counter() < end:
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    return times


def new_loader(session: Session) -> Loader:
    """A loader that knows the builtins."""
    return Loader(Signatures(FUNCTIONS), frozenset(CONSTANTS), session)
