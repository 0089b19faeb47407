"""Pooling."""

from __future__ import annotations

from tensorlogic.lower.onnx.conv import onnx_pads
from tensorlogic.lower.onnx.graph import Graph, Tensor
from tensorlogic.lower.onnx.registry import implements
from tensorlogic.lower.window import window_pads
from tensorlogic.mil.ops import pool as ops

Ints = tuple[int, ...]


@implements(ops.max_pool)
def max_pool(
    g: Graph,
    x: Tensor,
    kernel_sizes: Ints,
    pad_type: str,
    strides: Ints | None,
    pad: Ints | None,
    ceil_mode: bool,
) -> Tensor:
    axes = len(kernel_sizes)
    strides = strides or (1,) * axes
    sizes = x.sizes[2:] if pad_type.startswith("same") else (0,) * axes
    pads = window_pads(pad_type, pad, sizes, kernel_sizes, strides, (1,) * axes)
    return g.op(  # type: ignore[no-any-return]
        "MaxPool", x, kernel_shape=kernel_sizes, strides=strides, pads=onnx_pads(pads), ceil_mode=int(ceil_mode)
    )
