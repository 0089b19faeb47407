"""A function in f16 and in f32 side by side, one operation at a time; of each value, only what it was like is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor

from tensorlogic.advisor.verification.differences import SMALLEST_NORMAL, Difference, compare
from tensorlogic.engines.torch.step import Frame, Step
from tensorlogic.engines.torch.walking import Walk
from tensorlogic.mil.ops import declaration
from tensorlogic.mil.program import Function, Operation, Program

RANDOM: Final = "random_"
Values = Mapping[str, Any]


class Way(NamedTuple):
    """How f16 is computed."""

    precision: str
    """``f16``: what the file declares as fp16; ``all-f16``: what it declares as fp32 too."""
    flush: bool = False
    """Whether results that are too small for all of f16's digits become zero, as on the Neural Engine."""


class Ends(NamedTuple):
    """What a function gave, by name."""

    f16: dict[str, Any]
    f32: dict[str, Any]


class Seen:
    """What the values of a function were like, over all samples."""

    def __init__(self) -> None:
        self.values: dict[str, Difference] = {}
        """By the name of the value; constants too, where an operation takes them as they are."""
        self.own: dict[str, float] = {}
        """What an operation adds to the error: its own, on the same inputs, by its name."""

    def note(self, name: str, found: Any, wanted: Any) -> None:
        """Add a value of one sample."""
        difference = compare(found, wanted)
        if difference is not None:
            self.values[name] = self.values.get(name, Difference()) | difference

    def note_own(self, operation: Operation, found: Any, wanted: Any) -> None:
        """Add the error of an operation on the same inputs."""
        difference = compare(found, wanted)
        if difference is not None:
            self.own[operation.name] = max(self.own.get(operation.name, 0.0), difference.error)


class Lockstep:
    """Runs a function on one sample after the other."""

    def __init__(self, program: Program, function: str, way: Way) -> None:
        self._program = program
        self._function: Function = program.functions[function]
        self._operations = {each.name: (each, place) for place, each in enumerate(self._function.body.operations)}
        self._way = way
        self.seen = Seen()

    def run(self, inputs: Values, progress: Callable[[str, int], None] = lambda name, place: None) -> Ends:
        """Compute one sample; `progress` is told the name of each operation, and its place."""
        with torch.inference_mode():
            low, high = (self._walk(precision, inputs) for precision in (self._way.precision, "f32"))
            for value in self._function.inputs:
                self._settle(value.name, low, high)
            for ours, theirs in zip(low.steps(), high.steps(), strict=True):
                operation, place = self._operations[ours.place.name]
                progress(operation.name, place)
                self._constants(operation, ours, theirs)
                self._step(operation, (ours, low), (theirs, high))
            return Ends(low.outputs(), high.outputs())

    def _walk(self, precision: str, inputs: Values) -> Walk:
        return Walk(self._program, self._function.name, precision, inputs)

    def _step(self, operation: Operation, low: tuple[Step, Walk], high: tuple[Step, Walk]) -> None:
        (ours, our), (theirs, their) = low, high
        exact = self._exact(operation, theirs, our.frame, their.frame)
        ours.run(our.frame)
        theirs.run(their.frame)
        for index, value in enumerate(operation.outputs):
            if operation.type.startswith(RANDOM):
                their[value.name] = our[value.name].to(their[value.name].dtype)
            self._settle(value.name, our, their)
            if exact is not None:
                self.seen.note_own(operation, our[value.name], exact[index])

    def _exact(self, operation: Operation, step: Step, low: Frame, high: Frame) -> tuple[Any, ...] | None:
        """What an operation gives in f32 for the operands of the f16 run; None where a second run would show."""
        declared = declaration(operation.type, self._function.opset)
        if declared is None or not declared.pure or operation.blocks:
            return None
        operands = {name: get(_Converted(low, high)) for name, get in step.moving}
        result = step.call(**step.fixed, **operands)
        return result if isinstance(result, tuple) else (result,)

    def _settle(self, name: str, low: Walk, high: Walk) -> None:
        """Note a value that is there now."""
        value = low[name]
        if self._way.flush and isinstance(value, Tensor) and value.dtype == torch.float16:
            low[name] = value.where(value.abs() >= SMALLEST_NORMAL, 0)
        self.seen.note(name, low[name], high[name])

    def _constants(self, operation: Operation, ours: Step, theirs: Step) -> None:
        for parameter, constant in ours.fixed.items():
            for operand in operation.operands(parameter) or ():
                if isinstance(operand, str) and isinstance(constant, Tensor) and operand not in self.seen.values:
                    self.seen.note(operand, constant, theirs.fixed[parameter])


class _Converted(list[Any]):
    """The values of one run in the types of another."""

    def __init__(self, values: Frame, types: Frame) -> None:
        super().__init__()
        self._values, self._types = values, types

    def __getitem__(self, slot: Any) -> Any:
        value, like = self._values[slot], self._types[slot]
        return value.to(like.dtype) if isinstance(value, Tensor) else value
