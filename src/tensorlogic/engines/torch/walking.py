"""A run to look into: each operation is bound when its turn comes, so that the weights are never there all at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch

from tensorlogic.engines.torch.plan import Compiler
from tensorlogic.engines.torch.state import zeros
from tensorlogic.engines.torch.step import Frame, Step
from tensorlogic.engines.torch.values import Target, argument
from tensorlogic.lower.torch.states import Cell, opened
from tensorlogic.mil.program import Block, Program


class Walk:
    """One run of a function on the CPU, which begins with states of zeros.

    `precision` is one of the engine's, or ``all-f16``: what is declared as float32 is computed in float16 too.
    """

    def __init__(self, program: Program, function: str, precision: str, inputs: Mapping[str, Any]) -> None:
        self._entry = entry = program.functions[function]
        self._target = Target(torch.device("cpu"), precision)
        self._compiler = Compiler(program.source, function, entry.opset, self._target)
        self.frame: Frame = []
        for value in entry.inputs:
            self._compiler.check_input(value)
        for value in entry.inputs:
            if value.name not in entry.states:
                self[value.name] = argument(value, inputs[value.name], self._target)
        for name, cell in opened({name: zeros(kind, self._target) for name, kind in entry.states.items()}).items():
            self[name] = cell

    def steps(self) -> Iterator[Step]:
        """Every operation that does more than name a constant. Whoever asks runs each on `frame`, before the next."""
        for step in self._compiler.steps(
            Block(self._entry.inputs, self._entry.body.operations, self._entry.body.outputs)
        ):
            self._grow()
            yield step

    def outputs(self) -> dict[str, Any]:
        """What the function gives, when all steps have run."""
        return {name: self._compiler.getter(name)(self.frame) for name in self._entry.body.outputs}

    def __getitem__(self, name: str) -> Any:
        """A value by its name: None before it is computed, and when nothing needs it any more."""
        slot = self._compiler.slots.get(name, len(self.frame))
        return self.frame[slot] if slot < len(self.frame) else None

    def __setitem__(self, name: str, value: torch.Tensor | Cell) -> None:
        slot = self._compiler.slots.setdefault(name, len(self._compiler.slots))
        self._grow()
        self.frame[slot] = value

    def _grow(self) -> None:
        self.frame.extend([None] * (len(self._compiler.slots) - len(self.frame)))
