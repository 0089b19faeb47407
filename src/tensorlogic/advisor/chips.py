"""The chips that an advice can be about."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from tensorlogic.advisor.evidence import Evidence, evidence, table
from tensorlogic.errors import UsageError, codes, nearest

DEFAULT: Final = "M1"


@dataclass(frozen=True, slots=True)
class Limits:
    """What the compiler of a generation of chips takes. Lengths are in elements."""

    axis: int
    batch: int
    kernel_width: int
    kernel_height: int
    window: int
    resizing: bool
    trigonometry: bool
    blockwise: bool
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Chip:
    """A chip: Apple's `tops` of the Neural Engine, TFLOPS in float32 of the `gpu`, GB/s of memory `bandwidth`."""

    name: str
    cores: int
    tops: float
    gpu: float
    bandwidth: float
    limits: Limits
    evidence: Evidence
    basis: str = "fp16"
    """What `tops` counts."""
    published: bool = True
    """Whether Apple states `tops`."""
    inferred: bool = False
    """Whether the limits are those of a Mac that has the same engine, and were not measured on the chip."""
    w8a8: bool = False
    """Whether it computes with 8-bit activations and weights."""

    @property
    def is_phone(self) -> bool:
        """Whether it is one of the A series."""
        return self.name.startswith("A")


@cache
def chips() -> dict[str, Chip]:
    """Every chip by name."""
    rows = table("chips")
    limits = {row["id"]: _limits(row) for row in rows["generation"]}
    return {row["name"]: _chip(row, limits) for row in rows["chip"]}


def chip(name: str) -> Chip:
    """The chip of a name, as people write it: ``m1 max``, ``A17Pro``."""
    by_name = {_plain(known): each for known, each in chips().items()}
    if (found := by_name.get(_plain(name))) is not None:
        return found
    meant = nearest(name, chips())
    help = f"Did you mean {meant}?" if meant else f"There are {', '.join(chips())}."
    raise UsageError(codes.UNKNOWN_CHIP, f"no facts about a chip {name!r}", help=help)


def _plain(name: str) -> str:
    return "".join(name.split()).replace("-", "").lower()


def _limits(row: dict[str, Any]) -> Limits:
    facts = {name: value for name, value in row.items() if name not in ("id", "sources", "confidence")}
    return Limits(**facts, evidence=evidence(row))


def _chip(row: dict[str, Any], limits: dict[str, Limits]) -> Chip:
    facts = {name: value for name, value in row.items() if name not in ("generation", "sources", "confidence")}
    return Chip(**facts, limits=limits[row["generation"]], evidence=evidence(row))
