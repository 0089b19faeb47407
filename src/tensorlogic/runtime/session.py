"""The state of one run that builtins need: where output goes, what may be written, random numbers."""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from tensorlogic.errors import SourceError
from tensorlogic.errors.codes import CANNOT_WRITE, FILE_NOT_FOUND, NOT_ALLOWED, WRONG_TYPE
from tensorlogic.runtime.kinds import kind, with_article
from tensorlogic.runtime.lazy import logic, torch

if TYPE_CHECKING:
    from tensorlogic.logic import Knowledge

if TYPE_CHECKING:
    from tensorlogic.runtime.learning import Hand, History


@dataclass(frozen=True)
class Permissions:
    """What a program may do beside computing, printing, and using the files in its folders."""

    python: bool = False
    """Whether it may call Python."""
    environment: bool = False
    """Whether it may read environment variables."""
    read: tuple[Path, ...] = ()
    """More files and folders that it may read."""
    write: tuple[Path, ...] = ()
    """More files and folders that it may write and read."""


@dataclass
class Session:
    """One run of a program."""

    out: TextIO
    home: Path = field(default_factory=Path.cwd)
    """The folder that the program is in: it reads there, and in the current folder, where it also writes."""
    permissions: Permissions = Permissions()
    python_modules: dict[str, Any] = field(default_factory=dict)
    """What `python.call` names Python's modules by."""
    folder: Path = field(default_factory=Path.cwd)
    failed_drops: list[BaseException] = field(default_factory=list)
    """What values raised when they were dropped."""
    log: Path | None = None
    """A CSV file for the epochs of everything that is trained."""
    plot: Path | None = None
    """A picture for their losses."""
    trainings: list[History] = field(default_factory=list)
    """What has been trained so far."""
    optimizer: Hand | None = None
    """What makes a step at each ``backward``, in a ``learn`` block that trains by hand."""
    learnables: dict[tuple[str, int], Any] = field(default_factory=dict)
    """What is declared as learnable at the top level, by its name and the number of its file."""
    _generator: torch.Generator | None = None
    _knowledge: Knowledge | None = None

    @property
    def generator(self) -> torch.Generator:
        """The source of random numbers, begun anywhere unless `seed` was called."""
        if self._generator is None:
            self._generator = torch.Generator()
            self._generator.seed()
        return self._generator

    @property
    def knowledge(self) -> Knowledge:
        """The relations of the program, with their facts and rules."""
        if self._knowledge is None:
            self._knowledge = logic.Knowledge()
        return self._knowledge

    def forget(self) -> None:
        """Know nothing and have nothing learnable, as when a program begins."""
        self._knowledge = None
        self.learnables = {}

    def seed(self, number: int) -> None:
        """Begin the random numbers at a known point."""
        self.generator.manual_seed(number)

    def keep(self, log: Path | None, plot: Path | None) -> None:
        """Keep what is trained in these files. Raises `UsageError` for a picture that cannot be drawn."""
        if plot is not None:
            from tensorlogic.models.bench.plot import check_picture

            check_picture(plot)
        self.log, self.plot = log, plot

    def aside(self, out: TextIO) -> Session:
        """A session that begins as this one is, prints to `out`, and leaves this one as it is."""
        other = replace(self, out=out, trainings=[], _generator=None)
        other.python_modules, other.learnables = {**self.python_modules}, {**self.learnables}
        if self._generator is not None:
            other.generator.set_state(self._generator.get_state())
        return other

    def writable(self, path: str) -> Path:
        """The path, if the program may write there."""
        target = self._resolved(path)
        if not _within(target, (self.folder, *self.permissions.write)):
            message = f"{path} is outside the folder that the program runs in"
            raise SourceError(CANNOT_WRITE, message, help="Allow it: tl run --allow-write FOLDER.")
        return target

    def readable(self, path: str) -> str:
        """The path, if the program may read there."""
        if not self.may_read(path):
            message = f"{path} is outside the folders that the program may read"
            raise SourceError(NOT_ALLOWED, message, help="Allow it: tl run --allow-read FOLDER.")
        return path

    def readable_model(self, path: str) -> str:
        """The same for a file or a folder of a model, which may consist of links."""
        target = self._resolved(self.readable(path))
        for each in target.iterdir() if target.is_dir() else ():
            if each.is_symlink():
                self.readable(str(each))
        return path

    def may_read(self, path: str) -> bool:
        """Whether the program may read there."""
        return _within(self._resolved(path), self.folders)

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where the program may read."""
        return self.folder, self.home, *self.permissions.read, *self.permissions.write

    def _resolved(self, path: str) -> Path:
        """Where a path leads in the end; symbolic links are followed."""
        if not isinstance(path, str):
            raise SourceError(WRONG_TYPE, f"a path is a string, not {with_article(kind(path))}")
        try:
            return (self.folder / path).resolve()
        except (ValueError, RuntimeError, OSError) as error:
            raise SourceError(FILE_NOT_FOUND, f"no file can be at {path!r}: {error}") from None


def _within(path: Path, folders: Iterable[Path]) -> bool:
    return any(path.is_relative_to(folder.resolve()) for folder in folders)


CURRENT: ContextVar[Session] = ContextVar("session")
"""The session of the program that runs."""
