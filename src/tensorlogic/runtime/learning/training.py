"""The training of a ``learn`` block."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from math import inf
from typing import Any, Final

from tensorlogic.errors import SourceError
from tensorlogic.errors.codes import WRONG_ARGUMENTS
from tensorlogic.runtime.learning import checkpoint
from tensorlogic.runtime.learning.batches import Batches
from tensorlogic.runtime.learning.history import Epoch, History
from tensorlogic.runtime.learning.interrupting import deferred
from tensorlogic.runtime.learning.options import Options
from tensorlogic.runtime.learning.progress import Report, reporting
from tensorlogic.runtime.learning.records import recording
from tensorlogic.runtime.learning.stepping import Stepper
from tensorlogic.runtime.learning.weights import Weights, learnables
from tensorlogic.runtime.session import CURRENT

Step = Callable[..., Any]
"""The objective, by the epoch from 0 and, named, by what the step reads of the data."""
SECONDS_KEPT: Final = 30.0
"""A checkpoint is written after so long, at the end, and when training is interrupted."""
_NOTHING: Final[Mapping[str, Any]] = {}


def learn(step: Step, parameters: Mapping[str, Any], options: Options, data: Mapping[str, Any] = _NOTHING) -> History:
    """Train the learnable tensors among `parameters` until ``step(epoch, **data)`` is as small as the options allow.

    Structs and lists of learnable tensors count as well. With ``batch``, a step takes the rows of some examples: of
    the tensors in `data` whose first axis is the longest. Ctrl-C ends training between two steps, when the checkpoint
    has been written. A checkpoint that is there is gone on from, to the same bits as without the interruption.
    """
    found = learnables(parameters)
    if not found:
        message = "there is nothing to train: no learnable tensor is in reach"
        raise SourceError(WRONG_ARGUMENTS, message, help="Declare one: tensor w: float32[3] learnable.")
    if options.seed is not None:
        CURRENT.get().seed(options.seed)
    training = _Training(step, Weights(found), Batches(data, options.batch), options)
    training.run()
    return training.history


class _Training:
    def __init__(self, step: Step, weights: Weights, batches: Batches, options: Options) -> None:
        self._step = step
        self._options = options
        self._batches = batches
        self._parameters = weights.parameters
        measures = options.verbose or options.log is not None or CURRENT.get().log is not None
        self._stepper = Stepper(weights, options, measures)
        self._at = checkpoint.Position()
        self._next = inf if options.checkpoint is None else time.monotonic() + SECONDS_KEPT
        self.history = History()

    def run(self) -> None:
        self._resume()
        with recording(self.history, self._options) as note, reporting(self._options, self._parameters) as report:
            with deferred() as interrupted:
                while self._at.epoch < self._options.epochs and not self._is_over():
                    self._run_epoch(report, interrupted)
                    note(self._at.epoch, self.history.epochs[-1])
                    report.epoch(self._at.epoch, self.history.epochs[-1])
            self._keep()

    def _is_over(self) -> bool:
        return self._options.patience is not None and self.history.waited >= self._options.patience

    def _resume(self) -> None:
        path = self._options.checkpoint
        if path is None or not path.exists():
            return
        self._at = checkpoint.read(path, self._options.optimizer.name, self._stepper, self.history)
        done = f"{self._at.epoch} of {self._options.epochs} epochs are done"
        CURRENT.get().out.write(f"Going on from {path.name}: {done}\n")

    def _keep(self) -> None:
        if (path := self._options.checkpoint) is not None:
            checkpoint.write(path, self._options.optimizer.name, self._stepper, self._at, self.history)
            self._next = time.monotonic() + SECONDS_KEPT

    def _run_epoch(self, report: Report, interrupted: Callable[[], bool]) -> None:
        at, stepper, steps = self._at, self._stepper, self._batches.count
        if at.steps == 0:
            at.order = self._batches.order()
        stepper.rate = self._options.rate(at.epoch)
        for rows, examples in self._batches.of(at.order, at.steps):
            loss = stepper.step(self._step(at.epoch, **rows))
            at.total += loss * examples
            at.examples += examples
            at.steps += 1
            report.step(at.epoch + at.steps / steps, loss)
            if at.steps < steps:
                self._pause(interrupted)
        self.history.add(Epoch(at.total / at.examples, stepper.gradient_norm, stepper.rate))
        self._at = checkpoint.Position(at.epoch + 1)
        self._pause(interrupted)

    def _pause(self, interrupted: Callable[[], bool]) -> None:
        """Between two steps: write the checkpoint when it is time, and end when that is wanted."""
        if interrupted():
            self._keep()
            path = self._options.checkpoint
            kept = "" if path is None else f"; {path.name} is kept"
            raise KeyboardInterrupt(f"interrupted after {self._at.epoch} of {self._options.epochs} epochs{kept}")
        if time.monotonic() >= self._next:
            self._keep()
