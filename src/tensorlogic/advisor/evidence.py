"""What findings rest on: the tables in `facts`, with their sources and how sure they are."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal, NamedTuple

Confidence = Literal["S", "1", "A", "D", "F", "X"]
MEANINGS: Final[dict[Confidence, str]] = {
    "S": "measured by several people",
    "1": "measured by one person or group",
    "A": "stated by Apple",
    "D": "decompiled or predicted, not run",
    "F": "often said, no measurement found",
    "X": "sources contradict each other",
}


class Evidence(NamedTuple):
    """Why a rule is believed: the names of its sources in ``facts/sources.toml``, and how sure they are."""

    sources: tuple[str, ...]
    confidence: Confidence

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where the sources are."""
        return tuple(address(source) for source in self.sources)


@cache
def table(name: str) -> dict[str, Any]:
    """A table of facts."""
    text = files("tensorlogic.advisor").joinpath("facts", f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def evidence(row: dict[str, Any]) -> Evidence:
    """The evidence of a row of a table."""
    return Evidence(tuple(row["sources"]), row["confidence"])


def address(source: str) -> str:
    """Where a source is: ``CTI#1723`` is an issue of a project that has a row."""
    name, _, number = source.partition("#")
    found: str = table("sources")[name]
    return found + number
