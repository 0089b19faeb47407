"""The findings about a model: every row of ``facts/findings.toml`` whose check finds something."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from tensorlogic.advisor.chips import Chip
from tensorlogic.advisor.evidence import Evidence, evidence, table
from tensorlogic.advisor.finding import Finding, Severity
from tensorlogic.advisor.findings import memory, numerics, precision, program, regions, shapes, weights
from tensorlogic.advisor.findings.view import CHECKS, Found, View
from tensorlogic.advisor.placement import ComputeUnits, Placement
from tensorlogic.advisor.subject import Subject

CHECKING = (memory, numerics, precision, program, regions, shapes, weights)
"""The modules whose checks the rows name."""


class Count(int):
    """A number that can be told with its noun: ``{count:operation}`` is ``1 operation`` or ``2 operations``."""

    def __format__(self, noun: str) -> str:
        return f"{int(self):,} {noun}{'' if self == 1 else 's'}" if noun else f"{int(self):,}"


@dataclass(frozen=True)
class Row:
    """A row of the table."""

    id: str
    rank: int
    severity: Severity
    check: str
    title: str
    why: str
    change: str
    evidence: Evidence
    effect: str = ""
    fixable: bool = False
    limit: float = 0
    rules: tuple[str, ...] = ()
    """Rules of eligibility that it speaks of in their stead."""
    chips: tuple[str, ...] = ("*",)
    """Patterns of the names of the chips that it is about."""

    def about(self, view: View) -> Iterator[Finding]:
        """What it says of a model."""
        if any(fnmatchcase(view.chip.name, pattern) for pattern in self.chips):
            for found in CHECKS[self.check](view):
                yield self._filled(view, found)

    def _filled(self, view: View, found: Found) -> Finding:
        said = {
            "chip": view.chip.name,
            "count": Count(len(found.where)),
            "limit": f"{self.limit:,.10g}",
            **found.values,
        }
        title, why, change = (text.format(**said) for text in (self.title, self.why, self.change))
        of = (self.effect, self.evidence, self.fixable, (*self.rules, *found.rules))
        return Finding(self.id, self.severity, title, why, change, found.where, *of)


@cache
def rows() -> tuple[Row, ...]:
    """Every row, the one with the largest effect first."""
    return tuple(sorted(map(_row, table("findings")["finding"]), key=lambda row: row.rank))


def _row(row: dict[str, Any]) -> Row:
    facts = {name: value for name, value in row.items() if name not in ("sources", "confidence", "chips", "rules")}
    chips, rules = tuple(row.get("chips", ("*",))), tuple(row.get("rules", ()))
    return Row(**facts, chips=chips, rules=rules, evidence=evidence(row))


def findings(subject: Subject, placement: Placement, chip: Chip, units: ComputeUnits = "all") -> tuple[Finding, ...]:
    """What is to be changed or known about a model, what matters most first."""
    told = frozenset(rule for row in rows() for rule in row.rules)
    view = View(subject, chip, units, placement, told=told)
    return tuple(each for row in rows() for each in row.about(view._replace(limit=row.limit, rules=row.rules)))
