"""States while a program is lowered: an input and an output of the graph each."""

from __future__ import annotations

from dataclasses import dataclass

from tensorlogic.lower.onnx.graph import Tensor


@dataclass(slots=True, eq=False)
class Cell:
    """A state: its value at this point of the program."""

    value: Tensor
