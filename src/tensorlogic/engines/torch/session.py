"""A prepared function: arrays in, arrays out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

import torch

from tensorlogic.engines.protocol import State
from tensorlogic.engines.torch.graph import Cells, GraphRun
from tensorlogic.engines.torch.plan import Plan
from tensorlogic.engines.torch.pool import Pool
from tensorlogic.engines.torch.state import TorchState
from tensorlogic.engines.torch.step import Step
from tensorlogic.engines.torch.values import argument, array_of, own

_AT_ONCE = 2
"""Runs of one function that a GPU computes at a time: while one copies, another computes."""

Capture = Callable[[Plan, Mapping[str, Any], Cells], GraphRun | None]


class TorchSession:
    """Runs a plan. Every run has a frame or a graph of its own, so that threads do not meet.

    `capture` makes graphs of runs whose shapes are known, or says None.
    """

    def __init__(self, plan: Plan, capture: Capture | None = None) -> None:
        self._plan = plan
        self._capture = capture if plan.fixed else None
        self._graphs: WeakKeyDictionary[object, Pool[GraphRun]] = WeakKeyDictionary()
        self._lock = Lock()

    def run(self, inputs: Mapping[str, Any], state: State | None = None) -> dict[str, Any]:
        """Outputs by name; the same inputs, and state, give the same bits.

        Where an input is a tensor on the device, outputs are tensors there too.
        """
        with self._cells(state) as cells, self._captured(inputs, state, cells) as graph:
            return step_by_step(self._plan, inputs, cells) if graph is None else graph.run(inputs)

    def make_state(self) -> TorchState:
        """Zeros for every state of the function."""
        return TorchState(self._plan.states, self._plan.target)

    def holds(self, value: Any) -> bool:
        """Whether a value is a tensor on the device already, and need not be an array."""
        return isinstance(value, torch.Tensor) and value.device.type == self._plan.target.device.type != "cpu"

    @property
    def device(self) -> str:
        """What it runs on."""
        return str(self._plan.target.device)

    def timings(self, inputs: Mapping[str, Any], state: State | None = None) -> dict[str, float]:
        """The seconds of each step of one run, by its last operation; what was computed in advance takes none."""
        seconds: dict[str, float] = {}
        gpu = self._plan.target.device.type == "cuda"
        steps = tuple(replace(step, call=_timed(step, seconds, gpu)) for step in self._plan.body.steps)
        plan = replace(self._plan, body=replace(self._plan.body, steps=steps))
        with self._cells(state) as cells:
            step_by_step(plan, inputs, cells)
        return seconds

    def close(self) -> None:
        """Forget the plan and with it every weight on the device."""
        vars(self).clear()

    def _cells(self, state: State | None) -> AbstractContextManager[Cells]:
        assert isinstance(state, TorchState) or not self._plan.states
        return state.cells() if isinstance(state, TorchState) else nullcontext({})

    @contextmanager
    def _captured(self, inputs: Mapping[str, Any], state: State | None, cells: Cells) -> Iterator[GraphRun | None]:
        """A graph of the run, captured when there is none; None where there can be none."""
        if self._capture is None:
            yield None
            return
        with self._lock:
            pool = self._graphs.setdefault(state if cells else self, Pool(1 if cells else _AT_ONCE))
        with pool.taken(partial(self._capture, self._plan, inputs, cells)) as graph:
            if graph is None:
                self._capture = None
            yield graph


def step_by_step(plan: Plan, inputs: Mapping[str, Any], cells: Cells) -> dict[str, Any]:
    """Outputs by name, each operation by itself."""
    deliver = own if any(isinstance(value, torch.Tensor) for value in inputs.values()) else array_of
    with plan.target.computing():
        arguments = {v.name: argument(v, inputs[v.name], plan.target) for v in plan.inputs if v.name not in cells}
        results = plan.run({**arguments, **cells})
        return {name: deliver(result) for name, result in zip(plan.outputs, results, strict=True)}


def _timed(step: Step, seconds: dict[str, float], gpu: bool) -> Callable[..., Any]:
    def call(**arguments: Any) -> Any:
        start = time.perf_counter()
        result = step.call(**arguments)
        if gpu:
            torch.cuda.synchronize()  # kernels run on after the call
        seconds[step.place.name] = time.perf_counter() - start
        return result

    return call
