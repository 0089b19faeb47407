"""Relations as tensors of 0 and 1: dense ones, or sparse ones where there is little else than zeros."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from tensorlogic.runtime.lazy import torch
from tensorlogic.runtime.sizes import check_size

LARGE = 1 << 22
"""From so many elements on a tensor may be sparse."""
_SHARE = 32
"""It is where at most one of so many elements is not zero."""


class StrangerError(Exception):
    """A constant that no index of a dimension stands for."""

    def __init__(self, number: int, dimension: int) -> None:
        super().__init__(number, dimension)
        self.number, self.dimension = number, dimension


def marked(columns: Sequence[Any], constants: Sequence[Sequence[int]], *, is_sparse: bool = True) -> torch.Tensor:
    """1 for each row, 0 elsewhere.

    The columns are arrays of numbers of constants; `constants` are those that the indices of each dimension stand for,
    at least one. A tensor of two dimensions and more `is_sparse` where that saves much, unless this is not wanted.
    Raises `StrangerError` for another constant in a column.
    """
    sizes = [len(each) for each in constants]
    pairs = enumerate(zip(columns, constants, strict=True))
    places = torch.stack([_places(torch.as_tensor(column), known, i) for i, (column, known) in pairs])
    elements, count = prod(sizes), places.shape[1]
    if is_sparse and len(sizes) > 1 and elements >= LARGE and count * _SHARE <= elements:
        return torch.sparse_coo_tensor(places, torch.ones(count), sizes, check_invariants=False).coalesce()
    check_size(sizes, torch.float32)
    tensor = torch.zeros(sizes)
    tensor[tuple(places)] = 1
    return tensor


def _places(column: torch.Tensor, known: Sequence[int], dimension: int) -> torch.Tensor:
    """The place of each number among those that are known."""
    unknown = max(known, default=-1) + 1
    table = torch.full((unknown + 1,), -1)
    table[torch.tensor(known, dtype=torch.long)] = torch.arange(len(known))
    places = table[column.clamp(max=unknown)]
    if (strange := places < 0).any():
        raise StrangerError(int(column[strange][0]), dimension)
    return places
