"""Whether the Neural Engine takes an operation, by the rows of ``eligibility.toml`` and ``weights.toml``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal, NamedTuple

from tensorlogic.advisor import weight_checks  # noqa: F401 (they fill the table)
from tensorlogic.advisor.checks import CHECKS
from tensorlogic.advisor.chips import Chip
from tensorlogic.advisor.evidence import Evidence, evidence, table
from tensorlogic.advisor.graph import Site

Verdict = Literal["yes", "risk", "no", "unknown"]
_ORDER: Final[tuple[Verdict, ...]] = ("no", "risk", "yes", "unknown")
"""What counts first where rows contradict each other."""


class Reason(NamedTuple):
    """Why an operation is, or may be, kept off the Neural Engine."""

    rule: str
    verdict: Verdict
    text: str
    fix: str | None
    evidence: Evidence


class Eligibility(NamedTuple):
    """Whether the Neural Engine takes an operation; `unknown` where nothing is known of it."""

    verdict: Verdict
    reasons: tuple[Reason, ...] = ()

    @property
    def may_run(self) -> bool:
        """Whether it can be expected there."""
        return self.verdict in ("yes", "risk")


@dataclass(frozen=True)
class Rule:
    """A row of the table."""

    verdict: Verdict
    evidence: Evidence
    id: str = ""
    names: tuple[str, ...] = ()
    check: str = ""
    reason: str = ""
    fix: str | None = None

    def about(self, site: Site, chip: Chip) -> Reason | None:
        """What it says of an operation; None where its check finds nothing."""
        found = CHECKS[self.check](site, chip) if self.check else {}
        if found is None:
            return None
        said = {"type": site.type, "chip": chip.name, **found}
        return Reason(self.id, self.verdict, self.reason.format(**said), self.fix, self.evidence)


@cache
def rules() -> tuple[Rule, ...]:
    """Every row, in the order of the tables."""
    return tuple(_rule(row) for name in ("eligibility", "weights") for row in table(name)["row"])


def _rule(row: dict[str, Any]) -> Rule:
    facts = {name: value for name, value in row.items() if name not in ("sources", "confidence", "names")}
    return Rule(**facts, names=tuple(row.get("names", ())), evidence=evidence(row))


@cache
def _by_name() -> dict[str, list[Rule]]:
    """The rows about each type of operation; those about every operation under an empty name."""
    found: dict[str, list[Rule]] = defaultdict(list)
    for rule in rules():
        for name in rule.names or ("",):
            found[name].append(rule)
    return found


def eligibility(site: Site, chip: Chip) -> Eligibility:
    """Whether the Neural Engine of a chip takes an operation, and why not."""
    of_its_own = _by_name().get(site.type, [])
    said = [reason for rule in (*of_its_own, *_by_name()[""]) if (reason := rule.about(site, chip)) is not None]
    verdicts: set[Verdict] = {reason.verdict for reason in said} | (set() if of_its_own else {"unknown"})
    verdict: Verdict = next((each for each in _ORDER if each in verdicts), "unknown")
    if not of_its_own and verdict == "yes":
        verdict = "unknown"
    return Eligibility(verdict, tuple(_worth_telling(said)))


def _worth_telling(said: Iterable[Reason]) -> Iterable[Reason]:
    return (reason for reason in said if reason.text)
