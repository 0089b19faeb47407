"""What a rule may ask about the operation that it looks at, and about what stands before it."""

from __future__ import annotations

from collections import ChainMap, Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from tensorlogic.mil.program import Literal, Operand, Operation, Value
from tensorlogic.mil.types import FP32, DType, TensorType, Type

Array = npt.NDArray[Any]
Shape = tuple[int | None, ...]

LARGEST = (1 << 31) - 1
"""The largest number that a literal of sizes or axes may have."""

Evaluate = Callable[[Operation], tuple[Literal, ...] | None]
"""The results of an operation on literals. None where they are not to be worked out."""


@dataclass
class Scope:
    """The values that are visible at one place of a program."""

    opset: int
    computed: Callable[[DType], DType]
    evaluate: Evaluate | None
    types: dict[str, Type]
    uses: Counter[str]
    kept: frozenset[str]
    """What blocks yield: names that must stay."""
    producers: dict[str, Operation] = field(default_factory=dict)
    seen: ChainMap[Hashable, Operation] = field(default_factory=ChainMap)
    local: set[str] = field(default_factory=set)
    """What the block around this place has computed so far."""

    def type(self, operand: Operand) -> TensorType | None:
        """The type of a tensor, None for any other value."""
        found = operand.type if isinstance(operand, Literal) else self.types.get(operand)
        return found if isinstance(found, TensorType) else None

    def shape(self, operand: Operand) -> Shape | None:
        """The sizes of a tensor, None where even their number is not known."""
        found = self.type(operand)
        return None if found is None else found.shape

    def alike(self, *operands: Operand) -> bool:
        """Whether tensors are computed in the same element type."""
        types = [self.type(each) for each in operands]
        return None not in types and len({self.computed(each.dtype) for each in types if each is not None}) == 1

    def only(self, operation: Operation, parameter: str) -> Operand | None:
        """The one operand of a parameter, None where there is none or several."""
        operands = operation.inputs.get(parameter, ())
        return operands[0] if len(operands) == 1 else None

    def producer(self, operand: Operand | None) -> Operation | None:
        """The operation that computes a value, None for literals and the inputs of functions and blocks."""
        return self.producers.get(operand) if isinstance(operand, str) else None

    def alone(self, operand: Operand | None) -> bool:
        """Whether nothing else uses the value, which the same block computes."""
        return isinstance(operand, str) and self.uses[operand] == 1 and operand in self.local

    def known(self, operand: Operand | None) -> Literal | None:
        """The value of an operand that stands in the program."""
        if isinstance(operand, Literal):
            return operand
        producer = self.producer(operand)
        return None if producer is None else producer.constant

    def array(self, operand: Operand | None) -> Array | None:
        """The numbers of an operand that stand in the program, unless they are of a type that NumPy lacks."""
        literal = self.known(operand)
        if literal is None or not isinstance(literal.data, np.ndarray) or not isinstance(literal.type, TensorType):
            return None
        return None if literal.type.dtype.numpy is None else literal.data

    def plain(self, operation: Operation, parameter: str, default: tuple[Any, ...] = ()) -> tuple[Any, ...] | None:
        """The numbers or texts given for a parameter, the default where it is left out, None where they are unknown."""
        if parameter not in operation.inputs:
            return default
        found = self.array(self.only(operation, parameter))
        return None if found is None else tuple(found.ravel().tolist())

    def whole(self, operation: Operation, parameter: str, default: tuple[int, ...] = ()) -> tuple[int, ...] | None:
        """The same for whole numbers that fit into 31 bits; None where one is something else."""
        found = self.plain(operation, parameter, default)
        fits = found is not None and all(type(each) is int and abs(each) <= LARGEST for each in found)
        return found if fits else None

    def held(self, dtype: DType) -> DType:
        """The type of new literals for values declared as `dtype`: float32 where that is computed alike."""
        return FP32 if self.computed(dtype) == self.computed(FP32) else dtype

    def literal(self, array: Array, dtype: DType) -> Literal | None:
        """Numbers for values declared as `dtype`. None where one does not fit."""
        held = self.held(dtype)
        if held.numpy is None:
            return None
        data = np.ascontiguousarray(array, held.numpy).reshape(array.shape)
        return Literal(TensorType(held, array.shape), data) if np.isfinite(data).all() else None

    def fresh(self, like: Value, shape: Shape | None) -> Value:
        """A new value of another shape, whose name says which one it comes from."""
        assert isinstance(like.type, TensorType)
        count = 1
        while f"{like.name}_{count}" in self.types:
            count += 1
        made = Value(f"{like.name}_{count}", replace(like.type, shape=shape))
        self.types[made.name] = made.type
        return made


Rule = Callable[[Operation, Scope], tuple[Operation, ...] | None]
"""What takes the place of an operation and gives its outputs; None where it stays as it is."""


def is_alias(operation: Operation) -> bool:
    """Whether an operation only gives its operand another name."""
    return operation.type == "identity" and len(operation.outputs) == 1


def same(operation: Operation, operand: Operand) -> tuple[Operation, ...]:
    """What says that the result of an operation is one of its operands."""
    return (Operation("identity", {"x": (operand,)}, operation.outputs),)


def given(operation: Operation, **operands: Operand) -> Operation:
    """The operation with other operands."""
    return replace(operation, inputs=operation.inputs | {name: (each,) for name, each in operands.items()})
