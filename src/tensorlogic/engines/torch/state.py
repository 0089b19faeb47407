"""What a function remembers between runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Any

import torch

from tensorlogic.engines.torch.values import Target, array_of, tensor_from
from tensorlogic.lower.torch.states import Cell, keep, opened
from tensorlogic.mil.types import TensorType


class TorchState:
    """States as tensors on the device, in the types that the engine computes in.

    Each has memory of its own and stays there, so that captured runs find it.
    """

    def __init__(self, states: Mapping[str, TensorType], target: Target) -> None:
        self.target = target
        self._lock = Lock()
        with target.computing():
            self._memory = {name: zeros(declared, target) for name, declared in states.items()}

    def read(self, name: str) -> Any:
        """The value of one state, as an array of its own."""
        with self._lock:
            return array_of(self._memory[name])

    def write(self, name: str, value: Any) -> None:
        """Give one state another value."""
        with self._lock, self.target.computing():
            memory = self._memory[name]
            memory.copy_(tensor_from(value, memory.dtype, self.target).reshape(memory.shape))

    @contextmanager
    def cells(self) -> Iterator[dict[str, Cell]]:
        """The states for one run; what it leaves in them is kept if it succeeds, and undone if not. The next waits."""
        with self._lock:
            cells = opened(self._memory, undoable=True)
            try:
                yield cells
            except BaseException:
                with self.target.computing():
                    for cell in cells.values():
                        cell.restore()
                raise
            with self.target.computing():
                keep(cells.values())


def zeros(declared: TensorType, target: Target) -> torch.Tensor:
    """A state to begin with."""
    sizes = [size for size in declared.shape or () if size is not None]
    return torch.zeros(sizes, dtype=target.dtype(declared.dtype.name), device=target.device)
