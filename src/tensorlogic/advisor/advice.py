"""What is expected of a model on a chip: where its operations run, what stands in the way, and how long it may take."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tensorlogic.advisor.chips import DEFAULT, Chip, chip
from tensorlogic.advisor.document import document
from tensorlogic.advisor.estimate import Estimate
from tensorlogic.advisor.finding import Finding
from tensorlogic.advisor.graph import Graph
from tensorlogic.advisor.placement import ALLOWED, ComputeUnits, Placement, place
from tensorlogic.advisor.units import NAMES
from tensorlogic.coreml import Feature, ModelFunction
from tensorlogic.errors import UsageError, codes
from tensorlogic.formats.description import Metadata
from tensorlogic.mil.program import Function
from tensorlogic.models.load import detect


@dataclass(frozen=True, eq=False)
class Subject:
    """A function of a model file, as findings look at it."""

    path: str
    metadata: Metadata
    function: Function
    graph: Graph
    inputs: tuple[Feature, ...]
    outputs: tuple[Feature, ...]
    states: tuple[Feature, ...]
    stored: float
    """Bytes of the weights as they are stored."""
    expanded: float
    """Bytes of the weights when every element is fp16."""


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
        return document(self)


def advise(
    path: str | os.PathLike[str], chip_name: str = DEFAULT, units: ComputeUnits = "all", function: str | None = None
) -> Advice:
    """What is expected of the model at `path`. Raises the errors of `load_model`, and that a chip is unknown."""
    if units not in ALLOWED:
        message = f"there are no compute units {units!r}"
        raise UsageError(codes.UNKNOWN_OPTION, message, help=f"There are {', '.join(ALLOWED)}.")
    subject = _subject(path, function)
    on = chip(chip_name)
    return Advice(subject, on, units, place(subject.graph, on, units))


def _subject(path: str | os.PathLike[str], function: str | None) -> Subject:
    found = detect(Path(path), function)
    if not isinstance(found, ModelFunction):
        raise UsageError(codes.WRONG_ARGUMENTS, f"{found.metadata.name!r} holds weights, and no program")
    of = found.file.program.functions[found.name]
    weights = list(found.tensors.values())
    stored, elements = _sum(info.size for info in weights), _sum(info.elements for info in weights)
    features = tuple(found.inputs), tuple(found.outputs), tuple(found.states)
    return Subject(str(path), found.metadata, of, Graph(of), *features, stored, 2 * elements)


def _sum(numbers: Iterable[float]) -> float:
    return float(sum(numbers))
