"""What OpenVINO takes and computes otherwise than ONNX says: a wrong answer is worse than a refusal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import openvino

if TYPE_CHECKING:  # a model from the cache does without
    from onnx import GraphProto, NodeProto

_NODES: tuple[tuple[str, Callable[[NodeProto, set[str]], bool], str], ...] = (
    ("Mod", lambda node, known: bool(node.attribute), "the remainder of floats is rounded"),
    ("NonMaxSuppression", lambda node, known: True, "boxes that overlap by just the threshold are suppressed"),
    ("Range", lambda node, known: node.input[2] not in known, "a range in steps of 0 would end the process"),
)

# Where a vector without elements is what it should be: the shape of a number.
_SHAPES = (("Reshape", 1), ("Expand", 1))

_INDEXED = ("Gather", "Scatter")


def refused(graph: GraphProto) -> Iterator[str]:
    """What of an ONNX graph OpenVINO must not be given, and why."""
    known = {constant.name for constant in graph.initializer}
    nothing = {constant.name for constant in graph.initializer if list(constant.dims) == [0]}
    for node in _walk(graph):
        for kind, is_wrong, reason in _NODES:
            if node.op_type == kind and is_wrong(node, known):
                yield f"{kind} {node.output[0]!r}: {reason}"
        for place, name in enumerate(node.input):
            if name in nothing and (node.op_type, place) not in _SHAPES:
                yield f"{node.op_type} {node.output[0]!r}: a constant without elements is taken for a number"


def refused_shapes(model: openvino.Model) -> Iterator[str]:
    """What surely reads or writes nothing by index, which ends the process."""
    for operation in model.get_ordered_ops():
        if operation.get_type_name().startswith(_INDEXED):
            shapes = map(operation.get_input_partial_shape, range(operation.get_input_size()))
            if any(shape.is_static and 0 in shape.to_shape() for shape in shapes):
                yield f"{operation.get_type_name()} {operation.friendly_name!r}: an operand has no elements"


def _walk(graph: GraphProto) -> Iterator[NodeProto]:
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from _walk(attribute.g)
