"""The schedulers: learning rates by the epoch. To add one, write a function of its settings, and name it below.

Every one takes `warmup`, a number of epochs in which the rate rises in a line before the schedule begins.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

Schedule = Callable[[float, int, int], float]
"""The rate of an epoch, by the rate that the optimizer was given, the epoch from 0, and the number of epochs."""


def step(step_size: int = 10, gamma: float = 0.1, warmup: int = 0) -> Schedule:
    """The rate times `gamma` after every `step_size` epochs."""
    return _rising(warmup, lambda rate, epoch, epochs: rate * gamma ** (epoch // step_size))


def exponential(gamma: float = 0.95, warmup: int = 0) -> Schedule:
    """The rate times `gamma` after every epoch."""
    return _rising(warmup, lambda rate, epoch, epochs: rate * gamma**epoch)


def cosine(t_max: int | None = None, eta_min: float = 0.0, warmup: int = 0) -> Schedule:
    """Half a cosine from the rate to `eta_min`, in `t_max` epochs, or in all (Loshchilov and Hutter, 2017)."""

    def rate_of(rate: float, epoch: int, epochs: int) -> float:
        return eta_min + (rate - eta_min) * (1 + math.cos(math.pi * epoch / (t_max or epochs))) / 2

    return _rising(warmup, rate_of)


def linear(
    start_factor: float = 1.0, end_factor: float = 0.0, total_iters: int | None = None, warmup: int = 0
) -> Schedule:
    """A line from the rate times `start_factor` to that times `end_factor`, in `total_iters` epochs, or in all."""

    def rate_of(rate: float, epoch: int, epochs: int) -> float:
        part = min(1.0, epoch / (total_iters or epochs))
        return rate * (start_factor + (end_factor - start_factor) * part)

    return _rising(warmup, rate_of)


def warmup(epochs: int = 5) -> Schedule:
    """A line up to the rate, which it has after so many epochs, and keeps."""
    return _rising(epochs, constant)


def constant(rate: float, epoch: int, epochs: int) -> float:
    """The rate itself: no scheduler."""
    return rate


def _rising(warmup: int, schedule: Schedule) -> Schedule:
    """The schedule after a rise in which no epoch has the rate 0, nor the full one before it ends."""

    def rate_of(rate: float, epoch: int, epochs: int) -> float:
        if epoch < warmup:
            return rate * (epoch + 1) / (warmup + 1)
        return schedule(rate, epoch - warmup, max(1, epochs - warmup))

    return rate_of


SCHEDULERS: Final[dict[str, Callable[..., Schedule]]] = {
    f.__name__: f for f in (step, exponential, cosine, linear, warmup)
}
