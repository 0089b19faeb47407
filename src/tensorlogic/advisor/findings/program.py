"""What the file asks of the system, and what loading it takes."""

from __future__ import annotations

from collections.abc import Iterator

from tensorlogic.advisor.findings.view import MEGABYTE, Found, View, check
from tensorlogic.advisor.subject import PROGRAM
from tensorlogic.mil.ops import declaration


@check
def newer_than_needed(view: View) -> Iterator[Found]:
    """The program asks for a newer system than any of its operations or types needs."""
    function = view.subject.function
    types = {operation.type.removeprefix("ios18.") for operation in function.body.walk()} - {"const"}
    declared = [declaration(type, function.opset) for type in types]
    needed = max((op.since for op in declared if op is not None), default=function.opset)
    if any(feature.dtype == "float16" for feature in (*view.subject.inputs, *view.subject.outputs)):
        needed = max(needed, 16)
    if None not in declared and needed < function.opset and not function.states:
        yield Found((), {"asked": function.opset, "needed": needed})


NETWORK = "neuralNetwork"  # With it begin the types of its classifiers and regressors too.


@check
def neural_network(view: View) -> Iterator[Found]:
    """The model is of the type that came before programs."""
    if view.subject.model_type.startswith(NETWORK):
        yield Found((), {"type": view.subject.model_type})


@check
def no_network(view: View) -> Iterator[Found]:
    """The model is neither a program nor a neural network."""
    if view.subject.model_type != PROGRAM and not view.subject.model_type.startswith(NETWORK):
        yield Found((), {"type": view.subject.model_type})


@check
def warm_up(view: View) -> Iterator[Found]:
    """Loading takes long, as there are many weights."""
    if view.subject.expanded > view.limit:
        yield Found((), {"megabytes": f"{view.subject.expanded / MEGABYTE:,.0f}"})
