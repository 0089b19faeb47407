"""Buffers that tensors are taken from, as programs for the public implementation use them."""

from __future__ import annotations

from math import prod
from typing import Any

from tensorlogic.errors import SourceError
from tensorlogic.errors.codes import TOO_LARGE
from tensorlogic.runtime.builtins.creation import ones, zeros
from tensorlogic.runtime.convert import as_int, as_ints
from tensorlogic.runtime.lazy import torch
from tensorlogic.runtime.registry import builtin
from tensorlogic.runtime.sizes import check_bytes

_ELEMENT = 2
"""The bytes of a float16."""


class TensorBuffer:
    """Counts the bytes of the tensors that were taken from it; their memory is that of any other tensor."""

    __tl_members__ = frozenset({"zeros", "ones", "capacity", "used"})

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.used = 0

    def zeros(self, *shape: Any) -> torch.Tensor:
        """A float16 tensor of zeros; an error when the buffer has too little left."""
        self._take(as_ints(shape))
        return zeros(*shape, dtype="float16")

    def ones(self, *shape: Any) -> torch.Tensor:
        """A float16 tensor of ones; an error when the buffer has too little left."""
        self._take(as_ints(shape))
        return ones(*shape, dtype="float16")

    def _take(self, shape: list[int]) -> None:
        needed, left = prod(shape) * _ELEMENT, self.capacity - self.used
        if needed > left:
            raise SourceError(TOO_LARGE, f"the buffer has {left} bytes left, and {needed} are asked for")
        self.used += needed

    def __str__(self) -> str:
        return f"TensorBuffer(capacity={self.capacity >> 20}MB, used={self.used >> 20}MB)"


@builtin
def new_tensor_buffer(capacity: int) -> TensorBuffer:
    """A buffer of so many bytes: ``b.zeros([2, 3])`` and ``b.ones([2, 3])`` are float16 tensors that use it up."""
    check_bytes(as_int(capacity), "a buffer")
    return TensorBuffer(as_int(capacity))
