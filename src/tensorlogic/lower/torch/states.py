"""States: values that live from one prediction to the next."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from tensorlogic.lower.torch.registry import implements
from tensorlogic.mil.ops import states as ops


@dataclass(slots=True, eq=False)
class Cell:
    """A state while a program runs. Values are replaced and never changed, so that what was read stays as it was."""

    value: Tensor


@implements(ops.read_state)
def read_state(input: Cell) -> Tensor:
    return input.value


@implements(ops.write_state)
def write_state(input: Cell, data: Tensor) -> tuple[()]:
    coreml_update_state(input, data)
    return ()


@implements(ops.coreml_update_state)
def coreml_update_state(state: Cell, value: Tensor) -> Tensor:
    if (value.dtype, value.shape) != (state.value.dtype, state.value.shape):
        raise ValueError(f"{_kind(value)} is written to a state of {_kind(state.value)}")
    state.value = value
    return value


def _kind(tensor: Tensor) -> str:
    return f"{str(tensor.dtype).removeprefix('torch.')}{list(tensor.shape)}"
