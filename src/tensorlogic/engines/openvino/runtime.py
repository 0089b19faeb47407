"""OpenVINO's compiled models, as this project makes them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import openvino

from tensorlogic.engines.array_state import Array
from tensorlogic.errors import UnsupportedError, codes

if TYPE_CHECKING:  # a model from the cache does without
    from onnx import ModelProto

_HINTS = {
    "PERFORMANCE_HINT": "LATENCY",
    "DYNAMIC_QUANTIZATION_GROUP_SIZE": "0",  # products with quantized weights would round x to eight bits
}
_PLACES = ("Exception from ", "Check ", "Details:", "Not Implemented:")
_THROWN = "CALLBACK HAS THROWN: "


def compile_model(model: ModelProto, weights: Mapping[str, Array], precision: str) -> openvino.CompiledModel:
    """The model, compiled for one prediction at a time. Raises `UnsupportedError` where OpenVINO cannot run it."""
    core = openvino.Core()
    try:
        read = core.read_model(_whole(model, weights), b"")
        return core.compile_model(read, "CPU", {"INFERENCE_PRECISION_HINT": precision, **_HINTS})
    except RuntimeError as error:
        message = f"the model cannot run with OpenVINO: {explained(error)}"
        raise UnsupportedError(codes.UNSUPPORTED_OPERATION, message) from error


def load_compiled(path: Path, precision: str) -> openvino.CompiledModel:
    """A compiled model that was exported to a file."""
    with path.open("rb") as file:
        return openvino.Core().import_model(file.read(), "CPU", {"INFERENCE_PRECISION_HINT": precision, **_HINTS})


def explained(error: RuntimeError) -> str:
    """What OpenVINO says went wrong, without the places in its sources."""
    lines = [line.strip() for line in str(error).split("\n")]
    said = [line for line in lines if line and not line.startswith(_PLACES)]
    return said[-1].rpartition(_THROWN)[2] if said else type(error).__name__


def _whole(model: ModelProto, weights: Mapping[str, Array]) -> bytes:
    """The model with its large constants: OpenVINO reads external ones from files alone."""
    from onnx import ModelProto, TensorProto

    whole = ModelProto()
    whole.CopyFrom(model)
    for constant in whole.graph.initializer:
        if constant.name in weights:
            constant.ClearField("external_data")
            constant.data_location = TensorProto.DEFAULT
            constant.raw_data = weights[constant.name].tobytes()
    return whole.SerializeToString()
