"""The result of a classifier."""

from __future__ import annotations

import math

from tensorlogic.lower.labels import Label, Labels
from tensorlogic.lower.onnx.graph import Graph, Tensor
from tensorlogic.lower.onnx.labels import Labelled
from tensorlogic.lower.onnx.registry import implements
from tensorlogic.mil.ops import classify as ops


@implements(ops.classify)
def classify(g: Graph, probabilities: Tensor, classes: tuple[Label, ...]) -> tuple[Labelled, Labelled]:
    count = math.prod(probabilities.sizes) if None not in probabilities.axes else len(classes)
    if count != len(classes):
        raise ValueError(f"{count} probabilities for {len(classes)} labels")
    numbers = g.op("Reshape", probabilities, [count])
    largest = g.op("ArgMax", numbers, axis=0, keepdims=0)
    return Labelled(largest, Labels(classes, is_table=False)), Labelled(numbers, Labels(classes, is_table=True))
