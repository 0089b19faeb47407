"""Whatever the text, nothing but a `TensorLogicError` comes out, and soon."""

from __future__ import annotations

import random
import time
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tensorlogic.errors import TensorLogicError
from tensorlogic.lang import Source, check, generate, parse
from tests.lang.harness import BUILTINS, CONSTANTS

PROGRAM = """\
import "other.tl"
tensor w: float16[2, 3] frozen = [[1, 2, 3], [4, 5, 6]]
let limit: int = 1e-5 as int  // a comment
fn norm(x: float16[n, d], k: int) -> float16[n, ?] {
    if k > 3 and not (x[0, -1] ≈ 0.5) { return x / [2.0] } else if k == 2 { x } else { norm(x, k: k + 1) }
}
/* another
   comment */
for i in range(10) {
    w[i % 2, 1:] += -2 ** i * 0.5
    loop { if i <= 3 || !true { break } continue }
}
main {
    y := norm(w, 1).zeros() @ w.shape[0] ⊗ 3 ⊙ w["name"]
    while limit < 3 { limit *= 2; print("a {} \\n", "b", true, false, pi) }
}
"""
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


def survives(text: str) -> None:
    """Compile a text as far as it goes."""
    try:
        program = check(parse(Source("t.tl", text)), BUILTINS, constants=CONSTANTS)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            compile(generate(program), "t.tl", "exec")
    except TensorLogicError as error:
        assert all(d.place is not None for d in error.diagnostics)


def mutated(rng: random.Random) -> str:
    """The program with a few stretches of it deleted, doubled, moved, or replaced by a token."""
    text = PROGRAM
    for _ in range(rng.randint(1, 4)):
        start = rng.randrange(len(text))
        end = min(len(text), start + rng.choice([1, 1, 2, 5, 20]))
        replacement = rng.choice(["", text[start:end] * 2, rng.choice(TOKENS), chr(rng.randrange(1, 0x3000))])
        text = text[:start] + replacement + text[end:]
    return text


def test_the_program_itself_is_sound() -> None:
    generate(check(parse(Source("t.tl", PROGRAM)), BUILTINS, constants=CONSTANTS))


@pytest.mark.parametrize("seed", range(20))
def test_mutations(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(100):
        survives(mutated(rng))


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
    started = time.perf_counter()
    survives(text)
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize("link", [" + 1", ".f()", "[0]", " * [1]", " and x", " as int"])
def test_long_chains_of_any_length(link: str) -> None:
    for length in range(50, 1000, 50):
        survives("x = 1 x = x" + link * length)


def test_ten_thousand_lines_are_checked_quickly() -> None:
    function = "fn f{0}(x, y) {{\n  let z = x * 2 + y[0, 1:2]\n  if z > 3 {{ return z }}\n  f{0}(z, y)\n}}\n"
    source = Source("t.tl", "".join(function.format(i) for i in range(2_000)))
    started = time.perf_counter()
    check(parse(source), BUILTINS)
    assert time.perf_counter() - started < 3
