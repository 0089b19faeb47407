"""ONNX Runtime's sessions, as this project makes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import onnxruntime
from onnx import ModelProto

from tensorlogic.lower.onnx.graph import Array

_PROVIDERS = ["CPUExecutionProvider"]
_QUIET = 3  # errors alone: they are raised too, and warnings are about graphs that no user has written


def evaluate(model: ModelProto, weights: Mapping[str, Array]) -> Sequence[Array]:
    """The outputs of a small model without inputs."""
    options = session_options(weights)
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=_PROVIDERS)
    results: Sequence[Array] = session.run(None, {})
    return results


def open_session(model: ModelProto, weights: Mapping[str, Array]) -> onnxruntime.InferenceSession:
    """A session of a model whose large constants are `weights`; they are not copied."""
    options = session_options(weights)
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=_PROVIDERS)


def session_options(weights: Mapping[str, Array]) -> onnxruntime.SessionOptions:
    """What all sessions have in common."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _QUIET
    # A program that computes something else than it declares is refused.
    options.add_session_config_entry("session.strict_shape_type_inference", "1")
    values = [onnxruntime.OrtValue.ortvalue_from_numpy(array) for array in weights.values()]
    options.add_external_initializers(list(weights), values)
    return options
