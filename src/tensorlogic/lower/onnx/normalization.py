"""Normalisations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tensorlogic.lower.onnx.dtypes import mixed
from tensorlogic.lower.onnx.graph import Graph, Tensor
from tensorlogic.lower.onnx.registry import implements
from tensorlogic.mil.ops import normalization as ops
from tensorlogic.mil.types import FP32


@implements(ops.batch_norm)
@mixed
def batch_norm(
    g: Graph, x: Tensor, mean: Tensor, variance: Tensor, gamma: Tensor | None, beta: Tensor | None, epsilon: float
) -> Tensor:
    gamma, beta = gamma or _filled(g, 1, mean.sizes, x), beta or _filled(g, 0, mean.sizes, x)
    return g.op("BatchNormalization", x, gamma, beta, mean, variance, epsilon=epsilon)  # type: ignore[no-any-return]


@implements(ops.instance_norm)
@mixed
def instance_norm(g: Graph, x: Tensor, gamma: Tensor | None, beta: Tensor | None, epsilon: float) -> Tensor:
    channels = next((each.sizes for each in (gamma, beta) if each is not None), (x.size(1),))
    gamma, beta = gamma or _filled(g, 1, channels, x), beta or _filled(g, 0, channels, x)
    return g.op("InstanceNormalization", x, gamma, beta, epsilon=epsilon)  # type: ignore[no-any-return]


@implements(ops.layer_norm)
@mixed
def layer_norm(
    g: Graph, x: Tensor, axes: tuple[int, ...] | None, gamma: Tensor | None, beta: Tensor | None, epsilon: float
) -> Tensor:
    rank = x.rank
    over = sorted(axis % rank for axis in axes or range(rank))
    order = [*(axis for axis in range(rank) if axis not in over), *over]
    gamma = gamma or _filled(g, 1, beta.sizes if beta else [x.size(axis) for axis in over], x)
    moved = g.op("Transpose", x, perm=order) if order != sorted(order) else x
    result: Tensor = g.op("LayerNormalization", moved, gamma, beta, axis=-len(over), epsilon=epsilon)
    return result if moved is x else g.op("Transpose", result, perm=np.argsort(order).tolist())


@implements(ops.l2_norm)
def l2_norm(g: Graph, x: Tensor, epsilon: float) -> Tensor:
    # In float32: the sum of squares leaves the range of float16 where the result does not.
    wide = g.cast(x, FP32)
    squares = g.op("ReduceSumSquare", wide, [-3, -2, -1], keepdims=1)
    return g.cast(g.op("Div", wide, g.op("Sqrt", g.op("Add", squares, epsilon))), x.dtype)


@implements(ops.local_response_norm)
def local_response_norm(g: Graph, x: Tensor, size: int, alpha: float, beta: float, k: float) -> Tensor:
    """The mean of squares is a pooling along the channels, as an axis of space; ONNX's LRN has odd sizes alone."""
    wide = g.cast(x, FP32)
    unit_axes = [1] if x.rank > 3 else [0, 1]
    others = x.rank + len(unit_axes) - 3
    pooled = g.op(
        "AveragePool",
        g.op("Unsqueeze", g.op("Mul", wide, wide), unit_axes),
        kernel_shape=[size, *[1] * others],
        pads=[size // 2, *[0] * others, (size - 1) // 2, *[0] * others],
        count_include_pad=1,
    )
    scaled = g.op("Add", g.op("Mul", g.op("Squeeze", pooled, unit_axes), alpha), k)
    return g.cast(g.op("Div", wide, g.op("Pow", scaled, beta)), x.dtype)


def _filled(g: Graph, value: float, sizes: Sequence[int], x: Tensor) -> Tensor:
    return g.constant(np.full(sizes, value), x.dtype)
