"""Sparse constants: a mask that says which elements are there, and their values in order."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate

import torch
from torch import Tensor

from tensorlogic.lower.torch import storage
from tensorlogic.lower.torch.storage import Stored


class _Mask:
    """Which elements are there, and how many there are before each piece."""

    def __init__(self, bits: Stored) -> None:
        if bits.bits != 1:
            raise ValueError(f"a mask of {bits.bits} bits for each element")
        self._bits = bits
        self._before = list(accumulate((self._count(*piece) for piece in bits.pieces), initial=0))

    @property
    def count(self) -> int:
        return self._before[-1]

    def before(self, at: int) -> int:
        """How many there are before the element `at`."""
        piece = at // storage.PIECE
        return self._before[piece] + self._count(piece * storage.PIECE, at)

    def around(self, first: int, last: int) -> tuple[int, int]:
        """Whole pieces that hold those from number `first` to `last`."""
        start, stop = bisect_right(self._before, first) - 1, bisect_left(self._before, last)
        return start * storage.PIECE, min(stop * storage.PIECE, self._bits.elements)

    def numbers(self, start: int, stop: int) -> Tensor:
        """For each element that is there, which it is of those from `start` on, beginning with 1; 0 for the others."""
        bits = self._bits.read(start, stop)
        return bits.cumsum(0, dtype=torch.int32).mul_(bits)

    def _count(self, start: int, stop: int) -> int:
        return int(self._bits.read(start, stop).sum(dtype=torch.int32))


def scattered(values: Stored, mask: Stored) -> Stored:
    """The dense form: the values where the mask is 1, zeros elsewhere."""
    there = _Mask(mask)
    if there.count != values.elements:
        raise ValueError(f"the mask has {there.count} bits set for {values.elements} values")
    zero = torch.zeros(1, dtype=values.dtype, device=values.device)

    def part(start: int, stop: int) -> Tensor:
        numbers, first = there.numbers(start, stop), there.before(start)
        present = values.read(first, first + int(numbers.max()))
        return torch.cat([zero, present]).index_select(0, numbers)

    return Stored(mask.shape, values.dtype, values.device, values.bits, part)


def kept(dense: Stored, mask: Stored) -> Stored:
    """The values of a dense form where the mask is 1."""
    there = _Mask(mask)

    def part(first: int, last: int) -> Tensor:
        start, stop = there.around(first, last)
        numbers = there.numbers(start, stop).long()
        present = torch.empty(int(numbers.max()) + 1, dtype=dense.dtype, device=dense.device)
        present.index_copy_(0, numbers, dense.part(start, stop))  # what is not there meets in the first place
        skipped = 1 + first - there.before(start)
        return present[skipped : skipped + last - first]

    return Stored((there.count,), dense.dtype, dense.device, dense.bits, part)
