"""One step of training: gradients, clipping, the optimizer."""

from __future__ import annotations

from math import isfinite, nan
from typing import Any

from tensorlogic.errors import SourceError
from tensorlogic.errors.codes import RUN_FAILED, WRONG_TYPE
from tensorlogic.runtime.kinds import kind, with_article
from tensorlogic.runtime.lazy import is_tensor, torch
from tensorlogic.runtime.learning.options import Options
from tensorlogic.runtime.learning.weights import Weights


class Stepper:
    """Moves weights by the gradients of losses."""

    def __init__(self, weights: Weights, options: Options, measures: bool) -> None:
        self.weights = weights
        self.optimizer = options.make(list(weights.trained.values()))
        self.gradient_norm = nan
        """That of the last step before it was clipped, where it is measured."""
        self._clip = options.clip
        self._measures = measures

    @property
    def rate(self) -> float:
        """The learning rate."""
        rate: float = self.optimizer.param_groups[0]["lr"]
        return rate

    @rate.setter
    def rate(self, rate: float) -> None:
        self.optimizer.param_groups[0]["lr"] = rate

    def step(self, loss: Any) -> float:
        """Make one step that lowers the loss, and give it back as a number."""
        number = loss_value(loss)
        if self.weights.differentiate(loss):
            if self._clip is not None:
                self.gradient_norm = float(torch.nn.utils.clip_grad_norm_(self.weights.trained.values(), self._clip))
            elif self._measures:
                self.gradient_norm = float(torch.nn.utils.get_total_norm(self.weights.gradients()))
            self.optimizer.step()
            self.weights.publish()
        return number


def loss_value(loss: Any) -> float:
    """The number that a loss is. Errors: it is no single number, it depends on nothing learnable, it is not finite."""
    if not is_tensor(loss) or not loss.requires_grad:
        help = "Declare what is to be trained: tensor w: float32[3] learnable."
        raise SourceError(WRONG_TYPE, _UNLEARNABLE if is_tensor(loss) else _no_loss(loss), help=help)
    if loss.numel() != 1:
        message = f"an objective is one number, not {with_article(kind(loss))}"
        raise SourceError(WRONG_TYPE, message, help="Take its mean(…) or its sum(…).")
    number: float = loss.item()
    if not isfinite(number):
        help = "A smaller learning rate may help, or `clip: 1.0`; or the objective takes log(0), or divides by 0."
        raise SourceError(RUN_FAILED, f"the objective became {number}", help=help)
    return number


_UNLEARNABLE = "the objective depends on no learnable tensor"


def _no_loss(value: object) -> str:
    return f"an objective is a number that depends on learnable tensors, not {with_article(kind(value))}"
