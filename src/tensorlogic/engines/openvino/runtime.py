"""OpenVINO's compiled models, as this project makes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import openvino

from tensorlogic.engines.array_state import Array
from tensorlogic.engines.openvino.refused import refused, refused_shapes
from tensorlogic.errors import UnsupportedError, codes

if TYPE_CHECKING:  # a model from the cache does without
    from onnx import ModelProto

_HINTS = {
    "PERFORMANCE_HINT": "LATENCY",
    "DYNAMIC_QUANTIZATION_GROUP_SIZE": "0",  # products with quantized weights would round x to eight bits
}
# What messages have beside the reason: places in OpenVINO's sources, headings, advice to its developers.
_AROUND = (
    "Exception from ", "Check ", "Details:", "Not Implemented:", "Summary:", "-- Conversion is failed", "To facilitate "
)  # fmt: skip
_THROWN = "CALLBACK HAS THROWN: "


def compile_model(model: ModelProto, weights: Mapping[str, Array], precision: str) -> openvino.CompiledModel:
    """The model, compiled for one prediction at a time. Raises `UnsupportedError` where OpenVINO cannot run it."""
    core = openvino.Core()
    try:
        _refuse(refused(model.graph))
        read = core.read_model(_whole(model, weights), b"")
        _refuse(refused_shapes(read))
        return core.compile_model(read, "CPU", {"INFERENCE_PRECISION_HINT": precision, **_HINTS})
    except RuntimeError as error:
        raise _unsupported(explained(error)) from error


def _refuse(reasons: Iterator[str]) -> None:
    for reason in reasons:
        raise _unsupported(reason)


def _unsupported(reason: str) -> UnsupportedError:
    return UnsupportedError(codes.UNSUPPORTED_OPERATION, f"the model cannot run with OpenVINO: {reason}")


def load_compiled(path: Path, precision: str) -> openvino.CompiledModel:
    """A compiled model that was exported to a file."""
    with path.open("rb") as file:
        return openvino.Core().import_model(file.read(), "CPU", {"INFERENCE_PRECISION_HINT": precision, **_HINTS})


def explained(error: RuntimeError) -> str:
    """What OpenVINO says went wrong."""
    lines = [line.strip() for line in str(error).split("\n")]
    said = [line for line in lines if line and not line.startswith(_AROUND)]
    return said[-1].rpartition(_THROWN)[2].removeprefix("-- ") if said else type(error).__name__


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
