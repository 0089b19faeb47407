"""How the estimated time of a prediction falls to its operations."""

from __future__ import annotations

from typing import Final

from tensorlogic.advisor.chips import Chip
from tensorlogic.advisor.cost import Work
from tensorlogic.advisor.graph import Site
from tensorlogic.advisor.placement import Placement, Region
from tensorlogic.advisor.units import Units, seconds

_LEAST: Final = 1e-12


def shares(placement: Placement, chip: Chip) -> dict[Site, float]:
    """The part of each operation in the seconds expected of a prediction on a chip; together they are 1."""
    works = {placed.site: placed.work for placed in placement.operations}
    times: dict[Site, float] = {}
    for region in placement.regions:
        busy = {site: _busy(region, works[site], chip) for site in region.sites}
        # What it takes to get to its unit falls to all operations of a region.
        part = max(region.seconds[region.unit], _LEAST) / sum(busy.values())
        times |= {site: part * each for site, each in busy.items()}
    total = sum(times.values())
    return {site: each / total for site, each in times.items()}


def _busy(region: Region, work: Work, chip: Chip) -> float:
    """The seconds that an operation adds, and never none."""
    units = Units(chip, (region.unit,))
    with_it, without = (seconds(units, region.unit, works, 0) for works in ([work], []))
    return max(with_it - without, _LEAST)
