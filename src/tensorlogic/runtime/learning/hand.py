"""The second form of ``learn``: a block with a loop of its own, whose ``backward`` makes the steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from tensorlogic.errors import SourceError
from tensorlogic.errors.codes import WRONG_ARGUMENTS
from tensorlogic.runtime.convert import as_number
from tensorlogic.runtime.learning.history import Epoch, History
from tensorlogic.runtime.learning.options import Options
from tensorlogic.runtime.learning.progress import Report, reporting
from tensorlogic.runtime.learning.records import recording
from tensorlogic.runtime.learning.stepping import Stepper, loss_value
from tensorlogic.runtime.learning.weights import Weights, learnables, leaves
from tensorlogic.runtime.session import CURRENT

_OF_A_LOOP: Final = ("scheduler", "batch", "patience", "checkpoint")
"""The options that say how the loop goes, which is the program's own here."""


class Hand:
    """The optimizer of a block that trains by hand: the word ``optimizer`` in it."""

    __tl_members__ = frozenset({"lr", "set_lr"})

    def __init__(self, variables: Mapping[str, Any], options: Options) -> None:
        self._variables = variables
        self._options = options
        self._stepper: Stepper | None = None
        self._rate = options.first_rate
        self.history = History()
        self.note: Any = None
        self.report: Report | None = None

    @property
    def lr(self) -> float:
        """The learning rate."""
        return self._rate

    def set_lr(self, rate: Any) -> None:
        """Go on with another learning rate."""
        self._rate = float(as_number(rate))
        if self._rate < 0:
            raise SourceError(WRONG_ARGUMENTS, f"a learning rate is 0 or more, not {self._rate}")

    def step(self, loss: Any) -> None:
        """Move what the first loss depends on so that this one becomes smaller."""
        loss_value(loss)
        if self._stepper is None:
            self._stepper = Stepper(Weights(self._names(loss)), self._options, measures=True)
        self._stepper.rate = self._rate
        number = self._stepper.step(loss)
        self.history.add(Epoch(number, self._stepper.gradient_norm, self._rate))
        steps = len(self.history.epochs)
        self.note(steps, self.history.epochs[-1])
        if self.report is not None:
            self.report.step(min(steps, self._options.epochs), number)
            self.report.epoch(steps, self.history.epochs[-1])

    def _names(self, loss: Any) -> dict[str, Any]:
        """What the loss depends on, by the names of variables where there are such."""
        names = {id(tensor): name for name, tensor in learnables(self._variables).items()}
        return {names.get(id(leaf), f"parameter {number}"): leaf for number, leaf in enumerate(leaves(loss), 1)}


@contextmanager
def by_hand(variables: Mapping[str, Any], options: Options) -> Iterator[Hand]:
    """The optimizer of a block; while it runs, each ``backward(loss)`` makes a step.

    `variables` are the program's, for the names of what is trained. Errors: an option that says how a loop goes.
    """
    for word in _OF_A_LOOP:
        if getattr(options, word) is not None:
            help = "Write an objective in place of the loop, or do it in the loop: optimizer.set_lr(…)."
            raise SourceError(WRONG_ARGUMENTS, f"`{word}` is for a `learn` with an objective", help=help)
    session = CURRENT.get()
    if options.seed is not None:
        session.seed(options.seed)
    hand = Hand(variables, options)
    before, session.optimizer = session.optimizer, hand
    try:
        with recording(hand.history, options) as hand.note, reporting(options, learnables(variables)) as hand.report:
            yield hand
    finally:
        session.optimizer = before
