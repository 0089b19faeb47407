"""The types of MIL, Core ML's model intermediate language."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class DType:
    """An element type by its MIL name. `numpy` is None where NumPy has no such type (bf16, fp8, below a byte)."""

    name: str
    bits: int
    numpy: npt.DTypeLike | None = None

    @property
    def is_float(self) -> bool:
        """Whether values are floating-point."""
        return self.name.startswith(("fp", "bf"))

    def __str__(self) -> str:
        return self.name


FP16 = DType("fp16", 16, np.float16)
FP32 = DType("fp32", 32, np.float32)
FP64 = DType("fp64", 64, np.float64)
INT32 = DType("int32", 32, np.int32)
BOOL = DType("bool", 8, np.bool_)
STRING = DType("string", 0, np.object_)

DTYPES = {
    dtype.name: dtype
    for dtype in (
        FP16, FP32, FP64, INT32, BOOL, STRING,
        DType("int8", 8, np.int8), DType("int16", 16, np.int16), DType("int64", 64, np.int64),
        DType("uint8", 8, np.uint8), DType("uint16", 16, np.uint16), DType("uint32", 32, np.uint32),
        DType("uint64", 64, np.uint64),
        DType("bf16", 16), DType("fp8e4m3fn", 8), DType("fp8e5m2", 8), DType("int4", 4),
        DType("uint1", 1), DType("uint2", 2), DType("uint3", 3), DType("uint4", 4), DType("uint6", 6),
    )
}  # fmt: skip
"""Every element type by name."""


@dataclass(frozen=True, slots=True)
class TensorType:
    """A tensor, or a scalar when `shape` is empty. None stands for a size, or a rank, that is not known."""

    dtype: DType
    shape: tuple[int | None, ...] | None = ()

    @property
    def elements(self) -> int | None:
        """How many elements, or None when a size is not known."""
        known = [size for size in self.shape or () if size is not None]
        return math.prod(known) if self.shape is not None and len(known) == len(self.shape) else None

    def accepts(self, shape: tuple[int, ...]) -> bool:
        """Whether a value of `shape` is of this type, as far as sizes are known."""
        known = self.shape
        if known is None or known == shape:
            return True
        return len(shape) == len(known) and all(size in (None, have) for size, have in zip(known, shape, strict=True))

    def __str__(self) -> str:
        if self.shape == ():
            return self.dtype.name
        sizes = "..." if self.shape is None else ", ".join("?" if s is None else str(s) for s in self.shape)
        return f"tensor<{self.dtype}, [{sizes}]>"


@dataclass(frozen=True, slots=True)
class ListType:
    """A list of values of one type; `length` is None when it is not known."""

    element: Type
    length: int | None = None

    def __str__(self) -> str:
        return f"list<{self.element}, {'?' if self.length is None else self.length}>"


@dataclass(frozen=True, slots=True)
class DictType:
    """A dictionary, as classifiers return it."""

    key: Type
    value: Type

    def __str__(self) -> str:
        return f"dict<{self.key}, {self.value}>"


@dataclass(frozen=True, slots=True)
class TupleType:
    """A fixed sequence of values."""

    elements: tuple[Type, ...]

    def __str__(self) -> str:
        return f"tuple<{', '.join(map(str, self.elements))}>"


@dataclass(frozen=True, slots=True)
class StateType:
    """A tensor that lives from one prediction to the next."""

    wrapped: TensorType

    def __str__(self) -> str:
        return f"state<{self.wrapped}>"


Type = TensorType | ListType | DictType | TupleType | StateType


def is_fixed(declared: Type) -> bool:
    """Whether it is a tensor, or a state, of numbers whose every size is known."""
    kind = declared.wrapped if isinstance(declared, StateType) else declared
    return isinstance(kind, TensorType) and kind.dtype != STRING and kind.elements is not None
