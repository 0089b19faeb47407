"""States while a program is lowered: an input and an output of the graph each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tensorlogic.lower.onnx.graph import Graph, Tensor


@dataclass(slots=True, eq=False)
class Cell:
    """A state: its value at this point of the program."""

    value: Tensor


@dataclass(frozen=True, slots=True)
class Body:
    """A block within an operation: it writes its operations into a graph, for tensors that stand for its inputs.

    `cells` are the states that it uses.
    """

    write: Callable[..., tuple[Any, ...]]
    cells: tuple[Cell, ...]

    def __call__(self, g: Graph, *arguments: Tensor) -> tuple[Any, ...]:
        """What the block yields."""
        return self.write(g, *arguments)


def cells_of(*bodies: Body) -> list[Cell]:
    """The states that some blocks use."""
    return list(dict.fromkeys(cell for body in bodies for cell in body.cells))


def values_of(cells: Sequence[Cell]) -> list[Tensor]:
    """Their values at this point of the program."""
    return [cell.value for cell in cells]


def assign(cells: Sequence[Cell], values: Sequence[Tensor]) -> None:
    """Give states other values, of the shapes that they keep."""
    for cell, value in zip(cells, values, strict=True):
        cell.value = replace(value, shape=cell.value.shape)
