"""What a conversion made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Port:
    """An input or output of an ONNX model: ``float32[1, 3, ?, ?]``, and what it means where that is not plain."""

    name: str
    type: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Conversion:
    """An ONNX model that was written."""

    source: Path
    path: Path
    function: str
    precision: str
    opset: int
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    weights: Mapping[str, int]
    """How many bytes of large constants are in which file, as seen from the folder of `path`."""
    difference: float | None
    """The largest relative difference between what ONNX Runtime and PyTorch compute; None where random numbers, or the
    lack of a check, left nothing to compare."""
    checked: bool
    """Whether ONNX's own checker, and ONNX Runtime, took the file."""

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data, for ``--json``."""
        return {**asdict(self), "source": str(self.source), "path": str(self.path)}
