"""States: values that live from one prediction to the next."""

from __future__ import annotations

from tensorlogic.lower.onnx.graph import Graph, Tensor
from tensorlogic.lower.onnx.registry import implements
from tensorlogic.lower.onnx.state import Cell, assign
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
    if not _fits(value, state.value):
        raise ValueError(f"{_kind(value)} is written to a state of {_kind(state.value)}")
    assign([state], [value])
    return state.value


def _fits(value: Tensor, kept: Tensor) -> bool:
    """Whether the types agree, and the shapes as far as they are known."""
    if value.dtype != kept.dtype or value.shape is None:
        return value.dtype == kept.dtype
    agree = all(size in (None, wanted) for size, wanted in zip(value.shape, kept.sizes, strict=False))
    return agree and value.rank == kept.rank


def _kind(tensor: Tensor) -> str:
    return f"{tensor.dtype}{list(tensor.shape or ())}"
