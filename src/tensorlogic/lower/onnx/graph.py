"""ONNX graphs while they are written, and the values in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import GraphProto, NodeProto, TypeProto, ValueInfoProto, helper

from tensorlogic.lower.onnx.target import onnx_dtype
from tensorlogic.mil.types import BOOL, DTYPES, FP32, DType

Array = npt.NDArray[Any]
Shape = tuple[int | None, ...] | None

INT64 = DTYPES["int64"]
MICROSOFT = "com.microsoft"
"""The domain of ONNX Runtime's own operators."""

# What results are where they are not of the type of the first operand.
_RESULTS = {
    **dict.fromkeys(("Shape", "Size", "ArgMax", "ArgMin", "NonZero", "SequenceLength"), INT64),
    **dict.fromkeys(("Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "And", "Or", "Xor", "Not"), BOOL),
    **dict.fromkeys(("IsNaN", "IsInf"), BOOL),
}
_NUMPY = {np.dtype(dtype.numpy): dtype for dtype in DTYPES.values() if dtype.numpy is not None}


@dataclass(frozen=True, eq=False, slots=True)
class Tensor:
    """A tensor of a graph; sizes that are not known are None, as is the shape where the rank is not known.

    `stored` is the value of a constant, which may be narrower than `dtype`: what float16 weights are in float32.
    """

    name: str
    dtype: DType
    shape: Shape = None
    stored: Array | None = None

    @property
    def rank(self) -> int:
        """How many axes it has. Raises `NotImplementedError` where that is not known."""
        return len(self.axes)

    @property
    def axes(self) -> tuple[int | None, ...]:
        """The size of every axis, None where it is not known. Raises `NotImplementedError` where the rank is not."""
        if self.shape is None:
            raise NotImplementedError("the rank of an operand is not known")
        return self.shape

    @property
    def sizes(self) -> tuple[int, ...]:
        """The size of every axis. Raises `NotImplementedError` where one is not known."""
        if self.shape is None or None in self.shape:
            raise NotImplementedError("the shape of an operand is not known")
        return tuple(size for size in self.shape if size is not None)

    def size(self, axis: int) -> int:
        """The size of one axis. Raises `NotImplementedError` where it is not known."""
        size = self.axes[axis]
        if size is None:
            raise NotImplementedError("the size of an axis of an operand is not known")
        return size

    @property
    def value(self) -> Array | None:
        """The value of a constant in the type it is computed in, None for anything else."""
        return None if self.stored is None else np.asarray(self.stored).astype(self.dtype.numpy, copy=False)

    @property
    def type(self) -> TypeProto:
        """ONNX's type."""
        return helper.make_tensor_type_proto(onnx_dtype(self.dtype), self.shape)


@dataclass(frozen=True, eq=False, slots=True)
class TensorList(Tensor):
    """A list of tensors of one shape: the tensor that has them along its first axis.

    `element` is the shape of an element. A size that has None there is 0 until an element is written.
    """

    element: tuple[int | None, ...] = ()
    grows: bool = True


@dataclass(slots=True)
class _Shared:
    """What the graph of a function has in common with those of its inner blocks."""

    contrib: bool = True
    names: set[str] = field(default_factory=set)
    constants: dict[str, Array] = field(default_factory=dict)
    converted: list[NodeProto] = field(default_factory=list)
    written: dict[Any, str] = field(default_factory=dict)
    types: list[ValueInfoProto] = field(default_factory=list)
    domains: set[str] = field(default_factory=lambda: {""})

    def name(self, wanted: str) -> str:
        """The name itself, or one with a number if it is taken."""
        name, number = wanted, 1
        while name in self.names:
            number += 1
            name = f"{wanted}_{number}"
        self.names.add(name)
        return name


class Graph:
    """A graph that is being written: `op` adds a node to it.

    With `contrib`, it is for ONNX Runtime alone, and may use its own operators.
    """

    def __init__(self, outer: Graph | None = None, contrib: bool = True) -> None:
        self.outer = outer
        self.shared: _Shared = outer.shared if outer else _Shared(contrib)
        self.nodes: list[NodeProto] = []
        self.inputs: list[Tensor] = []

    def op(
        self,
        kind: str,
        *operands: Any,
        dtype: DType | None = None,
        shape: Shape = None,
        outputs: int | None = None,
        domain: str = "",
        **attributes: Any,
    ) -> Any:
        """Add a node; its result, or a tuple of them where `outputs` says how many.

        An operand is a tensor, None where it is left out, a number (of the first tensor's type), a list or tuple of
        integers (int64, as ONNX takes axes and shapes) or an array. The result is of the first tensor's type unless
        ONNX says otherwise of all nodes of this kind, or `dtype` does.
        """
        if domain == MICROSOFT and not self.shared.contrib:
            raise NotImplementedError("ONNX has no operator for it, only ONNX Runtime has")
        first = next((each for each in operands if isinstance(each, Tensor)), None)
        inputs = [self._operand(each, first.dtype if first else None) for each in operands]
        result = dtype or _RESULTS.get(kind) or (first.dtype if first else FP32)
        while inputs and not inputs[-1]:
            inputs.pop()  # some kernels take an empty name at the end for a value
        names = [self.shared.name(kind) for _ in range(1 if outputs is None else outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, domain=domain, **_plain(attributes)))
        self.shared.domains.add(domain)
        results = tuple(Tensor(name, result, shape) for name in names)
        return results[0] if outputs is None else results

    def constant(self, value: Any, dtype: DType | None = None) -> Tensor:
        """A constant; numbers are of `dtype`, arrays of their own type unless it is given."""
        return self.held(np.asarray(value, dtype=None if dtype is None else dtype.numpy))

    def held(self, array: Array, name: str = "") -> Tensor:
        """A constant of the type of an array, which may be one that is expanded later."""
        return Tensor(name, _NUMPY[array.dtype], array.shape, array)

    def cast(self, x: Tensor, dtype: DType) -> Tensor:
        """The tensor in another type; itself where it is of that type."""
        if x.dtype == dtype:
            return x
        converted: Tensor = self.op("Cast", x, to=onnx_dtype(dtype), dtype=dtype, shape=x.shape)
        return converted

    def ints(self, values: Tensor | Sequence[int]) -> Tensor:
        """Integers as ONNX takes axes and shapes: a vector of int64."""
        if not isinstance(values, Tensor):
            return self.constant(np.array(values, np.int64).reshape(-1))
        numbers = self.cast(values, INT64)
        if values.shape is not None and len(values.shape) == 1:
            return numbers
        return self.op("Reshape", numbers, [-1], shape=(None,))  # type: ignore[no-any-return]

    def input(self, dtype: DType, shape: Shape, name: str = "input") -> Tensor:
        """Declare an input of this graph."""
        self.inputs.append(Tensor(self.shared.name(name), dtype, shape))
        return self.inputs[-1]

    def input_like(self, x: Tensor, name: str = "input", shape: Shape = None) -> Tensor:
        """Declare an input of the kind of `x`, tensor or list."""
        self.inputs.append(replace(x, name=self.shared.name(name), shape=shape, stored=None))
        return self.inputs[-1]

    def input_named(self, tensor: Tensor) -> Tensor:
        """Declare an input of the whole model, whose name is its own."""
        self.shared.names.add(tensor.name)
        self.inputs.append(tensor)
        return tensor

    def results(self, kind: str, like: Sequence[Tensor], *operands: Any, **attributes: Any) -> tuple[Tensor, ...]:
        """Add a node whose results are of the kinds of `like`; their shapes are not known."""
        if not all(isinstance(each, Tensor) for each in like):
            raise NotImplementedError("a block within it yields what is no tensor")
        results = self.op(kind, *operands, outputs=len(like), **attributes)
        return tuple(
            replace(each, name=result.name, shape=None, stored=None) for each, result in zip(like, results, strict=True)
        )

    def declare(self, tensor: Tensor) -> None:
        """Say what a value is: models in which it comes out otherwise are refused when they are loaded."""
        if tensor.shape is not None:
            self.shared.types.append(_info(tensor))

    def named(self, tensor: Tensor, name: str) -> Tensor:
        """The value under the given name."""
        self.nodes.append(helper.make_node("Identity", [self._operand(tensor, None)], [name]))
        return replace(tensor, name=name, stored=None)

    def rename(self, tensor: Tensor, wanted: str, since: int) -> Tensor:
        """Give the result of one of the nodes from `since` on another name; only those may use it."""
        fresh = self.nodes[since:]
        if not any(tensor.name in node.output for node in fresh):
            return tensor
        name = self.shared.name(wanted)
        for node in fresh:
            _rename(node, {tensor.name: name})
        return replace(tensor, name=name)

    def rename_everywhere(self, names: Mapping[str, str]) -> None:
        """Give results of nodes other names, which nothing else has."""
        for node in self.nodes:
            _rename(node, names)
        for declared in self.shared.types:
            declared.name = names.get(declared.name, declared.name)

    def made(self) -> set[str]:
        """The results of all nodes."""
        return {name for node in self.nodes for name in node.output}

    def proto(self, outputs: Iterable[Tensor], name: str = "block") -> GraphProto:
        """The graph of an inner block, with `outputs` as its results."""
        results = [self._result(each) for each in outputs]
        inputs = [_info(each) for each in self.inputs]
        return helper.make_graph(self.nodes, name, inputs, [_info(replace(each, shape=None)) for each in results])

    def _result(self, tensor: Tensor) -> Tensor:
        """A result must be of this graph's own nodes."""
        made = any(tensor.name in node.output for node in self.nodes)
        return tensor if made and tensor.stored is None else self.same(tensor)

    def same(self, tensor: Tensor) -> Tensor:
        """The value under a name of its own."""
        return replace(tensor, name=self.op("Identity", tensor).name, stored=None)

    def _operand(self, value: Any, dtype: DType | None) -> str:
        if value is None:
            return ""
        if isinstance(value, Tensor):
            return value.name if value.stored is None else self._constant(value)
        if isinstance(value, list | tuple):
            return self._constant(self.ints(value))
        known = dtype if isinstance(value, bool | int | float) else None
        return self._constant(self.constant(value, known))

    def _constant(self, tensor: Tensor) -> str:
        """The name of a constant; it is written when it is used first, and small ones that are alike once."""
        assert tensor.stored is not None
        key = _identity(tensor)
        if key not in self.shared.written:
            self.shared.written[key] = self._write(tensor)
        return self.shared.written[key]

    def _write(self, tensor: Tensor) -> str:
        assert tensor.stored is not None
        name = self.shared.name(tensor.name or "constant")
        self.shared.constants[name] = tensor.stored
        if tensor.stored.dtype == tensor.dtype.numpy:
            return name
        wide = self.shared.name(f"{name}_{tensor.dtype}")
        self.shared.converted.append(helper.make_node("Cast", [name], [wide], to=onnx_dtype(tensor.dtype)))
        return wide


def _identity(tensor: Tensor) -> Any:
    """Small constants are the same if they look it; others where they are one array."""
    assert tensor.stored is not None
    if tensor.stored.size > 64 or tensor.stored.dtype == object:
        return id(tensor.stored), tensor.dtype
    return np.asarray(tensor.stored).tobytes(), tensor.stored.dtype.str, tensor.stored.shape, tensor.dtype


def _plain(attributes: dict[str, Any]) -> dict[str, Any]:
    """Without those that are left out."""
    return {name: value for name, value in attributes.items() if value is not None}


def _rename(node: NodeProto, names: Mapping[str, str]) -> None:
    node.input[:] = [names.get(each, each) for each in node.input]
    node.output[:] = [names.get(each, each) for each in node.output]
    for attribute in node.attribute:
        for inner in attribute.g.node:
            _rename(inner, names)


def _info(tensor: Tensor) -> ValueInfoProto:
    return helper.make_value_info(tensor.name, tensor.type)
