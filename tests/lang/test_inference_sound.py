"""What is said of values before a program runs is true, and what is refused would have failed."""

from __future__ import annotations

import io
import random
import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tensorlogic.errors import TensorLogicError
from tests.lang.authored import Author
from tests.lang.corpus import programs
from tests.lang.reality import Experiment

SECONDS = 2.0
"""So long does a program run at most; some never end."""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def stopped() -> Iterator[None]:
    """Stop what takes too long, as if it had failed."""

    def stop(number: int, frame: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def is_true(text: str) -> bool:
    """Hold a program against what is known of it; gives back whether there is one."""
    try:
        experiment = Experiment(text)
    except (TensorLogicError, RecursionError):
        return False
    try:
        with stopped():
            failed = experiment.run() is not None
    except (TimeoutError, RecursionError):
        failed = True
    assert not experiment.lies, (experiment.lies[:5], text)
    assert failed or not experiment.is_refused, ([each.problem.message for each in experiment.findings], text)
    return True


def authored_is_true(seed: int) -> None:
    """Values of every kind; single expressions, each of which may fail, and bodies in three places."""
    author = Author(random.Random(seed))
    top, bodies = author.top(), [author.body() for _ in range(4)]
    pieces = [f"let it = {author.expression(author.rng.choice([1, 1, 2]))}\nit" for _ in range(40)]
    trials = (f"test t{number} {{\n{piece}\n}}\n" for number, piece in enumerate([*pieces, *bodies]))
    texts = [top + "".join(trials)]
    for body in bodies:
        texts += [f"{top}main {{\n{body}\n}}", top + body.replace("return\n", "")]
    assert is_true(texts[0]), texts[0]
    for text in texts[1:]:
        is_true(text)


@pytest.mark.parametrize("start", range(4))
def test_programs_of_the_tests_and_pages(start: int) -> None:
    assert sum(map(is_true, programs()[start::16])) > 40


@pytest.mark.slow
@pytest.mark.parametrize("start", range(4, 16))
def test_all_programs_of_the_tests_and_pages(start: int) -> None:
    assert sum(map(is_true, programs()[start::16])) > 40


@pytest.mark.parametrize("seed", range(10))
def test_authored(seed: int) -> None:
    authored_is_true(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1030))
def test_many_authored(seed: int) -> None:
    for each in range(seed * 20, (seed + 1) * 20):
        authored_is_true(each)
