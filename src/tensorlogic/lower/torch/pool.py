"""Pooling."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from tensorlogic.lower.torch.registry import implements
from tensorlogic.lower.window import Pads, flat_pads, joined, pool_pads
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
    pads = joined(*pool_pads(pad_type, pad, x.shape[2:], kernel_sizes, strides, ceil_mode))
    if all(before == after <= size // 2 for (before, after), size in zip(pads, kernel_sizes, strict=True)):
        return _MAX[len(kernel_sizes)](x, kernel_sizes, strides, tuple(before for before, _ in pads))
    return _MAX[len(kernel_sizes)](_pad(x, pads, _lowest(x)), kernel_sizes, strides)


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
    pads, extra = pool_pads(pad_type, pad, x.shape[2:], kernel_sizes, strides, ceil_mode)
    mean = _mean(_pad(x, joined(pads, extra)), kernel_sizes, strides)
    uncounted = joined(pads, extra) if exclude_padding_from_average else extra
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
    pads, extra = pool_pads(pad_type, pad, x.shape[2:], kernel_sizes, strides, ceil_mode)
    # In float32: squares leave the range of float16 where the result does not.
    squares = _pad(x, joined(pads, extra)).float().square()
    return torch.sqrt(_mean(squares, kernel_sizes, strides) * math.prod(kernel_sizes)).to(x.dtype)


def _pad(x: Tensor, pads: Pads, value: float = 0.0) -> Tensor:
    return F.pad(x, flat_pads(pads), value=value) if any(map(any, pads)) else x


def _mean(x: Tensor, kernel: Ints, strides: Ints) -> Tensor:
    return _MEAN[len(kernel)](x, kernel, strides)


def _lowest(x: Tensor) -> float:
    return -math.inf if x.is_floating_point() else torch.iinfo(x.dtype).min
