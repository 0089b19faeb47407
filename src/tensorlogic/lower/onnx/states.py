"""States: values that live from one prediction to the next."""

from __future__ import annotations

from tensorlogic.lower.onnx.graph import Graph, Tensor
from tensorlogic.lower.onnx.registry import implements
from tensorlogic.lower.onnx.state import Cell
from tensorlogic.mil.ops import states as ops


@implements(ops.read_state)
def read_state(g: Graph, input: Cell) -> Tensor:
    return input.value


@implements(ops.write_state)
def write_state(g: Graph, input: Cell, data: Tensor) -> tuple[()]:
    coreml_update_state(g, input, data)
    return ()


@implements(ops.coreml_update_state)
def coreml_update_state(g: Graph, state: Cell, value: Tensor) -> Tensor:
    state.value = value
    return value
