"""Convolutions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensorlogic.lower.onnx.dtypes import mixed
from tensorlogic.lower.onnx.graph import Graph, Shape, Tensor
from tensorlogic.lower.onnx.neighbours import neighbours_as_filters
from tensorlogic.lower.onnx.registry import implements
from tensorlogic.lower.onnx.window import onnx_pads, padding
from tensorlogic.lower.window import Pads, window_pads
from tensorlogic.mil.ops import conv as ops
from tensorlogic.mil.types import FP32

Ints = tuple[int, ...]


@implements(ops.conv)
@mixed
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
    kernel = None if weight.shape is None else weight.shape[2:]
    how = padding(x, pad_type, pad, kernel, strides, dilations)
    how = {"strides": strides, "dilations": dilations, **how}
    if "pads" in how:
        several = neighbours_as_filters(g, x, weight, bias, groups=groups, **how)
        if several is not None:
            return several
    single = _single_axis(x, kernel)
    if single is None or any(how.get("pads", (1,) * 4)[single::2]):
        return g.op("Conv", x, weight, bias, group=groups, **how)  # type: ignore[no-any-return]
    x, weight = (g.op("Squeeze", each, [2 + single]) for each in (x, weight))
    line: dict[str, Any] = {
        name: [amount for i, amount in enumerate(of_two) if i % 2 != single] for name, of_two in how.items()
    }
    return g.op("Unsqueeze", g.op("Conv", x, weight, bias, group=groups, **line), [2 + single])  # type: ignore[no-any-return]


_LONG = 16


def _single_axis(x: Tensor, kernel: Shape) -> int | None:
    """Which of two spatial axes has one place alone, where ONNX Runtime is twice as fast without it.

    Its kernels for two axes work on several places of the last one at a time, of which a long kernel needs many.
    """
    if x.rank != 4 or kernel is None or None in kernel:
        return None
    height, width = kernel
    if x.axes[3] == width == 1 and height != 1:
        return 1
    return 0 if x.axes[2] == height == 1 and (width or 0) >= _LONG else None


@implements(ops.conv_quantized)
def conv_quantized(
    g: Graph,
    weight: Tensor,
    quantization_type: str,
    quant_scale: Tensor,
    quant_bias: Tensor,
    nbits: int,
    **how: Any,
) -> Tensor:
    if quantization_type != "linear" or not 1 <= nbits <= 8:
        raise ValueError(
            f"weights of {nbits} bits and type {quantization_type!r} are not known, only linear ones of 1 to 8"
        )
    scale, offset = (_per_filter(g, g.cast(values, FP32), weight) for values in (quant_scale, quant_bias))
    dense = g.op("Add", g.op("Mul", g.cast(weight, FP32), scale), offset, shape=weight.shape)
    return conv(g, weight=dense, **how)


def _per_filter(g: Graph, values: Tensor, weight: Tensor) -> Tensor:
    return g.op("Reshape", values, [-1] + [1] * (weight.rank - 1)) if values.rank == 1 else values


@implements(ops.conv_transpose)
@mixed
def conv_transpose(
    g: Graph,
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    pad: Ints | None,
    output_shape: Ints | None,
    pad_type: str,
    strides: Ints | None,
    dilations: Ints | None,
    groups: int,
) -> Tensor:
    axes = x.rank - 2
    strides, dilations = strides or (1,) * axes, dilations or (1,) * axes
    spans = [(k - 1) * dilation + 1 for k, dilation in zip(weight.sizes[2:], dilations, strict=True)]
    cuts = _cuts(x, spans, pad_type, pad, output_shape, strides)
    # What a stride leaves over at the end is added there.
    return g.op(  # type: ignore[no-any-return]
        "ConvTranspose",
        x,
        weight,
        bias,
        strides=strides,
        dilations=dilations,
        group=groups,
        pads=onnx_pads([(before, max(0, after)) for before, after in cuts]),
        output_padding=[max(0, -after) for _, after in cuts],
    )


def _cuts(
    x: Tensor, spans: list[int], pad_type: str, pad: Ints | None, output_shape: Ints | None, strides: Ints
) -> Pads:
    """What is cut off the full result before and after each axis; less than nothing is added."""
    if output_shape is not None:
        axes = zip(range(2, x.rank), strides, spans, output_shape[2:], strict=True)
        totals = [(x.size(axis) - 1) * stride + span - wanted for axis, stride, span, wanted in axes]
    elif pad_type == "same":
        totals = [span - stride for span, stride in zip(spans, strides, strict=True)]
    else:
        return window_pads(pad_type, pad, spans, (), (), ())
    before = _cut_before(totals, pad_type, pad)
    return [(cut, total - cut) for cut, total in zip(before, totals, strict=True)]


def _cut_before(totals: list[int], pad_type: str, pad: Ints | None) -> Sequence[int]:
    if pad_type == "custom" and pad is not None:
        return pad[::2]
    return [max(0, total) // 2 if pad_type == "same" else 0 for total in totals]
