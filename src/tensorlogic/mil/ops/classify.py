"""The result of a classifier."""

from typing import Any

from tensorlogic.mil.declare import IOS15, Const, Tensor, op


@op(since=IOS15)
def classify(probabilities: Tensor, classes: Const[tuple[int | str, ...]]) -> tuple[Any, Any]:
    """The label of the largest probability, and every label with its probability."""
