"""Programs to change at random: those of the examples, the tests and the documentation."""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"```tl\n(.*?)```", re.S)
_TOKEN = re.compile(r"\w+|\s+|[^\w\s]+")
_LINE = re.compile(r".*\n|.+")
_SHORTEST = 6
_LONGEST = 10_000


@cache
def programs() -> tuple[str, ...]:
    """The texts, each once, in a fixed order."""
    return tuple(sorted({*_examples(), *_documented(), *_tested()}))


def _examples() -> Iterator[str]:
    return (path.read_text("utf-8") for path in _ROOT.glob("examples/**/*.tl"))


def _documented() -> Iterator[str]:
    for folder in ("docs", "src"):
        for path in (_ROOT / folder).rglob("*.md"):
            yield from _BLOCK.findall(path.read_text("utf-8"))


def _tested() -> Iterator[str]:
    """The strings in the tests; most are programs, and what is none is as good as one that has been changed."""
    for folder in ("lang", "runtime"):
        for path in (_ROOT / "tests" / folder).glob("test_*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) >= _SHORTEST:
                    yield node.value


def mutated(rng: random.Random) -> str:
    """A program with a few characters, tokens or lines deleted, doubled, swapped, or exchanged for another's."""
    text = rng.choice(programs())
    for _ in range(rng.randint(1, 4)):
        pieces = _pieces(text, rng)
        if pieces:
            rng.choice(_CHANGES)(pieces, rng)
        text = "".join(pieces)[:_LONGEST]
    return text


def _pieces(text: str, rng: random.Random) -> list[str]:
    how = rng.choice([list, _TOKEN.findall, _LINE.findall])
    return list(how(text))


def _delete(pieces: list[str], rng: random.Random) -> None:
    start = rng.randrange(len(pieces))
    del pieces[start : start + rng.choice([1, 1, 2, 5])]


def _double(pieces: list[str], rng: random.Random) -> None:
    start = rng.randrange(len(pieces))
    pieces[start:start] = pieces[start : start + rng.choice([1, 1, 2, 5])] * rng.choice([1, 1, 1, 200])


def _swap(pieces: list[str], rng: random.Random) -> None:
    first, second = rng.randrange(len(pieces)), rng.randrange(len(pieces))
    pieces[first], pieces[second] = pieces[second], pieces[first]


def _splice(pieces: list[str], rng: random.Random) -> None:
    other = _pieces(rng.choice(programs()), rng) or [""]
    start = rng.randrange(len(other))
    place = rng.randrange(len(pieces))
    pieces[place : place + rng.choice([0, 1, 3])] = other[start : start + rng.choice([1, 3, 10])]


def _character(pieces: list[str], rng: random.Random) -> None:
    pieces[rng.randrange(len(pieces))] = chr(rng.choice([rng.randrange(1, 128), rng.randrange(1, 0x3000)]))


_CHANGES = (_delete, _double, _swap, _splice, _character)
