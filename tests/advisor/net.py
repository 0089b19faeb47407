"""Functions of a program, written operation by operation; constants take no memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorlogic.mil.program import Block, Function, Literal, Operation, Value
from tensorlogic.mil.types import DTYPES, INT32, StateType, TensorType

Shape = tuple[int | None, ...]


class Net:
    """Collects the operations of one function. Values are their names; `dtype` is that of what is not said."""

    def __init__(self, dtype: str = "fp16") -> None:
        self.dtype = dtype
        self._inputs: list[Value] = []
        self._operations: list[Operation] = []
        self.shapes: dict[str, Shape] = {}
        self._count = 0

    def input(self, *shape: int | None, dtype: str = "", name: str = "") -> str:
        value = self._value(shape, dtype, name or f"x{len(self._inputs)}")
        self._inputs.append(value)
        return value.name

    def state(self, *shape: int) -> str:
        value = Value(f"state{len(self._inputs)}", StateType(TensorType(DTYPES[self.dtype], shape)))
        self._inputs.append(value)
        self.shapes[value.name] = shape
        return value.name

    def constant(self, *shape: int, dtype: str = "") -> str:
        kind = DTYPES[dtype or self.dtype]
        type = TensorType(kind, shape)
        value = self._value(shape, dtype)
        data = np.broadcast_to(np.zeros((), kind.numpy or np.uint8), shape)
        self._operations.append(Operation("const", {}, (value,), {"val": Literal(type, data)}))
        return value.name

    def quantized(self, *shape: int, block: int | None) -> str:
        """A weight in int4 with a scale for each block of its second axis, or in int8 with one scale."""
        data = self.constant(*shape, dtype="int4" if block else "int8")
        scales = (shape[0], shape[1] // block) if block else (1, 1)
        scale = self.constant(*scales, *[1] * len(shape[2:]))
        return self("constexpr_blockwise_shift_scale", *shape, data=data, scale=scale)

    def __call__(self, type: str, *shape: int | None, dtype: str = "", **inputs: Any) -> str:
        """An operation that gives a tensor of a shape. Names go in as they are, other values as literals."""
        return self.several(type, [shape], dtype=dtype, **inputs)[0]

    def like(self, type: str, x: str, **inputs: Any) -> str:
        """An operation on `x` that gives a tensor of its shape."""
        return self(type, *self.shapes[x], x=x, **inputs)

    def several(self, type: str, shapes: list[Shape], dtype: str = "", **inputs: Any) -> list[str]:
        """The same, giving several tensors."""
        values = tuple(self._value(shape, dtype) for shape in shapes)
        operands = {name: self._operands(value) for name, value in inputs.items()}
        self._operations.append(Operation(type, operands, values))
        return [value.name for value in values]

    def function(self, *outputs: str, opset: int = 18) -> Function:
        return Function("main", tuple(self._inputs), opset, Block((), tuple(self._operations), outputs))

    def _value(self, shape: Shape, dtype: str, name: str = "") -> Value:
        self._count += 1
        name = name or f"v{self._count}"
        self.shapes[name] = shape
        return Value(name, TensorType(DTYPES[dtype or self.dtype], shape))

    def _operands(self, value: Any) -> tuple[Any, ...]:
        if isinstance(value, list):
            return tuple(self._operands(each)[0] for each in value)
        return (value,) if isinstance(value, str) and value in self.shapes else (_literal(value),)


def _literal(value: Any) -> Literal:
    if isinstance(value, str):
        return Literal(TensorType(DTYPES["string"]), np.array(value, dtype=object))
    array = np.asarray(value)
    kind = INT32 if array.dtype.kind in "iu" else DTYPES["bool"] if array.dtype.kind == "b" else DTYPES["fp16"]
    return Literal(TensorType(kind, array.shape), array.astype(kind.numpy))
