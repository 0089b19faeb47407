"""The tables of a report, for the terminal and for the page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from tensorlogic.advisor import Advice
from tensorlogic.advisor.estimate import Range
from tensorlogic.advisor.estimates import UNKNOWN
from tensorlogic.advisor.on_device import Agreement, Difference
from tensorlogic.advisor.placement import Region
from tensorlogic.advisor.units import NAMES
from tensorlogic.report.obstacles import find_obstacles
from tensorlogic.report.wording import listed, scaled, shown


class Table(NamedTuple):
    """Rows of text, where a cell may have several lines. The last `numbers` columns are numbers."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: int = 0
    notes: tuple[str, ...] = ()
    """What is to be said below it."""


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
    """What a prediction may take: as it is expected to run, and on each unit alone."""
    if not advice.estimates:
        return Table("Estimates", (), (), notes=(f"not estimated: {UNKNOWN}",))
    title = f"Estimated for one prediction on {advice.chip.name}, not measured: most likely, from – to"
    columns = "estimated on", "latency, ms", "power, W", "energy, mJ", "per joule"
    rows = (
        (_where(advice, name), *map(_range, (each.latency, each.power, each.energy, each.efficiency)))
        for name, each in advice.estimates.items()
    )
    notes = dict.fromkeys(basis for each in advice.estimates.values() for basis in each.basis)
    return Table(title, columns, tuple(rows), 4, tuple(notes))


def _where(advice: Advice, name: str) -> str:
    alone = {str(unit): unit_name for unit, unit_name in NAMES.items()}.get(name)
    units = dict.fromkeys(NAMES[region.unit] for region in advice.placement.regions)
    return f"{alone} alone" if alone else f"expected:\n{', '.join(units)}"


def _range(found: Range | None) -> str:
    if found is None:
        return "unknown"
    low, likely, high = found.texts
    return f"{likely}\n{low} – {high}"


def obstacles(advice: Advice) -> Table:
    """A row for each obstacle."""
    columns = "rule", "Neural Engine", "why, for example", "what to change", "how sure", "operations"
    rows = (
        (each.rule, each.verdict, f"{each.example}: {each.why}", each.change, each.sure, f"{each.operations:,}")
        for each in find_obstacles(advice)
    )
    return Table("What keeps operations off the Neural Engine", columns, tuple(rows), 1)


def differences(agreement: Agreement) -> Table:
    """Where the plan of a Mac is another one than expected."""
    columns = "operation", "type", "expected on", "Core ML prefers", "eligible", "supported"
    rows = (
        (shown(each.name), shown(each.type), NAMES[each.expected], NAMES[each.preferred], each.eligible, _said(each))
        for each in agreement.differences
    )
    lacking = ((agreement.unplanned, "the plan"), (agreement.unexpected, "the file"))
    notes = (f"not in {where}: {listed(names)}" for names, where in lacking if names)
    return Table("Core ML's own plan on this Mac differs", columns, tuple(rows), notes=tuple(notes))


def _said(difference: Difference) -> str:
    return "yes" if difference.supported else "no"


def regions(advice: Advice) -> Table:
    """The regions in the order in which they run."""
    columns = "region", "expected on", "from, to", "operations", "work", "crossing"
    return Table("Regions, in order", columns, tuple(map(_region, advice.placement.regions)), 3)


def _region(region: Region) -> tuple[str, ...]:
    return (
        str(region.index),
        NAMES[region.unit] + ("\n(eligible)" if region.eligible and region.unit != "ane" else ""),
        "\n".join(dict.fromkeys((shown(region.sites[0].name), shown(region.sites[-1].name)))),
        f"{len(region.sites):,}",
        scaled(region.work.flops, "FLOP"),
        scaled(region.crossing, "B"),
    )
