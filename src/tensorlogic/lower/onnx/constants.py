"""Constants of a program, for whichever way an operation asks for them."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from tensorlogic.errors import UnsupportedError, codes
from tensorlogic.lower.onnx.graph import Array, Tensor
from tensorlogic.lower.onnx.target import Target
from tensorlogic.mil.literals import codes as numbers
from tensorlogic.mil.literals import plain
from tensorlogic.mil.program import Literal
from tensorlogic.mil.types import STRING, DType, TensorType


class Constant:
    """A value that is known: a literal of the program, or what was computed from others."""

    def __init__(self, value: Literal | Tensor, name: str, target: Target) -> None:
        self._value = value
        self._name = name
        self._target = target

    @cached_property
    def value(self) -> Any:
        """As operations take it: a tensor, or plain Python for texts."""
        if isinstance(self._value, Tensor):
            return self._value
        declared = self._value.type
        if not isinstance(declared, TensorType) or declared.dtype == STRING:
            return self.plain
        shape = tuple(size or 0 for size in declared.shape or ())
        return Tensor(self._name, self._target.dtype(declared.dtype.name), shape, self._array(self._value))

    @cached_property
    def plain(self) -> Any:
        """As plain Python: a number, a text, or a flat tuple."""
        if isinstance(self._value, Literal) and not _is_packed(self._value):
            return plain(self._value)
        array = self.value.value
        return tuple(array.flatten().tolist()) if array.ndim else array.item()

    @property
    def elements(self) -> int:
        """How many numbers it has; none for texts."""
        return self.value.stored.size if isinstance(self.value, Tensor) and self.value.stored is not None else 0

    @property
    def dtype(self) -> DType:
        """The type that its numbers are computed in."""
        if isinstance(self._value, Tensor):
            return self._value.dtype
        assert isinstance(self._value.type, TensorType)
        return self._target.dtype(self._value.type.dtype.name)

    @property
    def literal(self) -> Literal | Tensor:
        """As it is stored: what compressed weights are expanded from."""
        return self._value

    def _array(self, literal: Literal) -> Array:
        assert isinstance(literal.data, np.ndarray) and isinstance(literal.type, TensorType)
        if not _is_packed(literal):
            return literal.data
        if literal.type.dtype.is_float:
            message = f"constants of type {literal.type.dtype} cannot be computed on with ONNX"
            raise UnsupportedError(codes.UNSUPPORTED_TYPE, message)
        return numbers(literal.type, literal.data).astype(self._target.dtype(literal.type.dtype.name).numpy)


def _is_packed(literal: Literal) -> bool:
    return isinstance(literal.type, TensorType) and literal.type.dtype.numpy is None
