"""Results that are no tensors, in ONNX: a session makes them of tensors, other programs have models make them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

from tensorlogic.lower.labels import Labels
from tensorlogic.lower.onnx.graph import Tensor

_DOMAIN = "ai.onnx.ml"
_VERSION = 3


@dataclass(frozen=True, slots=True)
class Labelled:
    """A result while a program is lowered: a tensor, and what it means."""

    tensor: Tensor
    labels: Labels


def with_labels(model: ModelProto, labels: Mapping[str, Labels]) -> ModelProto:
    """The model as other programs are to run it: a label is a tensor, and a table a sequence of one map."""
    result = ModelProto()
    result.CopyFrom(model)
    for name, each in labels.items():
        _give(result, name, each)
    if any(each.is_table for each in labels.values()):
        result.opset_import.append(helper.make_opsetid(_DOMAIN, _VERSION))
    return result


def _give(model: ModelProto, name: str, labels: Labels) -> None:
    graph = model.graph
    tensor, classes = f"{name}_tensor", f"{name}_classes"
    for node in graph.node:
        node.output[:] = [tensor if each == name else each for each in node.output]
    texts = all(isinstance(label, str) for label in labels.classes)
    if not labels.is_table:
        array = np.array(labels.classes, object if texts else np.int64)
        graph.initializer.append(numpy_helper.from_array(array, classes))
    graph.node.extend(_table(labels, texts, tensor, name) if labels.is_table else _label(classes, tensor, name))
    (declared,) = [each for each in graph.output if each.name == name]
    declared.CopyFrom(_info(name, labels, TensorProto.STRING if texts else TensorProto.INT64))


def _label(classes: str, index: str, name: str) -> list[NodeProto]:
    return [helper.make_node("Gather", [classes, index], [name])]


def _table(labels: Labels, texts: bool, numbers: str, name: str) -> list[NodeProto]:
    keys = "classlabels_strings" if texts else "classlabels_int64s"
    attributes: dict[str, Any] = {keys: labels.classes}
    floats = f"{numbers}_float"
    return [
        helper.make_node("Cast", [numbers], [floats], to=TensorProto.FLOAT),
        helper.make_node("ZipMap", [floats], [name], domain=_DOMAIN, **attributes),
    ]


def _info(name: str, labels: Labels, key: int) -> ValueInfoProto:
    if not labels.is_table:
        return helper.make_tensor_value_info(name, key, ())
    number = helper.make_tensor_type_proto(TensorProto.FLOAT, ())
    return helper.make_value_info(name, helper.make_sequence_type_proto(helper.make_map_type_proto(key, number)))
