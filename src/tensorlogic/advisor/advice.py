"""What is expected of a model on a chip: where its operations run, what stands in the way, and how long it may take."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tensorlogic.advisor.chips import DEFAULT, Chip, chip
from tensorlogic.advisor.estimate import Estimate
from tensorlogic.advisor.estimates import estimates
from tensorlogic.advisor.finding import Finding
from tensorlogic.advisor.findings import findings
from tensorlogic.advisor.placement import ALLOWED, ComputeUnits, Placed, Placement, Region, place
from tensorlogic.advisor.subject import Subject, read_subject
from tensorlogic.advisor.units import NAMES
from tensorlogic.errors import UsageError, codes


@dataclass(frozen=True, eq=False)
class Advice:
    """What is expected of a function of a model on a chip, with these compute units allowed. Nothing of it was run."""

    subject: Subject
    chip: Chip
    units: ComputeUnits
    placement: Placement
    findings: tuple[Finding, ...] = ()
    """The most important first."""
    estimates: Mapping[str, Estimate] = field(default_factory=dict)
    """Of one prediction: ``expected`` for the expected placement, and each unit alone by its name (``cpu`` …)."""

    @property
    def summary(self) -> str:
        """One sentence."""
        count = len(self.placement.operations)
        shares = {name: self.placement.share(unit) for unit, name in NAMES.items()}
        parts = [f"{share:.0%} on the {name}" for name, share in shares.items() if share]
        return f"Of {count} operations, expected: {', '.join(parts)}, in {len(self.placement.regions)} regions."

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data, for ``--json``."""
        return {
            "path": self.subject.path,
            "function": self.subject.function.name,
            "chip": self.chip.name,
            "compute_units": self.units,
            "summary": self.summary,
            "findings": [_finding(each) for each in self.findings],
            "operations": [_operation(placed) for placed in self.placement.operations],
            "regions": [_region(region) for region in self.placement.regions],
            "estimates": {name: estimate.as_dict() for name, estimate in self.estimates.items()},
        }


def _finding(finding: Finding) -> dict[str, Any]:
    plain = finding._asdict()
    rests_on = plain.pop("evidence")
    return {**plain, "where": list(finding.where), "sources": list(rests_on.sources), "confidence": rests_on.confidence}


def _operation(placed: Placed) -> dict[str, Any]:
    return {
        "name": placed.site.name,
        "type": placed.site.type,
        "eligible": placed.eligibility.verdict,
        "reasons": [
            {
                "rule": reason.rule,
                "text": reason.text,
                "fix": reason.fix,
                "sources": list(reason.evidence.sources),
                "confidence": reason.evidence.confidence,
            }
            for reason in placed.eligibility.reasons
        ],
        "expected": placed.unit,
        "region": placed.region,
        "flops": placed.work.flops,
        "bytes": placed.work.bytes,
    }


def _region(region: Region) -> dict[str, Any]:
    return {
        "index": region.index,
        "expected": region.unit,
        "eligible": region.eligible,
        "operations": len(region.sites),
        "flops": region.work.flops,
        "crossing_bytes": region.crossing,
    }


def advise(
    path: str | os.PathLike[str], chip_name: str = DEFAULT, units: ComputeUnits = "all", function: str | None = None
) -> Advice:
    """What is expected of the model at `path`. Raises the errors of `load_model`, and that a chip is unknown."""
    if units not in ALLOWED:
        message = f"there are no compute units {units!r}"
        raise UsageError(codes.UNKNOWN_OPTION, message, help=f"There are {', '.join(ALLOWED)}.")
    subject = read_subject(path, function)
    on = chip(chip_name)
    placement = place(subject.graph, on, units)
    return Advice(
        subject, on, units, placement, findings(subject, placement, on, units), estimates(placement, on, units)
    )
