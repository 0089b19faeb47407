"""States: values that live from one prediction to the next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from torch import Tensor

from tensorlogic.lower.torch.registry import implements
from tensorlogic.mil.ops import states as ops


class Cell:
    """A state while a program runs: the memory that it lives in, and its value at this point of the program.

    What was read stays as it was: values are replaced, and the memory is only written to where nobody would see it.
    """

    __slots__ = ("memory", "others", "undo", "value")

    def __init__(self, memory: Tensor, undoable: bool = False) -> None:
        self.memory = self.value = memory
        self.others: tuple[Cell, ...] = ()
        """The other states of the program."""
        self.undo: list[tuple[Tensor, Tensor]] | None = [] if undoable else None
        """Parts of the memory that were written to, and what they held; None where nothing is undone."""

    @property
    def changed(self) -> bool:
        """Whether the value has yet to be brought to the memory."""
        return self.value is not self.memory

    def restore(self) -> None:
        """Bring the memory back to what it held before the program ran."""
        for part, before in reversed(self.undo or []):
            part.copy_(before)


def opened(memory: Mapping[str, Tensor], undoable: bool = False) -> dict[str, Cell]:
    """The states of a program that is about to run, by name; see `Cell.undo`."""
    cells = {name: Cell(each, undoable) for name, each in memory.items()}
    for cell in cells.values():
        cell.others = tuple(other for other in cells.values() if other is not cell)
    return cells


def keep(cells: Iterable[Cell]) -> None:
    """Bring what a program left in its states to their memory. Values may be parts of each other's."""
    cells = list(cells)
    changed = [cell for cell in cells if cell.changed]
    values = [c.value.clone() if any(shares(c.value, each.memory) for each in cells) else c.value for c in changed]
    for cell, value in zip(changed, values, strict=True):
        cell.value = cell.memory.copy_(value)


def shares(one: Tensor, other: Any) -> bool:
    """Whether two values may lie in the same memory."""
    if not isinstance(other, Tensor):
        return not (other is None or isinstance(other, Cell))
    return bool(one.untyped_storage()._cdata == other.untyped_storage()._cdata)


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
