"""A prepared function: arrays in, arrays out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

import torch

from tensorlogic.engines.protocol import State
from tensorlogic.engines.torch.plan import Plan
from tensorlogic.engines.torch.state import TorchState
from tensorlogic.engines.torch.step import Frame, Step
from tensorlogic.engines.torch.values import array_of, tensor_from
from tensorlogic.lower.torch.states import Cell
from tensorlogic.mil.program import Value
from tensorlogic.mil.types import StateType, TensorType


class TorchSession:
    """Runs a plan. Every run has a frame of its own, so that threads do not meet."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def run(self, inputs: Mapping[str, Any], state: State | None = None) -> dict[str, Any]:
        """Outputs by name; the same inputs, and state, give the same bits."""
        plan = self._plan
        frame: Frame = [None] * plan.slots
        assert isinstance(state, TorchState) or not plan.states
        kept: AbstractContextManager[Mapping[str, Cell]]
        kept = state.cells() if isinstance(state, TorchState) else nullcontext({})
        with kept as cells, plan.target.computing():
            results = plan.body.run(frame, *[self._argument(value, inputs, cells) for value in plan.inputs])
            return {name: array_of(result) for name, result in zip(plan.outputs, results, strict=True)}

    def make_state(self) -> TorchState:
        """Zeros for every state of the function."""
        return TorchState(self._plan.states, self._plan.target)

    @property
    def device(self) -> str:
        """What it runs on."""
        return str(self._plan.target.device)

    def timings(self, inputs: Mapping[str, Any], state: State | None = None) -> dict[str, float]:
        """The seconds of each operation of one run, by its name; what was computed in advance takes none."""
        seconds: dict[str, float] = {}
        gpu = self._plan.target.device.type == "cuda"
        steps = tuple(replace(step, call=_timed(step, seconds, gpu)) for step in self._plan.body.steps)
        plan = replace(self._plan, body=replace(self._plan.body, steps=steps))
        TorchSession(plan).run(inputs, state)
        return seconds

    def close(self) -> None:
        """Forget the plan and with it every weight on the device."""
        del self._plan

    def _argument(self, value: Value, inputs: Mapping[str, Any], cells: Mapping[str, Cell]) -> Any:
        if isinstance(value.type, StateType):
            return cells[value.name]
        assert isinstance(value.type, TensorType)
        target = self._plan.target
        tensor = tensor_from(inputs[value.name], target.dtype(value.type.dtype.name), target)
        if value.type.shape == ():
            tensor = tensor.reshape(())
        # A state may keep it for longer than the caller leaves the array alone.
        return tensor.clone() if cells else tensor


def _timed(step: Step, seconds: dict[str, float], gpu: bool) -> Callable[..., Any]:
    def call(**arguments: Any) -> Any:
        start = time.perf_counter()
        result = step.call(**arguments)
        if gpu:
            torch.cuda.synchronize()  # kernels run on after the call
        seconds[step.place.name] = time.perf_counter() - start
        return result

    return call
