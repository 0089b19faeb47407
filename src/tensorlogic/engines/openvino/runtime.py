"""OpenVINO's compiled models, as this project makes them."""

from __future__ import annotations

from collections.abc import Mapping

import openvino
from onnx import ModelProto, TensorProto

from tensorlogic.lower.onnx.graph import Array

_HINTS = {
    "PERFORMANCE_HINT": "LATENCY",
    "DYNAMIC_QUANTIZATION_GROUP_SIZE": "0",  # products with quantized weights would round x to eight bits
}


def compile_model(model: ModelProto, weights: Mapping[str, Array], precision: str) -> openvino.CompiledModel:
    """The model, compiled for one prediction at a time."""
    core = openvino.Core()
    read = core.read_model(_whole(model, weights), b"")
    return core.compile_model(read, "CPU", {"INFERENCE_PRECISION_HINT": precision, **_HINTS})


def _whole(model: ModelProto, weights: Mapping[str, Array]) -> bytes:
    """The model with its large constants: OpenVINO reads external ones from files alone."""
    whole = ModelProto()
    whole.CopyFrom(model)
    for constant in whole.graph.initializer:
        if constant.name in weights:
            constant.ClearField("external_data")
            constant.data_location = TensorProto.DEFAULT
            constant.raw_data = weights[constant.name].tobytes()
    return whole.SerializeToString()
