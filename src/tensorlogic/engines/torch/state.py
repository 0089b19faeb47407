"""What a function remembers between runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Any

import torch

from tensorlogic.engines.torch.values import Target, array_of, tensor_from
from tensorlogic.lower.torch.states import Cell
from tensorlogic.mil.types import TensorType


class TorchState:
    """States as tensors on the device, in the types that the engine computes in."""

    def __init__(self, states: Mapping[str, TensorType], target: Target) -> None:
        self.target = target
        self._lock = Lock()
        with target.computing():
            self._values = {name: _zeros(declared, target) for name, declared in states.items()}

    def read(self, name: str) -> Any:
        """The value of one state, as an array of its own."""
        with self._lock:
            return array_of(self._values[name])

    def write(self, name: str, value: Any) -> None:
        """Give one state another value."""
        with self._lock, self.target.computing():
            self._values[name] = tensor_from(value, self._values[name].dtype, self.target).clone()

    @contextmanager
    def cells(self) -> Iterator[dict[str, Cell]]:
        """The states for one run; what it leaves in them is kept if it succeeds. The next run waits."""
        with self._lock:
            cells = {name: Cell(value) for name, value in self._values.items()}
            yield cells
            self._values = {name: cell.value for name, cell in cells.items()}


def _zeros(declared: TensorType, target: Target) -> torch.Tensor:
    sizes = [size for size in declared.shape or () if size is not None]
    return torch.zeros(sizes, dtype=target.dtype(declared.dtype.name), device=target.device)
