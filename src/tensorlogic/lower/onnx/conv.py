"""Convolutions."""

from __future__ import annotations

from collections.abc import Sequence

from tensorlogic.lower.onnx.graph import Graph, Tensor
from tensorlogic.lower.onnx.registry import implements
from tensorlogic.lower.window import Pads, window_pads
from tensorlogic.mil.ops import conv as ops

Ints = tuple[int, ...]


@implements(ops.conv)
def conv(
    g: Graph,
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    strides: Ints | None,
    pad_type: str,
    pad: Ints | None,
    dilations: Ints | None,
    groups: int,
) -> Tensor:
    axes = x.rank - 2
    strides, dilations = strides or (1,) * axes, dilations or (1,) * axes
    sizes = x.sizes[2:] if pad_type.startswith("same") else (0,) * axes
    pads = window_pads(pad_type, pad, sizes, weight.sizes[2:], strides, dilations)
    return g.op(  # type: ignore[no-any-return]
        "Conv", x, weight, bias, strides=strides, pads=onnx_pads(pads), dilations=dilations, group=groups
    )


def onnx_pads(pads: Pads) -> Sequence[int]:
    """Padding as ONNX takes it: what comes before each axis, then what comes after."""
    return [before for before, _ in pads] + [after for _, after in pads]
