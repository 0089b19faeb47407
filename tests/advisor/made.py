"""Functions made by hand to be advised on: as many operations as wanted, under any names."""

from __future__ import annotations

import numpy as np

from tensorlogic.advisor.advice import Advice, Subject
from tensorlogic.advisor.chips import chip
from tensorlogic.advisor.estimate import Estimate, Range
from tensorlogic.advisor.evidence import Evidence
from tensorlogic.advisor.finding import Finding
from tensorlogic.advisor.graph import Graph
from tensorlogic.advisor.placement import ComputeUnits, place
from tensorlogic.formats.description import Metadata
from tensorlogic.mil.program import Block, Function, Literal, Operation, Value
from tensorlogic.mil.types import FP16, INT32, TensorType

HOSTILE = "</script><img src=x onerror=\"document.title='owned'\"><!--<script>&amp;\u2028"
"""A name that would do something, were it taken for markup."""
_TOKENS = TensorType(FP16, (1, 128, 256))

FINDING = Finding(
    "batch-size",
    "warning",
    "The batch is 8",
    "More than one sample may go to the GPU.",
    "Convert with shape=(1, 3, 224, 224).",
    (HOSTILE, "layer_0_2"),
    "2-20x",
    Evidence(("CT", "CTI#1723"), "S"),
    fixable=True,
)
ESTIMATES = {
    "expected": Estimate(Range(0.8, 1.2, 2.1), Range(3.0, 5.0, 9.0), ("Neural Engine: 28 rows of the table",), "D"),
    "cpu": Estimate(Range(4.0, 6.5, 11.0), None, ("CPU: 17 rows of the table",), "D"),
}


def advice(operations: int, name: str = "x", units: ComputeUnits = "all") -> Advice:
    """What is expected of layers of attention on an M1, with a finding and estimates; `name` is that of the input."""
    function, metadata = _function(operations, name), Metadata("CoreML", "F16", "made", 0, 0)
    subject = Subject(f"models/{name}.mlpackage", metadata, function, Graph(function), (), (), (), 0, 0)
    placement = place(subject.graph, chip("M1"), units)
    return Advice(subject, chip("M1"), units, placement, (FINDING,), ESTIMATES)


def _function(operations: int, name: str) -> Function:
    ends = Value(name, _TOKENS)
    made: list[Operation] = []
    for index in range(operations):
        layer, part = divmod(index, 10)
        before = [name, *(each.name for each in made)]
        made.append(_operation(f"layer_{layer}_{part}", part, before[-1], before[-max(part, 1)]))
    return Function("main", (ends,), 17, Block((), tuple(made), (made[-1].name,)))


_TYPES = ("layer_norm", "mul", "add", "matmul", "softmax", "matmul", "add", "gelu", "gather", "add")


def _operation(name: str, part: int, last: str, first: str) -> Operation:
    """A tenth of a layer: the second and third part branch off its first, to which products and sums reach back."""
    operands = {"x": (first,) if part in (1, 2) else (last,)}
    if _TYPES[part] in ("add", "mul", "matmul"):
        operands["y"] = (first,)
    if _TYPES[part] == "gather":
        operands["indices"] = (Literal(TensorType(INT32, (128,)), np.arange(128, dtype=np.int32)),)
    return Operation(_TYPES[part], operands, (Value(name, _TOKENS),))
