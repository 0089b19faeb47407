"""Whatever the text, nothing but a `TensorLogicError` comes out, and soon."""

from __future__ import annotations

import random
import signal
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tensorlogic.errors import TensorLogicError
from tensorlogic.lang import Source, check, generate, parse
from tensorlogic.lang.printing import format_source
from tensorlogic.runtime.builtins import CONSTANTS, FUNCTIONS
from tensorlogic.runtime.calls import Signatures
from tests.lang.corpus import mutated, programs

TOKENS = [
    *(
        "let",
        "fn",
        "if",
        "else",
        "for",
        "in",
        "while",
        "loop",
        "break",
        "return",
        "true",
        "not",
        "as",
        "main",
    ),
    *("(", ")", "[", "]", "{", "}", ",", ";", ":", ".", "=", "+=", "-", "**", "@", "≈", "!", "->", "\n"),
    *("x", "w", "print", "3", "0.5", '"t"'),
]


# Where calls are as deep as they can be, what Hypothesis does after a collection of garbage fails too.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
BUILTINS = Signatures(FUNCTIONS)
SECONDS = 5
"""No text of a few hundred characters may take so long."""


def survives(text: str) -> None:
    """Compile a text as far as it goes, and write it in the one style if it can be parsed."""
    try:
        program = parse(Source("t.tl", text))
        format_source(program.source)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            compile(generate(check(program, BUILTINS, constants=frozenset(CONSTANTS))), "t.tl", "exec")
    except TensorLogicError as error:
        assert all(d.place is not None for d in error.diagnostics)


@contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """Raise a `TimeoutError` inside a block that takes too long."""

    def stop(number: int, frame: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def mutations_survive(seed: int, count: int) -> None:
    rng = random.Random(seed)
    for _ in range(count):
        text = mutated(rng)
        try:
            with time_limit(SECONDS):
                survives(text)
        except Exception as error:
            raise AssertionError(text) from error


def test_the_programs_themselves() -> None:
    assert len(programs()) > 1000
    for text in programs():
        survives(text)


@pytest.mark.parametrize("seed", range(20))
def test_mutations(seed: int) -> None:
    mutations_survive(seed, 100)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1100))
def test_many_mutations(seed: int) -> None:
    mutations_survive(seed, 1000)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(TOKENS), max_size=60))
def test_any_tokens(tokens: list[str]) -> None:
    survives(" ".join(tokens))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
def test_any_text(text: str) -> None:
    survives(text)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 20_000,
        "(\n" * 20_000,
        "{" * 20_000,
        "x = [" * 5_000,
        "}\n" * 20_000,
        '"' * 20_001,
        "/*" * 20_000,
        "x." * 20_000,
        "1+" * 20_000,
        "f(" * 20_000,
        "if x {} else " * 5_000,
        "$" * 20_000,
        "x[0]" * 20_000,
        "not " * 20_000,
        "\n" * 100_000,
    ],
    ids=lambda text: text[:12],
)
def test_long_and_deep_texts_end_soon(text: str) -> None:
    started = time.process_time()
    survives(text)
    assert time.process_time() - started < 10


@pytest.mark.parametrize("link", [" + 1", ".f()", "[0]", " * [1]", " and x", " as int"])
def test_long_chains_of_any_length(link: str) -> None:
    for length in range(50, 1000, 50):
        survives("x = 1 x = x" + link * length)


def test_ten_thousand_lines_are_checked_quickly() -> None:
    function = "fn f{0}(x, y) {{\n  let z = x * 2 + y[0, 1:2]\n  if z > 3 {{ return z }}\n  f{0}(z, y)\n}}\n"
    source = Source("t.tl", "".join(function.format(i) for i in range(2_000)))
    started = time.process_time()
    check(parse(source), BUILTINS)
    assert time.process_time() - started < 3
