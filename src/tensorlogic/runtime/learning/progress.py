"""How far training has come: a bar where a person looks, or the lines of the public implementation."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol, TextIO

from tensorlogic.runtime.display import nested
from tensorlogic.runtime.learning.history import Epoch
from tensorlogic.runtime.learning.options import Choice, Options
from tensorlogic.runtime.session import CURRENT

if TYPE_CHECKING:
    import torch
    from rich.progress import Progress

_SHOWN: Final = 5
"""So many elements of a parameter are shown."""
_SECONDS: Final = 0.1
"""A bar is drawn anew after so long."""


class Report(Protocol):
    """What is told of training while it goes on."""

    def step(self, done: float, loss: float) -> None:
        """So many epochs are done, with this loss at the last step."""

    def epoch(self, number: int, epoch: Epoch) -> None:
        """An epoch is complete; they count from 1."""


class Silence:
    """Says nothing."""

    def step(self, done: float, loss: float) -> None:
        """Say nothing."""

    def epoch(self, number: int, epoch: Epoch) -> None:
        """Say nothing."""


class Bar(Silence):
    """A bar on standard error."""

    def __init__(self, progress: Progress, epochs: int) -> None:
        self._progress = progress
        self._task = progress.add_task("Learning", total=epochs)
        self._next = 0.0

    def step(self, done: float, loss: float) -> None:
        """Draw the bar, unless it was drawn just now: that takes longer than many a step."""
        if (now := time.monotonic()) >= self._next:
            self._next = now + _SECONDS
            self._progress.update(self._task, completed=done, description=f"Learning, loss {loss:.6g}")


class Lines(Silence):
    """A line for each epoch, with those before and behind that the public implementation prints."""

    def __init__(self, out: TextIO, options: Options, parameters: Mapping[str, torch.Tensor]) -> None:
        self._out = out
        self._options = options
        self._parameters = parameters

    def begin(self) -> None:
        """Say what is trained, and how."""
        options = self._options
        self._say("", "=== Learning Started ===", f"Optimizer: {options.optimizer.name}")
        self._say(f"Epochs: {options.epochs}", *_settings(options.optimizer))
        if options.scheduler is not None:
            self._say("", f"Scheduler: {options.scheduler.name}", *_settings(options.scheduler))
        for name, parameter in self._parameters.items():
            self._say("", f"Learnable parameter: {name}", f"  Shape: {list(parameter.shape)}")
            self._say(f"  Initial values: {_first(parameter)}")
        self._say("", "--- Training Progress ---")

    def epoch(self, number: int, epoch: Epoch) -> None:
        """Say the loss and the gradients' norm, and every ten epochs the first parameter and a changed rate."""
        line = f"Epoch {number:3}/{self._options.epochs}: Loss = {epoch.loss:.6f}"
        line += f", Grad Norm: {epoch.gradient_norm:.6f}"
        if number % 10 == 1 or number == self._options.epochs:
            line += self._details(number, epoch)
        self._say(line)

    def end(self) -> None:
        """Say what the parameters have become."""
        self._say("", "=== Learning Completed ===", "", "Final Parameter Values:")
        self._say(*(f"  {name}: {_first(parameter)}" for name, parameter in self._parameters.items()))

    def _details(self, number: int, epoch: Epoch) -> str:
        name, parameter = next(iter(self._parameters.items()))
        details = f", {name} = [{parameter.detach().flatten()[0]:.4f}, ...]" if parameter.numel() else ""
        if number > 1 and epoch.learning_rate != self._options.first_rate:
            details += f", LR: {epoch.learning_rate:.6f}"
        return details

    def _say(self, *lines: str) -> None:
        self._out.write("".join(f"{line}\n" for line in lines))


def _settings(choice: Choice) -> list[str]:
    return [f"  {name}: {nested(value)}" for name, value in choice.settings.items()]


def _first(parameter: torch.Tensor) -> str:
    return nested(parameter.detach().flatten()[:_SHOWN])


@contextmanager
def reporting(options: Options, parameters: Mapping[str, torch.Tensor]) -> Iterator[Report]:
    """What tells of training while the block runs, as the options say."""
    if options.verbose:
        lines = Lines(CURRENT.get().out, options, parameters)
        lines.begin()
        yield lines
        lines.end()
        return
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield Silence()
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield Bar(progress, options.epochs)
