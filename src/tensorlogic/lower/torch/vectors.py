"""Constants whose elements are vectors, laid out along an axis."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import torch
from torch import Tensor

from tensorlogic.lower.torch import storage
from tensorlogic.lower.torch.storage import Stored


def along_axis(vectors: Stored, length: int, axis: int | None) -> Stored:
    """A constant of numbers from one whose parts have a vector of `length` in each row."""
    shape = vectors.shape
    if axis is None or not -len(shape) <= axis < len(shape):
        raise ValueError(f"vectors of {length} lie along no axis")
    axis %= len(shape)
    inner = math.prod(shape[axis + 1 :])

    def interleaved(start: int, stop: int) -> Tensor:
        """All vectors that interleave with one that is asked for, and of them what is asked for."""
        first, last = start // (length * inner) * inner, -(-stop // (length * inner)) * inner
        laid_out = vectors.part(first, last).reshape(-1, inner, length).transpose(1, 2).flatten()
        return laid_out[start - first * length : stop - first * length]

    def one_by_one(start: int, stop: int) -> Tensor:
        """The same where too many interleave: one place of the vectors after the other."""
        edges = (start, *range((start // inner + 1) * inner, stop, inner), stop)
        return torch.cat([place(first, last) for first, last in pairwise(edges)])

    def place(start: int, stop: int) -> Tensor:
        block, number = divmod(start // inner, length)
        first = block * inner + start % inner
        return vectors.part(first, first + stop - start)[:, number]

    part = interleaved if length * inner <= storage.PIECE else one_by_one
    return replace(vectors, shape=(*shape[:axis], shape[axis] * length, *shape[axis + 1 :]), part=part)
