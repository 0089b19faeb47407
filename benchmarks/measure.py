"""The measuring loop, and what its times come to."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tensorlogic.engines.tuning import REST, rest

WARMUP = 3
"""Rounds that do not count."""


def measure(
    runs: Mapping[str, Callable[[Any], object]],
    steps: Sequence[Any],
    rounds: int,
    seconds: float,
    clock: Callable[[], float] = time.perf_counter,
    rest: Callable[[float], object] = rest,
) -> dict[str, list[float]]:
    """Seconds of every run, round by round: at least `rounds` of them, and more until `seconds` have passed.

    They take turns, in an order that changes every round, so that whatever else the machine does meanwhile falls on
    all of them alike. In one round all of them are given the same step, twice: the second time is measured, as in a
    loop, with threads, caches and the clock rate in the state that they have then.
    """
    times: dict[str, list[float]] = {name: [] for name in runs}
    order = list(runs)
    shuffle = random.Random(0).shuffle
    begin, done = clock(), -WARMUP
    while done < rounds or clock() - begin < seconds:
        shuffle(order)
        for name in order:
            rest(REST)
            runs[name](steps[done % len(steps)])
            start = clock()
            runs[name](steps[done % len(steps)])
            if done >= 0:
                times[name].append(clock() - start)
        done += 1
    return times


def milliseconds(times: Sequence[float]) -> float:
    """The median, in milliseconds."""
    return statistics.median(times) * 1e3
