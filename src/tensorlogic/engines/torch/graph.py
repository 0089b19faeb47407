"""A whole run as one CUDA graph: its kernels start without Python in between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any

import torch

from tensorlogic.engines.torch.plan import Plan
from tensorlogic.engines.torch.values import Target, array_of, host_tensor, own
from tensorlogic.errors import TensorLogicError
from tensorlogic.lower.torch.states import Cell, keep, opened
from tensorlogic.mil.types import TensorType

_PIECE = 1 << 21
"""Elements of an input that are copied at a time, so that one piece is on its way while the next one is prepared."""

Cells = Mapping[str, Cell]

_CAPTURING = Lock()
"""PyTorch captures one run at a time."""
_FAILED: list[torch.cuda.CUDAGraph] = []
"""PyTorch's allocator goes on asking a graph whose capture failed."""


def capture(plan: Plan, inputs: Mapping[str, Any], cells: Cells) -> GraphRun | None:
    """A graph of the plan's run, or None where CUDA cannot have one: an operation needs values on the host.

    `inputs` are computed on once beforehand, as `plan.run` does; the states in `cells` stay as they are.
    """
    run = GraphRun(plan)
    return run if run.warm_up(inputs, cells) and run.captured(cells) else None


class GraphRun:
    """A captured run and the memory that it reads from and writes to. For one thread at a time."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._stream = torch.cuda.Stream(plan.target.device)  # type: ignore[no-untyped-call]
        self._graph = torch.cuda.CUDAGraph()
        with torch.inference_mode(), torch.cuda.stream(self._stream):
            self._inputs = {v.name: _Input(v.type, plan.target) for v in plan.inputs if isinstance(v.type, TensorType)}
        self._results: dict[str, Any] = {}
        self._hosts: dict[str, torch.Tensor] = {}

    def warm_up(self, inputs: Mapping[str, Any], cells: Cells) -> bool:
        """Run step by step once, so that libraries are loaded; whether the run never waits for the device."""
        with torch.cuda.stream(self._stream), self._plan.target.computing():
            self._fill(inputs)
            copies = opened({name: cell.memory.clone() for name, cell in cells.items()})
            steady = not self._plan.waits(self._arguments(copies))
        self._stream.synchronize()
        return steady

    def captured(self, cells: Cells) -> bool:
        """Whether the run could be captured; it changes the states in `cells`, whenever it runs."""
        recording = torch.cuda.graph(self._graph, stream=self._stream, capture_error_mode="thread_local")
        try:
            # The stream is entered here too: a recording that fails does not leave it.
            with _CAPTURING, torch.cuda.stream(self._stream), recording, self._plan.target.computing():
                self._compute(opened({name: cell.memory for name, cell in cells.items()}))
        except (RuntimeError, TensorLogicError):
            self._graph.reset()
            _FAILED.append(self._graph)
            return False
        self._hosts = {name: _pinned(r.shape, r.dtype) for name, r in self._results.items() if self._is_there(r)}
        return True

    def _compute(self, cells: dict[str, Cell]) -> None:
        results = self._plan.run(self._arguments(cells))
        self._results = {n: self._fetched(r, cells) for n, r in zip(self._plan.outputs, results, strict=True)}
        keep(cells.values())

    def _fetched(self, result: Any, cells: Cells) -> Any:
        """A result as it is fetched; a copy where the run goes on to write states, which it may be part of."""
        if not self._is_there(result):
            return result
        whole = result.float() if result.dtype == torch.bfloat16 else result
        return whole.clone(memory_format=torch.contiguous_format) if cells else whole.contiguous()

    def _is_there(self, result: Any) -> bool:
        return isinstance(result, torch.Tensor) and result.device.type == self._plan.target.device.type

    def run(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Outputs by name, as arrays; as tensors on the device if an input is one."""
        caller = torch.cuda.current_stream(self._plan.target.device)
        with torch.inference_mode(), torch.cuda.stream(self._stream):
            if any(isinstance(value, torch.Tensor) for value in inputs.values()):
                return self._on_device(inputs, caller)
            self._fill(inputs)
            self._graph.replay()
            for name, host in self._hosts.items():
                host.copy_(self._results[name], non_blocking=True)
            self._stream.synchronize()
            return {name: self._array(name, result) for name, result in self._results.items()}

    def _array(self, name: str, result: Any) -> Any:
        return self._hosts[name].numpy().copy() if name in self._hosts else array_of(result)

    def _on_device(self, inputs: Mapping[str, Any], caller: torch.cuda.Stream) -> dict[str, Any]:
        """As PyTorch does it: the results are there for whatever the caller's stream computes next."""
        self._stream.wait_stream(caller)
        self._fill(inputs)
        self._graph.replay()
        results = {name: own(result) for name, result in self._results.items()}
        for result in results.values():
            if self._is_there(result):
                result.record_stream(caller)
        caller.wait_stream(self._stream)
        if not all(isinstance(value, torch.Tensor) for value in inputs.values()):
            self._stream.synchronize()  # the next run writes to where the arrays were fetched from
        return results

    def _fill(self, inputs: Mapping[str, Any]) -> None:
        for name, each in self._inputs.items():
            each.fill(inputs[name])

    def _arguments(self, cells: Cells) -> dict[str, Any]:
        return {**{name: each.tensor for name, each in self._inputs.items()}, **cells}


class _Input:
    """Where an input is read from, and memory of the host that the device can fetch it from by itself."""

    def __init__(self, declared: TensorType, target: Target) -> None:
        sizes = [size or 0 for size in declared.shape or ()]
        dtype = target.dtype(declared.dtype.name)
        self.tensor = torch.empty(sizes, dtype=dtype, device=target.device)
        self._staged = _pinned(sizes, dtype)

    def fill(self, given: Any) -> None:
        """Bring an array, or a tensor of the device, to the input."""
        if isinstance(given, torch.Tensor):
            self.tensor.copy_(given.reshape(self.tensor.shape))
            return
        source = host_tensor(given).reshape(-1)
        staged, target = self._staged.view(-1), self.tensor.view(-1)
        for place in range(0, len(target), _PIECE):
            part = slice(place, place + _PIECE)
            target[part].copy_(staged[part].copy_(source[part]), non_blocking=True)


def _pinned(sizes: Sequence[int], dtype: torch.dtype) -> torch.Tensor:
    return torch.empty(sizes, dtype=dtype, pin_memory=True)
