"""An advice as plain data, for ``tl advise --json``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensorlogic.advisor.evidence import Evidence
from tensorlogic.advisor.finding import Finding
from tensorlogic.advisor.placement import Placed, Placement, Region
from tensorlogic.advisor.units import NAMES

if TYPE_CHECKING:
    from tensorlogic.advisor.advice import Advice


def document(advice: Advice) -> dict[str, Any]:
    """All of an advice."""
    return {
        "path": advice.subject.path,
        "function": advice.subject.function.name,
        "chip": advice.chip.name,
        "compute_units": advice.units,
        "summary": advice.summary,
        "units": _units(advice.placement),
        "findings": [_finding(finding) for finding in advice.findings],
        "estimates": {name: estimate.as_dict() for name, estimate in advice.estimates.items()},
        "operations": [_operation(placed) for placed in advice.placement.operations],
        "regions": [_region(region) for region in advice.placement.regions],
    }


def _units(placement: Placement) -> dict[str, Any]:
    return {
        unit: {"share_of_operations": placement.share(unit), "share_of_flops": placement.share_of_flops(unit)}
        for unit in NAMES
    }


def _finding(finding: Finding) -> dict[str, Any]:
    plain = finding._asdict()
    del plain["evidence"]
    lists = {"where": list(finding.where), "rules": list(finding.rules)}
    return {**plain, **lists, **_evidence(finding.evidence)}


def _operation(placed: Placed) -> dict[str, Any]:
    return {
        "name": placed.site.name,
        "type": placed.site.type,
        "eligible": placed.eligibility.verdict,
        "reasons": [
            {"rule": each.rule, "text": each.text, "fix": each.fix, **_evidence(each.evidence)}
            for each in placed.eligibility.reasons
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


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {"sources": list(evidence.sources), "confidence": evidence.confidence}
