"""An estimate: a range, what it rests on, and how sure it is. Nothing was measured."""

from __future__ import annotations

from typing import NamedTuple

from tensorlogic.advisor.evidence import Confidence


class Range(NamedTuple):
    """From and to, with what is most likely in between."""

    low: float
    likely: float
    high: float


class Estimate(NamedTuple):
    """What one prediction may take on a unit of a chip, or with the units that are allowed."""

    latency: Range
    """In milliseconds."""
    energy: Range | None
    """In millijoules; None where nothing is known of it."""
    basis: str
    """What it was fitted on, in words."""
    confidence: Confidence
