"""Candidates are measured fairly and briefly, and the winner is remembered. The clock is the test's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, repeat

import pytest

from tensorlogic.engines import cache, tuning
from tensorlogic.engines.tuning import Choice, Timing, measure
from tensorlogic.errors import EngineError, codes


class Bench:
    """Candidates whose runs take as long as they are told, on a clock that only they move."""

    def __init__(self) -> None:
        self.now = 0.0
        self.calls: list[str] = []

    def clock(self) -> float:
        return self.now

    def candidate(self, name: str, times: Iterable[float]) -> Callable[[], object]:
        """One whose runs take `times`, the last of them ever after."""
        *first, last = times
        left: Iterator[float] = chain(first, repeat(last))

        def run() -> None:
            self.calls.append(name)
            self.now += next(left)

        return run

    def measure(self, rounds: int = 10, seconds: float = 1e9, **times: Iterable[float]) -> dict[str, Timing]:
        candidates = {name: self.candidate(name, each) for name, each in times.items()}
        return measure(candidates, rounds, seconds, self.clock, self.rest)

    def rest(self, seconds: float) -> None:
        self.calls.append("rest")


WARM_UP = 4


def test_every_candidate_gets_its_own_time() -> None:
    timings = Bench().measure(a=[5], b=[4], c=[6])
    assert timings == {"a": Timing(5, 5, 10), "b": Timing(4, 4, 10), "c": Timing(6, 6, 10)}
    assert list(timings) == ["a", "b", "c"]


def test_warming_up_does_not_count() -> None:
    # Compiles in its first run, and is slow in its second.
    assert Bench().measure(a=[900, 50, 2], b=[3])["a"] == Timing(2, 2, 10)


def test_the_median_and_the_90th_percentile() -> None:
    twice = chain.from_iterable((0, time) for time in (7, 1, 10, 3, 5, 2, 9, 4, 8, 6))  # the first does not count
    assert Bench().measure(a=[*repeat(1, WARM_UP), *twice]) == {"a": Timing(5.5, 9, 10)}


def test_candidates_take_turns_in_changing_order() -> None:
    bench = Bench()
    bench.measure(rounds=12, a=[1], b=[1], c=[1])
    turns = bench.calls[3 * WARM_UP + 1 :: 3]
    assert bench.calls[3 * WARM_UP :: 3] == ["rest"] * 36
    assert bench.calls[3 * WARM_UP + 2 :: 3] == turns
    rounds = [tuple(turns[start : start + 3]) for start in range(0, len(turns), 3)]
    assert len(rounds) == 12
    assert all(sorted(each) == ["a", "b", "c"] for each in rounds)
    assert len(set(rounds)) > 3


def test_a_hopeless_candidate_is_dropped() -> None:
    bench = Bench()
    timings = bench.measure(a=[100, 6.25, 12, 10], b=[4], c=[6])
    assert timings == {"a": Timing(6.25, 6.25, 1), "b": Timing(4, 4, 10), "c": Timing(6, 6, 10)}
    assert Counter(bench.calls) == {"a": WARM_UP, "b": WARM_UP + 20, "c": WARM_UP + 20, "rest": 20}


# Seconds that are allowed, and rounds of two candidates of one second each: seven at least.
BUDGETS = [(0, 7), (36, 7), (36.5, 8), (40, 8), (41, 9), (1000, 10)]


@pytest.mark.parametrize(("seconds", "rounds"), BUDGETS)
def test_the_time_is_bounded(seconds: float, rounds: int) -> None:
    timings = Bench().measure(seconds=seconds, a=[1], b=[1])
    assert [timing.rounds for timing in timings.values()] == [rounds, rounds]


def failing(times: int) -> Callable[[], object]:
    """A candidate that fails after some runs."""
    left = iter(range(times))

    def run() -> None:
        if next(left, None) is None:
            raise EngineError(codes.ENGINE_FAILED, f"no memory after {times}")

    return run


@pytest.mark.parametrize("runs", [0, 1, 3])
def test_a_candidate_that_fails_is_left_out(runs: int) -> None:
    bench = Bench()
    assert list(measure({"a": failing(runs), "b": bench.candidate("b", [1])}, 3, 9, bench.clock, bench.rest)) == ["b"]


def test_when_all_fail_the_first_failure_is_told() -> None:
    with pytest.raises(EngineError, match="after 1"):
        measure({"a": failing(1), "b": failing(0)})


def test_other_failures_are_not_hidden() -> None:
    def broken() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        measure({"a": broken, "b": Bench().candidate("b", [1])})


def test_nothing_to_measure() -> None:
    assert measure({}) == {}


# Medians, in the order of preference, and who wins.
CHOICES = [
    ({"a": 1.0}, "a"),
    ({"a": 1.0, "b": 2.0}, "a"),
    ({"a": 2.0, "b": 1.0}, "b"),
    ({"a": 1.005, "b": 1.0}, "a"),
    ({"a": 1.02, "b": 1.0}, "b"),
    ({"a": 1.1, "b": 1.005, "c": 1.0}, "b"),
]


@pytest.mark.parametrize(("medians", "winner"), CHOICES)
def test_choosing(medians: dict[str, float], winner: str) -> None:
    assert Choice.of({name: Timing(median, 9, 5) for name, median in medians.items()}).name == winner


CHOICE = Choice("b", {"a": Timing(0.25, 0.5, 7), "b": Timing(0.1, 0.3, 7)})
SHAPES = {"x": (1, 3, 224, 224), "y": (1,)}


@pytest.fixture
def own_cache(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENSORLOGIC_CACHE", str(tmp_path))


@pytest.mark.usefixtures("own_cache")
def test_a_choice_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    assert tuning.recall("model", SHAPES) is None
    tuning.remember(CHOICE, "model", SHAPES, "model.mlpackage")
    assert tuning.recall("model", SHAPES) == CHOICE
    assert tuning.recall("model", {"y": [1], "x": [1, 3, 224, 224]}) == CHOICE
    assert tuning.recall("another", SHAPES) is None
    assert tuning.recall("model", SHAPES | {"y": (2,)}) is None
    (entry,) = cache.default().entries()
    assert entry.about == {"what": "choice of engine", "of": "model.mlpackage", "choice": "b"}
    monkeypatch.setattr(tuning, "fingerprint", lambda: "another machine")
    assert tuning.recall("model", SHAPES) is None


def test_without_a_cache_nothing_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENSORLOGIC_CACHE", "off")
    tuning.remember(CHOICE, "model", SHAPES, "model.mlpackage")
    assert tuning.recall("model", SHAPES) is None
