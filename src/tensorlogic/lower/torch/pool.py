"""Pooling."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from tensorlogic.lower.torch.registry import implements
from tensorlogic.lower.torch.window import Pads, flat_pads, window_pads
from tensorlogic.mil.ops import pool as ops

Ints = tuple[int, ...]


def _mean_3d(x: Tensor, kernel: Ints, strides: Ints) -> Tensor:
    # PyTorch has none for float16 on a CPU.
    return F.avg_pool3d(x.float(), kernel, strides).to(x.dtype)


_MAX: dict[int, Callable[..., Tensor]] = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
_MEAN: dict[int, Callable[..., Tensor]] = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: _mean_3d}


@implements(ops.max_pool)
def max_pool(
    x: Tensor, kernel_sizes: Ints, pad_type: str, strides: Ints | None, pad: Ints | None, ceil_mode: bool
) -> Tensor:
    strides = strides or (1,) * len(kernel_sizes)
    pads, extra = _pads(x, kernel_sizes, pad_type, strides, pad, ceil_mode)
    joined = _joined(pads, extra)
    if all(before == after <= size // 2 for (before, after), size in zip(joined, kernel_sizes, strict=True)):
        return _MAX[len(kernel_sizes)](x, kernel_sizes, strides, tuple(before for before, _ in joined))
    return _MAX[len(kernel_sizes)](_pad(x, joined, _lowest(x)), kernel_sizes, strides)


@implements(ops.avg_pool)
def avg_pool(
    x: Tensor,
    kernel_sizes: Ints,
    pad_type: str,
    strides: Ints | None,
    pad: Ints | None,
    exclude_padding_from_average: bool,
    ceil_mode: bool,
) -> Tensor:
    strides = strides or (1,) * len(kernel_sizes)
    pads, extra = _pads(x, kernel_sizes, pad_type, strides, pad, ceil_mode)
    mean = _mean(_pad(x, _joined(pads, extra)), kernel_sizes, strides)
    uncounted = _joined(pads, extra) if exclude_padding_from_average else extra
    if not any(map(any, uncounted)):
        return mean
    # The share of each window that counts; what ceil_mode adds beyond the padding never does.
    counted = torch.ones_like(x) if exclude_padding_from_average else _pad(torch.ones_like(x), pads, 1.0)
    share = _mean(_pad(counted, uncounted), kernel_sizes, strides)
    return torch.where(share > 0, mean / share, 0)


@implements(ops.l2_pool)
def l2_pool(
    x: Tensor, kernel_sizes: Ints, pad_type: str, strides: Ints | None, pad: Ints | None, ceil_mode: bool
) -> Tensor:
    strides = strides or (1,) * len(kernel_sizes)
    pads, extra = _pads(x, kernel_sizes, pad_type, strides, pad, ceil_mode)
    # In float32: squares leave the range of float16 where the result does not.
    squares = _pad(x, _joined(pads, extra)).float().square()
    return torch.sqrt(_mean(squares, kernel_sizes, strides) * math.prod(kernel_sizes)).to(x.dtype)


def _pads(
    x: Tensor, kernel: Ints, pad_type: str, strides: Ints, pad: Ints | None, ceil_mode: bool
) -> tuple[Pads, Pads]:
    """The padding that the program asks for, and what `ceil_mode` adds after it."""
    sizes = x.shape[2:]
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


def _joined(pads: Pads, extra: Pads) -> Pads:
    return [(before, after + more) for (before, after), (_, more) in zip(pads, extra, strict=True)]


def _pad(x: Tensor, pads: Pads, value: float = 0.0) -> Tensor:
    return F.pad(x, flat_pads(pads), value=value) if any(map(any, pads)) else x


def _mean(x: Tensor, kernel: Ints, strides: Ints) -> Tensor:
    return _MEAN[len(kernel)](x, kernel, strides)


def _lowest(x: Tensor) -> float:
    return -math.inf if x.is_floating_point() else torch.iinfo(x.dtype).min
