"""How the estimated time of a prediction falls to its operations."""

from __future__ import annotations

from tensorlogic.advisor.chips import Chip
from tensorlogic.advisor.cost import Work
from tensorlogic.advisor.graph import Site
from tensorlogic.advisor.placement import Placement, Region
from tensorlogic.advisor.units import Units, seconds


def shares(placement: Placement, chip: Chip) -> dict[Site, float]:
    """The part of each operation in the seconds expected of a prediction on a chip; together they are 1."""
    total = sum(region.seconds[region.unit] for region in placement.regions)
    works = {placed.site: placed.work for placed in placement.operations}
    found: dict[Site, float] = {}
    for region in placement.regions:
        busy = {site: _busy(region, works[site], chip) for site in region.sites}
        part = region.seconds[region.unit] / (total * sum(busy.values()))
        found |= {site: each * part for site, each in busy.items()}
    return found


def _busy(region: Region, work: Work, chip: Chip) -> float:
    """The seconds of an operation alone; what it takes to get to its unit falls to all operations of the region."""
    units = Units(chip, (region.unit,))
    return seconds(units, region.unit, [work], 0) - seconds(units, region.unit, [], 0)
