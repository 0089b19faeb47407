"""Measuring candidates on this machine, once, and remembering which one was the fastest."""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

from tensorlogic.engines import cache
from tensorlogic.engines.machine import fingerprint
from tensorlogic.errors import TensorLogicError

_HOPELESS = 1.5
"""A candidate that is so many times slower than the best once it is warm is not measured any further."""

_ENOUGH = 7
"""Rounds that are worth their time on any model: a median of fewer follows whatever else the machine does."""

_EQUAL = 1.01
"""What is slower by less than this may be faster the next time."""

REST = 0.05
"""Seconds before a run: the threads of the candidate before it may spin for so long."""

Clock = Callable[[], float]
Shapes = Mapping[str, Sequence[int]]


@dataclass(frozen=True, slots=True)
class Timing:
    """How long one run took, in seconds: the median and the 90th percentile of so many rounds."""

    median: float
    p90: float
    rounds: int


@dataclass(frozen=True, slots=True)
class Choice:
    """The candidate to use, and how long each of them took."""

    name: str
    timings: Mapping[str, Timing]

    @classmethod
    def of(cls, timings: Mapping[str, Timing]) -> Choice:
        """The first candidate of those that are as fast as the fastest: list the preferred ones first."""
        slowest = _EQUAL * min(timing.median for timing in timings.values())
        return cls(next(name for name, timing in timings.items() if timing.median <= slowest), timings)


def rest(seconds: float) -> None:
    """Let threads that still spin go to sleep, awake: what sleeps itself may wake up on a core that they want."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def measure(
    sessions: Mapping[str, Callable[[], object]],
    rounds: int = 100,
    seconds: float = 3.0,
    clock: Clock = time.perf_counter,
    rest: Callable[[float], object] = rest,
) -> dict[str, Timing]:
    """How long each candidate takes, measured in turns of changing order so that what disturbs one disturbs all.

    Every candidate is warmed up first, and those that are hopelessly slower than the best keep the time that they took
    then. Measuring ends after `rounds` rounds, or with the first that ends `seconds` after the start once there are
    enough of them.

    A candidate that fails with a `TensorLogicError` is left out; when all of them do, the first error is raised.
    """
    end = clock() + seconds
    warm = _warm_up(sessions, clock)
    worst = _HOPELESS * min(warm.values(), default=0)
    times: dict[str, list[float]] = {name: [] for name, took in warm.items() if took <= worst}
    turns, shuffle = list(times), random.Random(0).shuffle
    for done in range(1, rounds + 1):
        shuffle(turns)
        for name in turns:
            rest(REST)
            sessions[name]()  # brings caches, threads and clock rates back
            times[name].append(_timed(sessions[name], clock))
        if done >= _ENOUGH and clock() >= end:
            break
    return {name: _timing(times.get(name) or [took]) for name, took in warm.items()}


def _warm_up(sessions: Mapping[str, Callable[[], object]], clock: Clock) -> dict[str, float]:
    """The best of three runs after the first, of all candidates that can run."""
    times, failures = {}, []
    for name, run in sessions.items():
        try:
            run()
            times[name] = min(_timed(run, clock) for _ in range(3))
        except TensorLogicError as error:
            failures.append(error)
    if failures and not times:
        raise failures[0]
    return times


def _timed(run: Callable[[], object], clock: Clock) -> float:
    start = clock()
    run()
    return clock() - start


def _timing(times: list[float]) -> Timing:
    from statistics import median

    return Timing(median(times), sorted(times)[math.ceil(0.9 * len(times)) - 1], len(times))


def remember(choice: Choice, model: str, shapes: Shapes, about: str) -> None:
    """Keep a choice for the next time that the same is asked for on this machine.

    `model` is a key of all that decides what is run: the content, the function, and the device and precision that were
    asked for. `shapes` are those of the inputs. `about` says to people which model it is.
    """
    facts = {"what": "choice of engine", "of": about, "choice": choice.name}
    cache.default().keep_text(_key(model, shapes), json.dumps(asdict(choice)), facts)


def recall(model: str, shapes: Shapes) -> Choice | None:
    """The choice that was remembered for this, on this machine and with these versions of the engines."""
    text = cache.default().find_text(_key(model, shapes))
    if text is None:
        return None
    said = json.loads(text)
    return Choice(said["name"], {name: Timing(**timing) for name, timing in said["timings"].items()})


def _key(model: str, shapes: Shapes) -> str:
    inputs = json.dumps({name: list(shapes[name]) for name in sorted(shapes)})
    return cache.key("choice", model, inputs, fingerprint())  # a choice of other fields needs another first word
