"""Where operations are expected to run: regions of operations that the Neural Engine takes, and what lies between."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from tensorlogic.advisor.chips import Chip
from tensorlogic.advisor.cost import Work, size, together, work
from tensorlogic.advisor.eligibility import Eligibility, eligibility
from tensorlogic.advisor.graph import Graph, Site
from tensorlogic.advisor.units import Unit, Units, seconds

ComputeUnits = Literal["all", "cpu_and_ne", "cpu_and_gpu", "cpu_only"]
ALLOWED: Final[dict[ComputeUnits, tuple[Unit, ...]]] = {
    "all": ("ane", "gpu", "cpu"),
    "cpu_and_ne": ("ane", "cpu"),
    "cpu_and_gpu": ("gpu", "cpu"),
    "cpu_only": ("cpu",),
}
"""What an app may allow, by coremltools' names."""


@dataclass(frozen=True, eq=False, slots=True)
class Placed:
    """An operation, whether the Neural Engine takes it, and where it is expected to run."""

    site: Site
    work: Work
    eligibility: Eligibility
    unit: Unit
    region: int


@dataclass(frozen=True, eq=False, slots=True)
class Region:
    """Operations that run on one unit without anything in between."""

    index: int
    unit: Unit
    sites: tuple[Site, ...]
    work: Work
    eligible: bool
    """Whether the Neural Engine takes all of them."""
    crossing: float
    """Bytes that come in from other regions and go out to them."""
    seconds: dict[Unit, float]
    """What they would take on each unit that is allowed, with what it takes to get there."""


class Placement(NamedTuple):
    """The whole of a function."""

    operations: tuple[Placed, ...]
    regions: tuple[Region, ...]

    def share(self, unit: Unit) -> float:
        """The share of the operations on a unit."""
        return sum(each.unit == unit for each in self.operations) / max(1, len(self.operations))

    def share_of_flops(self, unit: Unit) -> float:
        """The share of the floating-point operations on a unit."""
        total = sum(each.work.flops for each in self.operations)
        return sum(each.work.flops for each in self.operations if each.unit == unit) / total if total else 0.0

    @property
    def handovers(self) -> int:
        """How often one unit hands over to another."""
        return sum(one.unit != other.unit for one, other in zip(self.regions, self.regions[1:], strict=False))


def place(graph: Graph, chip: Chip, units: ComputeUnits = "all") -> Placement:
    """Where the operations of a function are expected to run."""
    verdicts = [eligibility(site, chip) for site in graph.sites]
    if any(site.type in WHOLE for site in graph.sites):
        verdicts = [verdict._replace(verdict="no") for verdict in verdicts]
    works = [work(site) for site in graph.sites]
    groups = list(_groups(graph, [verdict.may_run for verdict in verdicts]))
    crossing = _crossing(graph, [sites for _, sites in groups])
    allowed = Units(chip, ALLOWED[units])
    regions = tuple(
        _region(index, eligible, sites, [works[site.index] for site in sites], crossing[index], allowed)
        for index, (eligible, sites) in enumerate(groups)
    )
    of_site = {site: region for region in regions for site in region.sites}
    placed = (
        Placed(site, works[site.index], verdicts[site.index], of_site[site].unit, of_site[site].index)
        for site in graph.sites
    )
    return Placement(tuple(placed), regions)


WHOLE: Final = ("while_loop", "cond")
"""Operations that keep a whole model off the Neural Engine."""


def _groups(graph: Graph, taken: Sequence[bool]) -> Iterable[tuple[bool, list[Site]]]:
    """Operations in groups that the Neural Engine takes, and that it does not take, by turns.

    A group holds all that can be done by then: what needs nothing of a later group.
    """
    waiting = {site: len(graph.sources(site)) for site in graph.sites}
    users: dict[Site, list[Site]] = {site: [] for site in graph.sites}
    for site in graph.sites:
        for source in graph.sources(site):
            users[source].append(site)
    ready: dict[bool, list[Site]] = {True: [], False: []}
    for site in graph.sites:
        if not waiting[site]:
            ready[taken[site.index]].append(site)
    turn = not ready[False] and bool(ready[True])
    while ready[True] or ready[False]:
        group: list[Site] = []
        while ready[turn]:
            site = ready[turn].pop()
            group.append(site)
            for user in users[site]:
                waiting[user] -= 1
                if not waiting[user]:
                    ready[taken[user.index]].append(user)
        if group:
            yield turn, sorted(group, key=lambda each: each.index)
        turn = not turn


def _crossing(graph: Graph, groups: Sequence[Sequence[Site]]) -> list[float]:
    """The bytes that come into each group from others or from outside, and go out of it; states stay where they are."""
    kept = graph.function.states
    home = {name: index for index, sites in enumerate(groups) for site in sites for name, _ in site.results}
    bytes_of: dict[str, float] = {}
    coming: list[set[str]] = [set() for _ in groups]
    going: list[set[str]] = [set() for _ in groups]
    for index, sites in enumerate(groups):
        for site in sites:
            bytes_of |= {name: size(tensor) for name, tensor in (*site.computed, *site.results)}
            for name, _ in site.computed:
                if name not in kept and home.get(name) != index:
                    coming[index].add(name)
                    if name in home:
                        going[home[name]].add(name)
    for name in graph.function.body.outputs:
        if name in home:
            going[home[name]].add(name)
    return [sum(bytes_of[name] for name in one | other) for one, other in zip(coming, going, strict=True)]


def _region(
    index: int, eligible: bool, sites: Sequence[Site], works: Sequence[Work], crossing: float, units: Units
) -> Region:
    times = {unit: seconds(units, unit, works, crossing) for unit in units.allowed if eligible or unit != "ane"}
    best = min(times, key=times.__getitem__)
    return Region(index, best, tuple(sites), together(works), eligible, crossing, times)
