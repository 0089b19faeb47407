"""An estimate: a range, what it rests on, and how sure it is. Nothing was measured."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from tensorlogic.advisor.evidence import Confidence

OFF: Final = 2.0
"""By which factor the power of a unit may be off."""


class Range(NamedTuple):
    """From and to, with what is most likely in between."""

    low: float
    likely: float
    high: float

    def __str__(self) -> str:
        low, likely, high = self.texts
        return f"{likely} ({low} to {high})"

    @property
    def texts(self) -> tuple[str, ...]:
        """Each of them with the digits that count."""
        return tuple(f"{each:,.0f}" if each >= 100 else f"{each:.3g}" for each in self)


class Estimate(NamedTuple):
    """What one prediction may take on a unit of a chip, or with the units that are allowed."""

    latency: Range
    """In milliseconds."""
    energy: Range | None
    """In millijoules; None where nothing is known of it."""
    basis: tuple[str, ...]
    """What it was fitted on, in words: a line for each unit."""
    confidence: Confidence

    def __str__(self) -> str:
        energy = "energy unknown" if self.energy is None else f"{self.energy} mJ"
        return f"estimated {self.latency} ms, {energy}"

    @property
    def power(self) -> Range | None:
        """In watts, while it works; None where nothing is known of it. It does not depend on how long that is."""
        if self.energy is None:
            return None
        likely = self.energy.likely / self.latency.likely
        return Range(likely / OFF, likely, likely * OFF)

    @property
    def efficiency(self) -> Range | None:
        """Inferences per joule, which is a second's inferences per watt; None where nothing is known of it."""
        if self.energy is None:
            return None
        return Range(1e3 / self.energy.high, 1e3 / self.energy.likely, 1e3 / self.energy.low)

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data, for ``--json``."""
        ranges = {
            "latency_ms": self.latency,
            "energy_mj": self.energy,
            "power_w": self.power,
            "inferences_per_joule": self.efficiency,
        }
        found = {name: None if each is None else each._asdict() for name, each in ranges.items()}
        return {"estimated": True, **found, "basis": list(self.basis), "confidence": self.confidence}
