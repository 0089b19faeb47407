"""Timing: several subjects take turns, so that whatever else the machine does falls on all of them alike."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from tensorlogic.engines import Candidate
from tensorlogic.models.bench.power import Meter
from tensorlogic.models.bench.results import Measurement

_PAUSE = 0.02  # seconds; threads of the subject before may still be spinning


@dataclass(slots=True)
class Subject:
    """What is timed, and the times so far."""

    candidate: Candidate
    batch: int | None
    predict: Callable[[], object]
    meter: Meter | None = None
    seconds: list[float] = field(default_factory=list)
    """Of each prediction."""
    joules: float = 0.0

    @property
    def measured(self) -> float:
        """The seconds of all predictions."""
        return sum(self.seconds)

    def measurement(self) -> Measurement:
        """What the times come to; there must be one."""
        median, p90 = np.quantile(self.seconds, (0.5, 0.9))
        # A counter that has not moved yet says nothing.
        power = self.joules / self.measured if self.joules > 0 else None
        return Measurement(self.candidate, self.batch, float(median), float(p90), len(self.seconds), power)


def take_turns(
    subjects: Sequence[Subject],
    seconds: float,
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
    pause: Callable[[float], None] = time.sleep,
) -> Iterable[Subject]:
    """Time each subject for `seconds`, spread over `rounds`, in another order each round; give whose turn is over.

    A prediction that takes longer than a turn uses up the next turns too, so that slow subjects do not delay all.
    """
    order = list(subjects)
    shuffle = random.Random(0).shuffle
    for turn in range(1, rounds + 1):
        shuffle(order)
        for subject in order:
            left = seconds * turn / rounds - subject.measured
            if left > 0 or not subject.seconds:
                pause(_PAUSE)
                _turn(subject, left, clock)
            yield subject


def _turn(subject: Subject, seconds: float, clock: Callable[[], float]) -> None:
    subject.predict()  # not timed: caches hold what the subject before used
    before = subject.meter.joules() if subject.meter else 0.0
    start = last = clock()
    times: list[float] = []
    try:
        while not times or last - start < seconds:
            subject.predict()
            now = clock()
            times.append(now - last)
            last = now
    finally:  # what was timed before an interruption counts
        subject.joules += (subject.meter.joules() if subject.meter else 0.0) - before
        subject.seconds += times
