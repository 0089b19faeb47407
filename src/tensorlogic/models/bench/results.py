"""What a benchmark finds, as data: a row of latency, a start, and what could not be measured."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tensorlogic.engines import Candidate


@dataclass(frozen=True, slots=True)
class Measurement:
    """How fast one candidate predicts, and what it takes for that. Times are seconds of a whole `predict`."""

    candidate: Candidate
    batch: int | None
    """The size of the first axis, where one was asked for; otherwise inputs are of the shapes that are described."""
    latency: float
    """The median."""
    p90: float | None = None
    """Nine of ten predictions took no longer."""
    runs: int = 0
    """How many predictions were timed."""
    power: float | None = None
    """Watts that the device drew meanwhile, idling included; None where nothing measures it."""

    @property
    def throughput(self) -> float:
        """Inferences a second, one after the other."""
        return (self.batch or 1) / self.latency

    @property
    def efficiency(self) -> float | None:
        """Inferences per joule, which is a second's inferences per watt."""
        return None if self.power is None else self.throughput / self.power

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data, for ``--json``."""
        return {
            **asdict(self.candidate),
            "batch": self.batch,
            "latency": self.latency,
            "p90": self.p90,
            "runs": self.runs,
            "throughput": self.throughput,
            "power": self.power,
            "efficiency": self.efficiency,
        }


@dataclass(frozen=True, slots=True)
class Start:
    """A process of its own from its first line to its first prediction: seconds, and bytes at most."""

    imports: float
    """What importing Python modules took, whenever it happened."""
    load: float
    """`load_model`, without imports."""
    first: float
    """The first prediction, without imports."""
    memory: int | None
    """The most that the process had of the machine's memory, where the system tells."""
    gpu_memory: int | None = None
    """The most that PyTorch had of a GPU's memory."""

    @property
    def ready(self) -> float:
        """Seconds from `load_model` to the first prediction, once everything is imported."""
        return self.load + self.first


@dataclass(frozen=True, slots=True)
class Startup:
    """How one candidate starts when nothing is prepared, and when all is in the cache."""

    candidate: Candidate
    cold: Start
    cached: Start | None = None

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data, for ``--json``."""
        return {
            **asdict(self.candidate),
            "cold": asdict(self.cold),
            "cached": None if self.cached is None else asdict(self.cached),
        }


@dataclass(frozen=True, slots=True)
class Omission:
    """Something that was not measured, and why."""

    what: str
    reason: str


@dataclass(slots=True)
class Benchmark:
    """All that was measured of one function of a model."""

    path: Path
    function: str
    measurements: list[Measurement] = field(default_factory=list)
    startups: list[Startup] = field(default_factory=list)
    omissions: list[Omission] = field(default_factory=list)
    tuned: Candidate | None = None
    """What this machine takes from now on, where that was asked for."""
    interrupted: bool = False
    """Whether it was stopped before all was measured."""

    def fastest(self, batch: int | None = None) -> Candidate | None:
        """The candidate with the least latency at one batch size; None when there is no measurement of it."""
        fitting = [found for found in self.measurements if found.batch == batch]
        return min(fitting, key=lambda found: found.latency).candidate if fitting else None

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data, for ``--json``."""
        return {
            "model": str(self.path),
            "function": self.function,
            "machine": {"system": platform.system(), "processor": platform.machine(), "cores": os.cpu_count()},
            "measurements": [found.as_dict() for found in self.measurements],
            "startups": [found.as_dict() for found in self.startups],
            "omissions": [asdict(left_out) for left_out in self.omissions],
            "tuned": None if self.tuned is None else asdict(self.tuned),
            "interrupted": self.interrupted,
        }
