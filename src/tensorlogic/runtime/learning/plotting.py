"""The loss as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tensorlogic.errors import SourceError
from tensorlogic.errors.codes import CANNOT_WRITE
from tensorlogic.runtime.learning.history import History

_SPAN = 100
"""Losses that differ by more than this factor are drawn on a logarithmic axis."""


def draw(path: Path, histories: Sequence[History]) -> None:
    """Draw the loss over the epochs, a line for each training. The name's ending says the format."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    for number, history in enumerate(histories, 1):
        axes.plot(range(1, len(history.epochs) + 1), history.losses, label=f"training {number}")
    every = [loss for history in histories for loss in history.losses]
    if every and min(every) > 0 and max(every) > _SPAN * min(every):
        axes.set_yscale("log")
    axes.set_xlabel("epoch")
    axes.set_ylabel("loss")
    if len(histories) > 1:
        axes.legend()
    try:
        figure.savefig(path)
    except OSError as error:
        raise SourceError(CANNOT_WRITE, f"cannot write {path.name}: {error.strerror or error}") from None
