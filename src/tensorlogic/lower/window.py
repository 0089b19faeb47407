"""What convolution and pooling share: how a window moves over padded axes."""

from __future__ import annotations

import math
from collections.abc import Sequence

Pads = list[tuple[int, int]]


def window_pads(
    pad_type: str,
    pad: Sequence[int] | None,
    sizes: Sequence[int],
    kernel: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
) -> Pads:
    """The padding before and after each axis."""
    if pad_type == "valid":
        return [(0, 0)] * len(sizes)
    if pad_type == "custom":
        flat = pad or [0] * 2 * len(sizes)
        return list(zip(flat[::2], flat[1::2], strict=True))
    totals = [
        max(0, (math.ceil(size / stride) - 1) * stride + (k - 1) * dilation + 1 - size)
        for size, k, stride, dilation in zip(sizes, kernel, strides, dilations, strict=True)
    ]
    smaller_half_first = {"same": True, "same_lower": False}[pad_type]
    halves = [(total // 2, total - total // 2) for total in totals]
    return halves if smaller_half_first else [(after, before) for before, after in halves]


def pool_pads(
    pad_type: str,
    pad: Sequence[int] | None,
    sizes: Sequence[int],
    kernel: Sequence[int],
    strides: Sequence[int],
    ceil_mode: bool,
) -> tuple[Pads, Pads]:
    """The padding that the program asks for, and what `ceil_mode` adds after it."""
    pads = window_pads(pad_type, pad, sizes, kernel, strides, (1,) * len(kernel))
    if not ceil_mode:
        return pads, [(0, 0)] * len(pads)
    return pads, [
        (0, _ceil_extra(size, before, after, k, stride))
        for size, (before, after), k, stride in zip(sizes, pads, kernel, strides, strict=True)
    ]


def _ceil_extra(size: int, before: int, after: int, kernel: int, stride: int) -> int:
    steps = math.ceil((size + before + after - kernel) / stride)
    # With padding, a window must start within the values or the padding before them.
    if (before or after) and steps * stride >= size + before:
        steps -= 1
    return max(0, steps * stride + kernel - (size + before + after))


def joined(pads: Pads, extra: Pads) -> Pads:
    """Padding and what is added after it, together."""
    return [(before, after + more) for (before, after), (_, more) in zip(pads, extra, strict=True)]


def flat_pads(pads: Pads) -> list[int]:
    """Padding as PyTorch takes it: the last axis first."""
    return [amount for pair in reversed(pads) for amount in pair]
