"""The result of a classifier."""

from __future__ import annotations

import torch
from torch import Tensor

from tensorlogic.lower.torch.registry import implements
from tensorlogic.mil.ops import classify as ops

Label = int | str


@implements(ops.classify)
def classify(probabilities: Tensor, classes: tuple[Label, ...]) -> tuple[Tensor | str, dict[Label, float]]:
    if probabilities.numel() != len(classes):
        raise ValueError(f"{probabilities.numel()} probabilities for {len(classes)} labels")
    label = classes[int(probabilities.argmax())]
    labelled = dict(zip(classes, probabilities.flatten().tolist(), strict=True))
    return label if isinstance(label, str) else torch.tensor(label), labelled
