"""Pooling."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import numpy as np

from tensorlogic.lower.onnx.graph import Array, Graph, Tensor
from tensorlogic.lower.onnx.registry import implements
from tensorlogic.lower.onnx.window import onnx_pads, padding
from tensorlogic.lower.window import Pads, joined, pool_pads
from tensorlogic.mil.ops import pool as ops

Ints = tuple[int, ...]


@implements(ops.max_pool)
def max_pool(g: Graph, x: Tensor, **how: Any) -> Tensor:
    window = _window(x, **how)
    largest = _pooled(g, "MaxPool", x, window, -math.inf)
    if window.is_narrow:
        return largest
    # For nothing but infinities, ONNX Runtime's is the lowest number.
    lowest = float(np.finfo(x.dtype.numpy).min)
    return g.op("Where", g.op("Equal", largest, lowest), g.constant(-math.inf, x.dtype), largest, dtype=x.dtype)  # type: ignore[no-any-return]


@implements(ops.l2_pool)
def l2_pool(g: Graph, x: Tensor, **how: Any) -> Tensor:
    return _pooled(g, "LpPool", x, _window(x, **how), p=2)


@implements(ops.avg_pool)
def avg_pool(g: Graph, x: Tensor, exclude_padding_from_average: bool, **how: Any) -> Tensor:
    window, counted = _window(x, **how), not exclude_padding_from_average
    # What ceil_mode adds beyond the padding never counts.
    if window.is_narrow and not (counted and _any(window.pads) and _any(window.extra)):
        included = counted and not _any(window.extra)
        return _pooled(g, "AveragePool", x, window, count_include_pad=int(included))
    mean = _pooled(g, "AveragePool", _padded(g, x, window, 0.0), window.bare)
    sizes = tuple(x.size(axis) for axis in range(-len(window.kernel), 0))
    return g.op("Mul", mean, g.constant(_inverse_shares(window, sizes, counted), x.dtype))  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class _Window:
    """How a window moves. Where the padding depends on sizes that are not known, `later` says what it will be."""

    kernel: Ints
    strides: Ints
    pads: Pads
    extra: Pads
    later: dict[str, Any]

    @property
    def attributes(self) -> dict[str, Any]:
        """As ONNX takes it."""
        settled = {"pads": onnx_pads(joined(self.pads, self.extra))}
        return {"kernel_shape": self.kernel, "strides": self.strides, **(self.later or settled)}

    @property
    def is_narrow(self) -> bool:
        """Whether every window has elements that are not padding, as ONNX Runtime wants it."""
        amounts = zip(joined(self.pads, self.extra), self.kernel, strict=False)
        return all(max(pair) < size for pair, size in amounts)

    @property
    def bare(self) -> _Window:
        """The same without padding."""
        none = [(0, 0)] * len(self.kernel)
        return replace(self, pads=none, extra=none)


def _window(
    x: Tensor, kernel_sizes: Ints, pad_type: str, strides: Ints | None, pad: Ints | None, ceil_mode: bool
) -> _Window:
    axes = len(kernel_sizes)
    strides, sizes = strides or (1,) * axes, x.axes[-axes:]
    how = padding(x, pad_type, pad, kernel_sizes, strides, (1,) * axes)
    if "auto_pad" in how or (ceil_mode and None in sizes):
        if ceil_mode and any(stride > size for size, stride in zip(kernel_sizes, strides, strict=True)):
            raise NotImplementedError("the last window may be empty, which depends on sizes that are not known")
        return _Window(kernel_sizes, strides, [], [], {**how, "ceil_mode": int(ceil_mode)})
    pads, extra = pool_pads(pad_type, pad, [size or 0 for size in sizes], kernel_sizes, strides, ceil_mode)
    return _Window(kernel_sizes, strides, pads, extra, {})


def _pooled(g: Graph, kind: str, x: Tensor, window: _Window, outside: float = 0.0, **attributes: Any) -> Tensor:
    if not window.is_narrow:
        return _pooled(g, kind, _padded(g, x, window, outside), window.bare, **attributes)
    result: Tensor = g.op(kind, x, **window.attributes, **attributes)
    return result


def _padded(g: Graph, x: Tensor, window: _Window, value: float) -> Tensor:
    around = [(0, 0)] * (x.rank - len(window.kernel)) + joined(window.pads, window.extra)
    padded: Tensor = g.op("Pad", x, onnx_pads(around), value)
    return padded


def _inverse_shares(window: _Window, sizes: Ints, counted: bool) -> Array:
    """For each window, all places over those that count; 0 where none does."""
    axes = zip(sizes, window.kernel, window.strides, window.pads, window.extra, strict=True)
    shares: Array = reduce(np.multiply.outer, [_along_axis(*axis, counted) for axis in axes])
    return shares


def _along_axis(
    size: int, kernel: int, stride: int, pad: tuple[int, int], extra: tuple[int, int], counted: bool
) -> Array:
    places = np.pad(np.ones(size), pad, constant_values=float(counted))
    shares = np.lib.stride_tricks.sliding_window_view(np.pad(places, extra), kernel)[::stride].mean(-1)
    inverse: Array = np.divide(1, shares, where=shares > 0, out=np.zeros_like(shares))
    return inverse


def _any(pads: Pads) -> bool:
    return any(map(any, pads))
