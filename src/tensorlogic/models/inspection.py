"""What a model file is, found out without preparing it to run."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from tensorlogic import engines
from tensorlogic.coreml import Feature, ModelFunction
from tensorlogic.errors import UsageError, codes
from tensorlogic.formats.description import Metadata, TensorInfo
from tensorlogic.mil import Program
from tensorlogic.models.load import detect


@dataclass(frozen=True, slots=True)
class Inspection:
    """A model file described: what `tl inspect` shows."""

    path: Path
    metadata: Metadata
    tensors: Mapping[str, TensorInfo]
    inputs: Sequence[Feature] = ()
    outputs: Sequence[Feature] = ()
    states: Sequence[Feature] = ()
    function: str = ""
    """The function that inputs, outputs, states, weights and operations are of."""
    functions: Sequence[str] = ()
    operations: Mapping[str, int] = field(default_factory=dict)
    """How often each operation occurs, constants left out, the most frequent first."""
    missing: Mapping[str, str] = field(default_factory=dict)
    """Operations that no engine of this machine can run, and why."""

    @property
    def storages(self) -> dict[str, tuple[int, int, int]]:
        """For each stored form of weights: how many tensors, elements and bytes."""
        totals: dict[str, tuple[int, int, int]] = {}
        for info in self.tensors.values():
            count, elements, size = totals.get(info.storage, (0, 0, 0))
            totals[info.storage] = (count + 1, elements + info.elements, size + info.size)
        return dict(sorted(totals.items(), key=lambda item: -item[1][1]))

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data, for ``--json``."""
        return {
            "path": str(self.path),
            **asdict(replace(self.metadata, user_defined={})),
            "user_defined": dict(self.metadata.user_defined),
            "inputs": [feature.as_dict() for feature in self.inputs],
            "outputs": [feature.as_dict() for feature in self.outputs],
            "states": [feature.as_dict() for feature in self.states],
            "function": self.function,
            "functions": list(self.functions),
            "operations": dict(self.operations),
            "missing": dict(self.missing),
            "weights": [
                {"storage": storage, "tensors": count, "elements": elements, "bytes": size}
                for storage, (count, elements, size) in self.storages.items()
            ],
        }


def inspect_model(path: str | os.PathLike[str], function: str | None = None) -> Inspection:
    """Describe the model at `path`. Raises the errors of `load_model`, but not for missing operations."""
    found = detect(Path(path), function)
    if isinstance(found, ModelFunction):
        return _inspect_function(found)
    return Inspection(Path(path), found.metadata, found.tensors)


def _inspect_function(described: ModelFunction) -> Inspection:
    program = described.file.program
    body = program.functions[described.name].body
    counts = Counter(operation.type for operation in body.walk() if operation.constant is None)
    missing = engines.missing(program, described.name)
    return Inspection(
        described.file.path,
        described.metadata,
        described.tensors,
        described.inputs,
        described.outputs,
        described.states,
        described.name,
        described.file.functions,
        dict(counts.most_common()),
        {each.operation: each.reason for each in missing},
    )


def read_program(path: str | os.PathLike[str], function: str | None = None) -> Program:
    """The program of the model at `path`, or one function of it. Raises the errors of `inspect_model`."""
    found = detect(Path(path), function)
    if not isinstance(found, ModelFunction):
        raise UsageError(codes.WRONG_ARGUMENTS, f"{found.metadata.name!r} holds weights, and no program")
    program = found.file.program
    return program if function is None else replace(program, functions={function: program.functions[function]})
