"""How long one prediction may take on a chip, and at what energy: as it is expected to run, and on each unit alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import exp, hypot, log
from typing import Final, NamedTuple

from tensorlogic.advisor.chips import Chip
from tensorlogic.advisor.cost import size
from tensorlogic.advisor.estimate import OFF, Estimate, Range
from tensorlogic.advisor.graph import Graph
from tensorlogic.advisor.placement import ALLOWED, ComputeUnits, Placement
from tensorlogic.advisor.units import NAMES, Unit, Units, fitted, seconds, speed, watts

EXPECTED: Final = "expected"
HANDOVER: Final = 3e-4
"""Seconds in which nothing runs when one unit hands over to another; M4, coreai-torch#66: 0.7 ms for there and back."""

UNKNOWN: Final = "the work of a prediction is not known from the file: operations, sizes, or how often a loop is done"


class _Part(NamedTuple):
    """What one unit does of a prediction."""

    unit: Unit
    seconds: float


def estimates(placement: Placement, chip: Chip, units: ComputeUnits) -> Mapping[str, Estimate]:
    """The estimates of one prediction: ``expected`` of the expected placement, and of each unit alone that is allowed.

    Nothing is estimated of a unit that does not take every operation, nor where sizes or the work are not known.
    """
    if not placement.operations or not _is_known(placement):
        return {}
    found = {EXPECTED: _estimate(chip, list(_parts(placement, chip)))}
    for unit in ALLOWED[units]:
        if unit != "ane" or all(region.eligible for region in placement.regions):
            found[unit] = _estimate(chip, [_Part(unit, _alone(placement, chip, unit))])
    return found


def _parts(placement: Placement, chip: Chip) -> Iterator[_Part]:
    """Each region, and what comes on top; where one unit does all, the regions are one."""
    used = dict.fromkeys(region.unit for region in placement.regions)
    first = next(iter(used))
    if len(used) == 1:
        yield _Part(first, _alone(placement, chip, first))
        return
    yield from (_Part(region.unit, region.seconds[region.unit]) for region in placement.regions)
    yield _Part(first, max(speed(chip, unit).call for unit in used) + HANDOVER * placement.handovers)


def _is_known(placement: Placement) -> bool:
    """Whether all sizes are known, and how often each operation is done."""
    sites = [placed.site for placed in placement.operations]
    tensors = (tensor for site in sites for _, tensor in (*site.computed, *site.results))
    return all(not site.operation.blocks for site in sites) and all(tensor.elements is not None for tensor in tensors)


def _alone(placement: Placement, chip: Chip, unit: Unit) -> float:
    works = [placed.work for placed in placement.operations]
    crossing = sum(_crossing(placement.operations[0].site.graph))
    return speed(chip, unit).call + seconds(Units(chip, (unit,)), unit, works, crossing)


def _crossing(graph: Graph) -> Iterator[float]:
    """The bytes of each input and output."""
    for name in (*(value.name for value in graph.function.inputs), *graph.function.body.outputs):
        tensor = graph.tensor(name)
        if tensor is not None:
            yield size(tensor)


def _estimate(chip: Chip, parts: list[_Part]) -> Estimate:
    ranges = [_latency(chip, part) for part in parts]
    latency = Range(*(sum(column) for column in zip(*ranges, strict=True)))
    drawn = [watts(chip, part.unit) for part in parts]
    known = [power for power in drawn if power is not None]
    energy = None
    if len(known) == len(parts):
        energy = _energy(sum(power * part.likely for power, part in zip(known, ranges, strict=True)), latency)
    units = list(dict.fromkeys(part.unit for part in parts))
    return Estimate(latency, energy, tuple(_basis(chip, unit) for unit in units), "D")


def _latency(chip: Chip, part: _Part) -> Range:
    low, high = fitted(part.unit).within(chip)
    likely = 1e3 * part.seconds
    return Range(low * likely, likely, high * likely)


def _energy(likely: float, latency: Range) -> Range:
    """What is drawn and how long it takes are off independently of each other."""
    low, high = (exp(hypot(log(OFF), log(bound / latency.likely))) for bound in (latency.low, latency.high))
    return Range(likely / low, likely, likely * high)


def _basis(chip: Chip, unit: Unit) -> str:
    found = fitted(unit)
    on = found.counts.get(chip.name, 0)
    said = f"{NAMES[unit]}: fitted to {found.rows} published measurements, {on or 'none'} of them on {chip.name}"
    return said if chip.published or unit != "ane" else f"{said}, of which Apple states no TOPS"
