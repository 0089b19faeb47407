"""What a unit of a chip needs for operations: computing or loading, writing, and what it takes to get there.

The constants are those of ``facts/fitted.toml``, which ``scripts/fit_latency.py`` fits to published measurements.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal, NamedTuple

from tensorlogic.advisor.chips import Chip, chips
from tensorlogic.advisor.cost import Work, together
from tensorlogic.advisor.evidence import table

Unit = Literal["ane", "gpu", "cpu"]
NAMES: Final[dict[Unit, str]] = {"ane": "Neural Engine", "gpu": "GPU", "cpu": "CPU"}


class Units(NamedTuple):
    """A chip, and the units of it that may be used."""

    chip: Chip
    allowed: tuple[Unit, ...]


@dataclass(frozen=True, slots=True)
class Constants:
    """What is fitted for a unit, for all chips."""

    call: float
    """Seconds of a prediction before and after all work."""
    launch: float
    """Seconds to start a region."""
    flops: float
    """Floating-point operations a second, for each of `rate`."""
    dense: float
    """The share of them in products of matrices."""
    weights: float
    """Bytes of weights a second, for each of the memory's bandwidth."""
    written: float
    """Bytes of results a second, for each of `rate`."""
    transfer: float
    """Bytes a second to and from the unit."""
    each: float
    """Seconds of every operation."""
    move: float
    """Seconds of an operation that rearranges what it is given."""
    gate: float
    """Seconds of a mean of whole channels."""


class Speed(NamedTuple):
    """What a unit of a chip does: rates are per second, times are seconds."""

    flops: float
    dense: float
    """Floating-point operations in products of matrices."""
    weights: float
    written: float
    each: float
    move: float
    gate: float
    launch: float
    transfer: float
    """Bytes to and from it."""
    call: float

    def busy(self, work: Work, operations: int = 1) -> float:
        """How long it works: the longer of computing and loading the weights, and what comes on top."""
        computing = (work.flops - work.dense) / self.flops + work.dense / self.dense
        on_top = work.written / self.written + work.moves * self.move + work.gates * self.gate
        return max(computing, work.weights / self.weights) + on_top + operations * self.each


def kind_of(chip: Chip) -> str:
    """Which kind of device has it."""
    return "phone" if chip.is_phone else "mac"


def rate(chip: Chip, unit: Unit) -> float:
    """What the speed of a unit grows with: TOPS in fp16, TFLOPS of the GPU; nothing is known of CPUs."""
    fp16 = chip.tops / (2 if chip.basis == "int8" else 1)
    return {"ane": fp16, "gpu": chip.gpu, "cpu": 1.0}[unit]


def bandwidth(chip: Chip, unit: Unit) -> float:
    """GB/s of the memory, as far as a unit can use it: only GPUs gain from the wider memory of large chips."""
    base = chips().get(chip.name.partition(" ")[0], chip)
    return chip.bandwidth if unit == "gpu" else base.bandwidth


def speed_of(constants: Constants, chip: Chip, unit: Unit, slower: float = 1) -> Speed:
    """The speed of a unit of a chip that takes `slower` times as long as others of its rate."""
    flops = constants.flops * rate(chip, unit) / slower
    return Speed(
        flops=flops,
        dense=flops * constants.dense,
        weights=1e9 * constants.weights * bandwidth(chip, unit) / slower,
        written=constants.written * rate(chip, unit) / slower,
        each=constants.each * slower,
        move=constants.move * slower,
        gate=constants.gate * slower,
        launch=constants.launch,
        transfer=constants.transfer,
        call=constants.call,
    )


class Fitted(NamedTuple):
    """What ``facts/fitted.toml`` tells of a unit."""

    constants: Constants
    slower: Mapping[str, float]
    """By chip: how many times as long it takes as the constants say."""
    counts: Mapping[str, int]
    """By chip: how many predictions were measured."""
    rows: int
    families: int
    """Of networks, in the rows."""
    measured: Mapping[str, tuple[float, float]]
    """By kind of device: the range of what a chip takes that was measured, as multiples of what is estimated."""
    other: Mapping[str, tuple[float, float]]
    """The same for all other chips."""

    def within(self, chip: Chip) -> tuple[float, float]:
        """The range for a chip."""
        low, high = (self.measured if chip.name in self.counts else self.other)[kind_of(chip)]
        return low, high


@cache
def fitted(unit: Unit) -> Fitted:
    """What was fitted for a unit."""
    row = table("fitted")[unit]
    return Fitted(**{**row, "constants": Constants(**row["constants"])})


def speed(chip: Chip, unit: Unit) -> Speed:
    """The speed of a unit of a chip."""
    found = fitted(unit)
    return speed_of(found.constants, chip, unit, found.slower.get(chip.name, 1.0))


def seconds(units: Units, unit: Unit, works: Iterable[Work], crossing: float) -> float:
    """How long operations take on a unit together, `crossing` being the bytes that come in and go out.

    Weights of one operation are loaded while others compute, so that only the sums are compared.
    """
    its, every = speed(units.chip, unit), list(works)
    return its.launch + crossing / its.transfer + its.busy(together(every), len(every))


@cache
def watts(chip: Chip, unit: Unit) -> float | None:
    """What a unit draws while it works, beyond idling; None where nothing is known of it."""
    rows = table("power")["power"]
    return next((float(row["watts"]) for row in rows if row["unit"] == unit and chip.name in row["chips"]), None)
