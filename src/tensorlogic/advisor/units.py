"""What a unit of a chip needs for operations: the faster of computing and moving, and what it takes to get there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

from tensorlogic.advisor.chips import Chip
from tensorlogic.advisor.cost import Work

Unit = Literal["ane", "gpu", "cpu"]
NAMES: Final[dict[Unit, str]] = {"ane": "Neural Engine", "gpu": "GPU", "cpu": "CPU"}


class Units(NamedTuple):
    """A chip, and the units of it that may be used."""

    chip: Chip
    allowed: tuple[Unit, ...]


class Speed(NamedTuple):
    """What a unit does: floating-point operations and bytes a second, seconds for each operation and each start."""

    flops: float
    bandwidth: float
    each: float
    start: float
    transfer: float
    """Bytes a second to and from it."""


def speed(chip: Chip, unit: Unit) -> Speed:
    """The speed of a unit of a chip."""
    if unit == "ane":
        fp16 = chip.tops / (2 if chip.basis == "int8" else 1)
        return Speed(0.36e12 * fp16, min(0.9 * chip.bandwidth, 110) * 1e9, 0.3e-6, 1.5e-4, 60e9)
    if unit == "gpu":
        return Speed(0.45e12 * chip.gpu, 0.7e9 * chip.bandwidth, 5e-6, 3e-4, 60e9)
    return Speed(1.05e12, min(0.7 * chip.bandwidth, 69) * 1e9, 1e-6, 0, float("inf"))


def seconds(units: Units, unit: Unit, works: Iterable[Work], crossing: float) -> float:
    """How long operations take on a unit together, `crossing` being the bytes that come in and go out."""
    its = speed(units.chip, unit)
    busy = sum(max(work.flops / its.flops, work.bytes / its.bandwidth) + its.each for work in works)
    return its.start + crossing / its.transfer + busy
