"""What came of training, epoch by epoch."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Final, NamedTuple

from tensorlogic.errors import SourceError
from tensorlogic.errors.codes import CANNOT_WRITE


class Epoch(NamedTuple):
    """One pass over all examples."""

    loss: float
    """The mean of the objective over the examples."""
    gradient_norm: float
    """The norm of all gradients together at the last step, before they were clipped; NaN where nobody asked for it."""
    learning_rate: float


@dataclass
class History:
    """The epochs of a training."""

    epochs: list[Epoch] = field(default_factory=list)
    best: float = inf
    """The smallest loss of an epoch."""
    waited: int = 0
    """How many epochs have passed since."""

    @property
    def losses(self) -> list[float]:
        """The loss of every epoch."""
        return [epoch.loss for epoch in self.epochs]

    def add(self, epoch: Epoch) -> None:
        """Note one more epoch."""
        self.epochs.append(epoch)
        self.waited = 0 if epoch.loss < self.best else self.waited + 1
        self.best = min(self.best, epoch.loss)


COLUMNS: Final = ("training", "epoch", *Epoch._fields)
Note = Callable[[int, Epoch], None]


@contextmanager
def logged(path: Path | None, training: int = 1) -> Iterator[Note]:
    """A CSV file that is told of each epoch, or nothing without a path.

    A `training` after the first adds to the file. Errors: it cannot be written.
    """
    if path is None:
        yield lambda number, epoch: None
        return
    first = training == 1
    try:
        file = path.open("w" if first else "a", newline="", encoding="utf-8")
    except OSError as error:
        raise SourceError(CANNOT_WRITE, f"cannot write {path.name}: {error.strerror or error}") from None
    with file:
        rows = csv.writer(file)
        if first:
            rows.writerow(COLUMNS)
        yield lambda number, epoch: rows.writerow((training, number, *epoch))
