"""What comes out of a measurement."""

from __future__ import annotations

from dataclasses import dataclass, field

OURS = "TensorLogic"


@dataclass
class Result:
    """What came out of one peer: its times, or the reason why there are none."""

    network: str
    batch: int
    precision: str
    peer: str
    times: list[float] = field(default_factory=list)
    """Seconds, round by round."""
    difference: float | None = None
    """The largest to the reference, relative to its largest value."""
    reason: str = ""

    @property
    def cell(self) -> tuple[str, int, str]:
        """What was measured in one run."""
        return self.network, self.batch, self.precision


@dataclass
class Figure:
    """A number that is not the time of a prediction, by who reached it; or why it is not known."""

    part: str
    what: str
    unit: str = ""
    values: dict[str, float] = field(default_factory=dict)
    reason: str = ""
