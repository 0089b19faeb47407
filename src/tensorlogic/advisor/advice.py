"""What is expected of a model on a chip: where its operations run, what stands in the way, and how long it may take."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tensorlogic.advisor.chips import DEFAULT, Chip, chip
from tensorlogic.advisor.document import document
from tensorlogic.advisor.estimate import Estimate
from tensorlogic.advisor.estimates import estimates
from tensorlogic.advisor.finding import Finding
from tensorlogic.advisor.findings import findings
from tensorlogic.advisor.placement import ALLOWED, ComputeUnits, Placement, place
from tensorlogic.advisor.subject import PROGRAM, Subject, read_subject
from tensorlogic.advisor.units import NAMES
from tensorlogic.errors import UsageError, codes


@dataclass(frozen=True, eq=False)
class Advice:
    """What is expected of a function of a model on a chip, with these compute units allowed. Nothing was measured."""

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
        if self.subject.model_type != PROGRAM:
            return f"A model of type {self.subject.model_type}: where its parts run is unknown."
        count = len(self.placement.operations)
        shares = {name: self.placement.share(unit) for unit, name in NAMES.items()}
        parts = [f"{share:.0%} on the {name}" for name, share in shares.items() if share]
        split = f", in {len(self.placement.regions)} regions" if self.placement.handovers else ""
        return f"Of {count} operations, expected: {', '.join(parts)}{split}."

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data, for ``--json``."""
        return document(self)


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
    found = findings(subject, placement, on, units)
    return Advice(subject, on, units, placement, found, estimates(placement, on, units))
