"""The state of one run that builtins need: where output goes, what may be written, random numbers."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from tensorlogic.errors import SourceError
from tensorlogic.errors.codes import CANNOT_WRITE
from tensorlogic.runtime.lazy import torch


@dataclass
class Session:
    """One run of a program."""

    out: TextIO
    folder: Path = field(default_factory=Path.cwd)
    """Programs write inside this folder only."""
    write_anywhere: bool = False
    _generator: torch.Generator | None = None

    @property
    def generator(self) -> torch.Generator:
        """The source of random numbers, begun anywhere unless `seed` was called."""
        if self._generator is None:
            self._generator = torch.Generator()
            self._generator.seed()
        return self._generator

    def seed(self, number: int) -> None:
        """Begin the random numbers at a known point."""
        self.generator.manual_seed(number)

    def writable(self, path: str) -> Path:
        """The path, if the program may write there."""
        target = (self.folder / path).resolve()
        if not self.write_anywhere and not target.is_relative_to(self.folder.resolve()):
            message = f"{path} is outside the folder that the program runs in"
            raise SourceError(CANNOT_WRITE, message, help="A program writes only inside that folder.")
        return target


CURRENT: ContextVar[Session] = ContextVar("session")
"""The session of the program that runs."""
