from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest

from tensorlogic.engines.onnxruntime.runtime import evaluate
from tensorlogic.lower.onnx import lower
from tensorlogic.lower.onnx.labels import with_labels
from tensorlogic.mil.types import FP32

from .harness import Case, case, suite

PROBABILITIES = np.float32([0.125, 0.625, 0.25])

CASES = [
    case("classify", probabilities=x, classes=classes, want=(label, table), floats=(FP32,))
    for x, classes, label, table in [
        (PROBABILITIES, ["a", "b", "c"], "b", {"a": 0.125, "b": 0.625, "c": 0.25}),
        (PROBABILITIES[None, :, None], ["a", "b", "c"], "b", {"a": 0.125, "b": 0.625, "c": 0.25}),
        (PROBABILITIES, np.int64([10, 20, 30]), np.int64(20), {10: 0.125, 20: 0.625, 30: 0.25}),
        (np.float32([1]), ["only"], "only", {"only": 1.0}),
    ]
]

test_cases = suite(CASES)


@pytest.mark.parametrize("each", CASES, ids=str)
def test_exported_models_give_labels(each: Case) -> None:
    """In ONNX's own types: a label is a tensor, and a table a sequence of one map."""
    lowered = lower(each.program(FP32), "main", "f32", evaluate)
    model = with_labels(lowered.model, lowered.signature.labels)
    onnx.checker.check_model(model)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    label, table = session.run(list(lowered.signature.outputs), each.inputs(FP32))
    assert (label, table) == (each.want[0], [each.want[1]])
