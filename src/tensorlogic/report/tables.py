"""The tables of a report, for the terminal and for the page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from tensorlogic.advisor import Advice
from tensorlogic.advisor.evidence import MEANINGS
from tensorlogic.advisor.placement import Region
from tensorlogic.advisor.units import NAMES
from tensorlogic.report.obstacles import find_obstacles
from tensorlogic.report.wording import scaled, shown


class Table(NamedTuple):
    """Rows of text. The last `numbers` columns are numbers."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: int = 0


def units(advice: Advice) -> Table:
    """How much of a model is expected on each unit."""
    columns = "expected on", "operations", "share", "work", "share of work"
    return Table("Units", columns, tuple(_units(advice)), 4)


def _units(advice: Advice) -> Iterable[tuple[str, ...]]:
    found = advice.placement
    for unit, name in NAMES.items():
        works = [each.work.flops for each in found.operations if each.unit == unit]
        if works:
            shares = f"{found.share(unit):.0%}", f"{found.share_of_flops(unit):.0%}"
            yield name, f"{len(works):,}", shares[0], scaled(sum(works), "FLOP"), shares[1]


def estimates(advice: Advice) -> Table:
    """How long a prediction may take, and what it may cost: from and to, and what is likely."""
    columns = "estimated", "how sure", "rests on", "latency, ms", "energy, mJ"
    rows = (
        (
            f"{NAMES[name]} alone" if name in NAMES else "as expected above",
            MEANINGS[each.confidence],
            each.basis,
            str(each.latency),
            "unknown" if each.energy is None else str(each.energy),
        )
        for name, each in advice.estimates.items()
    )
    return Table("Estimates for one prediction; nothing was measured", columns, tuple(rows), 2)


def obstacles(advice: Advice) -> Table:
    """A row for each obstacle."""
    columns = "rule", "Neural Engine", "why, for example", "what to change", "how sure", "operations"
    rows = (
        (each.rule, each.verdict, f"{each.example}: {each.why}", each.change, each.sure, f"{each.operations:,}")
        for each in find_obstacles(advice)
    )
    return Table("What keeps operations off the Neural Engine", columns, tuple(rows), 1)


def regions(advice: Advice) -> Table:
    """The regions in the order in which they run."""
    columns = "region", "expected on", "from", "to", "operations", "work", "crossing"
    return Table("Regions, in order", columns, tuple(map(_region, advice.placement.regions)), 3)


def _region(region: Region) -> tuple[str, ...]:
    return (
        str(region.index),
        NAMES[region.unit] + (" (eligible)" if region.eligible and region.unit != "ane" else ""),
        shown(region.sites[0].name),
        shown(region.sites[-1].name),
        f"{len(region.sites):,}",
        scaled(region.work.flops, "FLOP"),
        scaled(region.crossing, "B"),
    )
