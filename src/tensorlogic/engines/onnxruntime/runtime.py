"""ONNX Runtime's sessions, as this project makes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import onnxruntime

from tensorlogic.engines.array_state import Array

if TYPE_CHECKING:  # lowering imports ONNX, which a model from the cache does without
    from onnx import ModelProto

    from tensorlogic.lower.onnx import Lowered

_PROVIDERS = ["CPUExecutionProvider"]
_QUIET = 4  # errors are raised too, and warnings are about graphs that no user has written
_FILE = "model.onnx"
_WEIGHTS = "weights.bin"
_SMALL = 1024
"""The most bytes of a constant that is kept in the model's own file."""


def evaluate(model: ModelProto, weights: Mapping[str, Array]) -> Sequence[Array]:
    """The outputs of a small model without inputs."""
    options = _options(weights)
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=_PROVIDERS)
    results: Sequence[Array] = session.run(None, {})
    return results


def open_lowered(lowered: Lowered, kept: Path | None = None) -> onnxruntime.InferenceSession:
    """A session of a model, whose large constants are not copied; the optimised model is written to `kept`."""
    options = _options(lowered.weights)
    # A program that computes something else than it declares is refused.
    options.add_session_config_entry("session.strict_shape_type_inference", "1")
    if kept is not None:
        options.optimized_model_filepath = str(kept / _FILE)
        prefix = "session.optimized_model_external_initializers"
        options.add_session_config_entry(f"{prefix}_file_name", _WEIGHTS)
        options.add_session_config_entry(f"{prefix}_min_size_in_bytes", str(_SMALL))
    return onnxruntime.InferenceSession(lowered.model.SerializeToString(), options, providers=_PROVIDERS)


def open_kept(folder: Path) -> onnxruntime.InferenceSession:
    """A session of an optimised model that was written to `folder`; its weights stay in their file."""
    options = _options({})
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(folder / _FILE, options, providers=_PROVIDERS)


def _options(weights: Mapping[str, Array]) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _QUIET
    values = [onnxruntime.OrtValue.ortvalue_from_numpy(array) for array in weights.values()]
    options.add_external_initializers(list(weights), values)
    return options
