"""What keeps operations off the Neural Engine, or may: the reasons of all operations by rule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tensorlogic.advisor import Advice
from tensorlogic.advisor.eligibility import Reason
from tensorlogic.advisor.graph import Site
from tensorlogic.advisor.placement import Placed
from tensorlogic.report.wording import LONGEST_SENTENCE, TAKES, shown, sureness


class Obstacle(NamedTuple):
    """A rule, in words, how many operations it is about, and the name of the first of those."""

    rule: str
    verdict: str
    example: str
    why: str
    change: str
    sure: str
    operations: int


def find_obstacles(advice: Advice) -> list[Obstacle]:
    """What the Neural Engine does not take, and then what it may refuse, as far as no finding speaks of it.

    Rules about many operations come first.
    """
    found: dict[str, tuple[Reason, list[Site]]] = {}
    for placed, reason in hindering(advice):
        found.setdefault(reason.rule, (reason, []))[1].append(placed.site)
    ordered = sorted(found.values(), key=lambda each: (each[0].verdict, -len(each[1])))
    return [_obstacle(reason, sites) for reason, sites in ordered]


def hindering(advice: Advice) -> Iterator[tuple[Placed, Reason]]:
    """Each operation with each reason for which the Neural Engine does not, or may not, take it; but for findings'."""
    told = {rule for finding in advice.findings for rule in finding.rules}
    for placed in advice.placement.operations:
        for reason in placed.eligibility.reasons:
            if reason.verdict in ("no", "risk") and reason.rule not in told:
                yield placed, reason


def _obstacle(reason: Reason, sites: list[Site]) -> Obstacle:
    said = shown(sites[0].name), shown(reason.text, LONGEST_SENTENCE), reason.fix or "", sureness(reason.evidence)
    return Obstacle(reason.rule, TAKES[reason.verdict], *said, len(sites))
