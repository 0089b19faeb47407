"""Constants that are expanded piece by piece: beside the result, expanding one takes the memory of a piece."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from tensorlogic.lower.torch.dtypes import torch_dtype
from tensorlogic.mil.program import Literal
from tensorlogic.mil.types import TensorType

PIECE = 1 << 18
"""Elements that are expanded at a time: their indices fit a processor's cache."""

_WIDTHS = (1, 2, 3, 4, 6, 8)

Shape = tuple[int, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Stored:
    """A constant whose elements are computed when they are asked for.

    `part(start, stop)` computes those from `start` to `stop`, at least one, counted in row-major order. `bits` is the
    width that the program gives an element, `whole` the tensor of one that needs no expanding.
    """

    shape: Shape
    dtype: torch.dtype
    device: torch.device
    bits: int
    part: Callable[[int, int], Tensor]
    whole: Tensor | None = None

    @property
    def elements(self) -> int:
        """How many elements there are."""
        return math.prod(self.shape)

    @property
    def pieces(self) -> Iterator[tuple[int, int]]:
        """Where each piece starts and stops."""
        return ((start, min(start + PIECE, self.elements)) for start in range(0, self.elements, PIECE))

    def read(self, start: int, stop: int) -> Tensor:
        """The elements from `start` to `stop`, in one dimension."""
        return self.part(start, stop) if start < stop else torch.empty(0, dtype=self.dtype, device=self.device)

    def reshape(self, shape: Shape) -> Stored:
        """The same elements in another shape."""
        return replace(self, shape=shape)

    def expand(self) -> Tensor:
        """All elements, as a tensor of `shape`."""
        if self.whole is not None:
            return self.whole.to(self.device, self.dtype).reshape(self.shape)
        flat = torch.empty(self.elements, dtype=self.dtype, device=self.device)
        for start, stop in self.pieces:
            flat[start:stop] = self.read(start, stop)
        return flat.reshape(self.shape)


def stored(literal: Literal, dtype: torch.dtype, device: torch.device) -> Stored:
    """A literal tensor, to be expanded to `dtype` on `device`; its bytes are not copied where they allow it."""
    assert isinstance(literal.type, TensorType) and isinstance(literal.data, np.ndarray)
    kind, shape = literal.type.dtype, tuple(size or 0 for size in literal.type.shape or ())
    data = literal.data if literal.data.flags.c_contiguous else np.ascontiguousarray(literal.data)
    tensor = torch.from_numpy(data if data.flags.writeable else data.copy())
    if kind.bits < 8:
        return packed(held(tensor, torch.uint8, device), shape, kind.bits, dtype)
    return held(tensor.view(torch_dtype(kind.name)).reshape(shape), dtype, device)


def held(tensor: Tensor, dtype: torch.dtype, device: torch.device) -> Stored:
    """A tensor that needs no expanding, as it is or converted."""
    flat = tensor.reshape(-1)
    bits = 8 * tensor.dtype.itemsize
    return Stored(tuple(tensor.shape), dtype, device, bits, lambda a, b: flat[a:b].to(device, dtype), tensor)


def packed(data: Stored, shape: Shape, bits: int, dtype: torch.dtype = torch.uint8) -> Stored:
    """Numbers of `bits` bits in bytes, the lowest bits first; those of a signed `dtype` are two's complements."""
    count = math.prod(shape)
    if bits not in _WIDTHS or data.dtype != torch.uint8:
        raise ValueError(f"numbers of {bits} bits are not packed into {data.dtype}")
    if data.elements != -(-count * bits // 8):
        raise ValueError(f"{data.elements} bytes do not hold {count} numbers of {bits} bits")
    period = bits // math.gcd(bits, 8)  # after so many bytes, a number begins with a byte again
    each = 8 * period // bits

    def part(start: int, stop: int) -> Tensor:
        first = start // each
        taken = data.read(first * period, min(-(-stop // each) * period, data.elements))
        return _unpacked(taken, bits, period)[start - first * each : stop - first * each]

    def signed(start: int, stop: int) -> Tensor:
        sign = 1 << bits - 1
        return (part(start, stop).view(torch.int8) ^ sign) - sign

    return Stored(shape, dtype, data.device, bits, signed if dtype.is_signed else part)


def _unpacked(data: Tensor, bits: int, period: int) -> Tensor:
    if period > 1:
        columns = torch.nn.functional.pad(data, (0, -len(data) % period)).reshape(-1, period).to(torch.int32)
        words = sum((columns[:, i] << 8 * i for i in range(1, period)), columns[:, 0])
    else:
        words = data
    numbers = [(words >> shift) & ((1 << bits) - 1) for shift in range(0, 8 * period, bits)]
    return torch.stack(numbers, 1).to(torch.uint8).flatten()
