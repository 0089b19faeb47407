"""A program as data: what a reader makes, what an engine takes, what the tools look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tensorlogic.mil.types import StateType, TensorType, Type


@dataclass(frozen=True, slots=True)
class BlobReference:
    """Where a value is stored: the blob file as the program calls it, and the offset of the record in it."""

    file: str
    offset: int


@dataclass(frozen=True, eq=False, slots=True)
class Literal:
    """A value that is written in the file.

    `data` is an array of the type's shape and element type (for types that NumPy lacks, the stored bytes), or a
    tuple of literals: the elements of a list or tuple, the key and value of each entry of a dictionary as a tuple.
    Arrays may be views of a memory-mapped file.
    """

    type: Type
    data: npt.NDArray[np.generic] | tuple[Literal, ...]
    blob: BlobReference | None = None
    """Where the value is stored if not in the program itself. Equal values are equal wherever they are stored."""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Literal) or self.type != other.type:
            return False
        if isinstance(self.data, tuple) or isinstance(other.data, tuple):
            return self.data == other.data
        return np.array_equal(self.data, other.data, equal_nan=self.data.dtype.kind == "f")

    def __hash__(self) -> int:
        return hash(self.type)


@dataclass(frozen=True, slots=True)
class Value:
    """A named result: of an operation, or an input of a function or block."""

    name: str
    type: Type


Operand = str | Literal
"""The name of a value, or a literal in its place."""


@dataclass(frozen=True)
class Operation:
    """One operation: its type (such as ``conv``), what goes in by parameter, what comes out, and inner blocks."""

    type: str
    inputs: dict[str, tuple[Operand, ...]]
    outputs: tuple[Value, ...]
    attributes: dict[str, Literal] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()

    @property
    def name(self) -> str:
        """How tools speak of an operation: the name of the first output, or its own where it has none."""
        if self.outputs:
            return self.outputs[0].name
        said = self.attributes.get("name")
        return str(said.data) if said is not None and isinstance(said.type, TensorType) else self.type

    def operands(self, parameter: str) -> tuple[Operand, ...] | None:
        """What is given for a parameter, or None. Files keep the arguments of ``constexpr_*`` as attributes."""
        if parameter in self.inputs:
            return self.inputs[parameter]
        attribute = self.attributes.get(parameter)
        return None if attribute is None else (attribute,)

    @property
    def names(self) -> list[str]:
        """The values that go in, once for each time; inner blocks may use others."""
        return [each for operands in self.inputs.values() for each in operands if isinstance(each, str)]

    @property
    def constant(self) -> Literal | None:
        """The value of a ``const``, None for every other operation."""
        return self.attributes.get("val") if self.type == "const" else None


@dataclass(frozen=True)
class Block:
    """Operations in order; `outputs` names the values that the block yields."""

    inputs: tuple[Value, ...]
    operations: tuple[Operation, ...]
    outputs: tuple[str, ...]

    def walk(self) -> Iterator[Operation]:
        """Every operation, those of inner blocks after the one that holds them."""
        for operation in self.operations:
            yield operation
            for block in operation.blocks:
                yield from block.walk()


@dataclass(frozen=True)
class Function:
    """A named entry point. `opset` is the iOS release whose operations it is written in, such as 15."""

    name: str
    inputs: tuple[Value, ...]
    opset: int
    body: Block
    attributes: dict[str, Literal] = field(default_factory=dict, compare=False)
    """What a compiler noted, such as the shapes that flexible inputs may have."""

    @property
    def values(self) -> Iterator[Value]:
        """What the function's outputs may name: its inputs, and the results of its operations."""
        yield from self.inputs
        for operation in self.body.operations:
            yield from operation.outputs

    @property
    def states(self) -> dict[str, TensorType]:
        """What lives from one run to the next, by name: the inputs that are not given but kept."""
        return {each.name: each.type.wrapped for each in self.inputs if isinstance(each.type, StateType)}


@dataclass(frozen=True)
class Program:
    """The functions of a model. `source` is the file they came from, for messages."""

    functions: dict[str, Function]
    source: str = field(default="", compare=False)
    attributes: dict[str, Literal] = field(default_factory=dict, compare=False)
    """What the tools that made the file noted, such as their versions."""
