"""What is written for other programs than ONNX Runtime: every operation in the standard's own operators."""

from __future__ import annotations

import onnx
import onnxruntime
import pytest
from onnx import TensorProto

from tensorlogic.engines.onnxruntime.runtime import evaluate
from tensorlogic.lower.onnx import lower
from tensorlogic.lower.onnx.labels import with_labels
from tensorlogic.mil.types import FP16, FP32

from .harness import Case, ProgramCase
from .tables import every_case


def one_of_each() -> list[Case | ProgramCase]:
    """The first case of each operation, as each opset has it, and all programs."""
    cases = every_case()
    singles = {each.declared: each for each in reversed(cases) if isinstance(each, Case)}
    return [*singles.values(), *(each for each in cases if isinstance(each, ProgramCase))]


CASES = one_of_each()
DECLARED = [(each, floats) for each in CASES for floats in getattr(each, "floats", (FP32, FP16))]


@pytest.mark.parametrize(("each", "floats"), DECLARED, ids=str)
def test_every_operation_is_valid_onnx(each: Case | ProgramCase, floats: object) -> None:
    lowered = lower(each.program(floats), "main", "f32" if floats == FP32 else "f16", evaluate, contrib=False)
    model = with_labels(lowered.model, lowered.signature.labels)
    for constant in model.graph.initializer:
        if constant.name in lowered.weights:
            constant.ClearField("external_data")
            constant.data_location, constant.raw_data = TensorProto.DEFAULT, lowered.weights[constant.name].tobytes()
    assert {each.domain for each in model.opset_import} <= {"", "ai.onnx.ml"}
    onnx.checker.check_model(model, full_check=True)
    onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
