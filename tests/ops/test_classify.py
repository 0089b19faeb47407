from __future__ import annotations

import numpy as np

from tensorlogic.mil.types import FP32

from .harness import case, suite

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
