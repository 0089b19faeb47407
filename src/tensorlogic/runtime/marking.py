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


def marked(columns: Sequence[Any], constants: Sequence[Sequence[int]], *, is_sparse: bool = True) -> torch.Tensor:
    """1 for each row, 0 elsewhere.

    The columns are arrays of numbers of constants; `constants` are those that the indices of each dimension stand for,
    at least one. A tensor of two dimensions and more `is_sparse` where that saves much, unless this is not wanted.
    """
    sizes = [len(each) for each in constants]
    places = torch.stack([_places(column, known) for column, known in zip(columns, constants, strict=True)])
    elements, count = prod(sizes), places.shape[1]
    if is_sparse and len(sizes) > 1 and elements >= LARGE and count * _SHARE <= elements:
        return torch.sparse_coo_tensor(places, torch.ones(count), sizes, check_invariants=False).coalesce()
    check_size(sizes, torch.float32)
    tensor = torch.zeros(sizes)
    tensor[tuple(places)] = 1
    return tensor


def _places(column: Any, known: Sequence[int]) -> torch.Tensor:
    """The place of each number among those that are known."""
    table = torch.zeros(max(known, default=-1) + 1, dtype=torch.long)
    table[torch.tensor(known, dtype=torch.long)] = torch.arange(len(known))
    return table[torch.as_tensor(column)]
