"""A graph that is complete, as an ONNX model with its large constants beside it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

from tensorlogic.lower.onnx.graph import Array, Graph, Tensor

OPSET = 21
_IR_VERSION = 10
_INLINE = 1024
"""The most bytes of a constant that is kept in the model itself: shape inference reads small ones."""

WEIGHTS = "weights"
"""What external data is called until a file is chosen for it."""


def model_proto(g: Graph, outputs: Sequence[Tensor], source: str, name: str) -> tuple[ModelProto, dict[str, Array]]:
    """The model, and the constants that it names as external data."""
    shared = g.shared
    stored = {key: np.asarray(array) for key, array in shared.constants.items()}
    large = {key: array for key, array in stored.items() if _is_large(array)}
    constants = [_external(k, v) if k in large else _inline(k, v) for k, v in stored.items()]
    graph = helper.make_graph(
        [*shared.converted, *g.nodes],
        name,
        [helper.make_value_info(each.name, each.type) for each in g.inputs],
        [helper.make_value_info(each.name, each.type) for each in outputs],
        constants,
        value_info=[each for each in shared.types if each.name not in {o.name for o in outputs}],
    )
    opsets = [helper.make_opsetid(domain, 1 if domain else OPSET) for domain in sorted(shared.domains)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION, producer_name="tensorlogic"), large


def _is_large(array: Array) -> bool:
    return array.nbytes > _INLINE and array.dtype != object


def _inline(name: str, array: Array) -> TensorProto:
    return numpy_helper.from_array(np.asarray(array, order="C"), name)


def _external(name: str, array: Array) -> TensorProto:
    proto = TensorProto(name=name, dims=array.shape, data_location=TensorProto.EXTERNAL)
    proto.data_type = helper.np_dtype_to_tensor_dtype(array.dtype)
    for key, value in (("location", WEIGHTS), ("offset", "0"), ("length", str(array.nbytes))):
        proto.external_data.add(key=key, value=value)
    return proto
