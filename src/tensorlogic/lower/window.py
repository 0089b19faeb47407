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


def flat_pads(pads: Pads) -> list[int]:
    """Padding as PyTorch takes it: the last axis first."""
    return [amount for pair in reversed(pads) for amount in pair]
