"""Convolutions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from tensorlogic.lower.torch.dtypes import mixed
from tensorlogic.lower.torch.registry import arranges, implements
from tensorlogic.lower.window import Pads, flat_pads, window_pads
from tensorlogic.mil.ops import conv as ops

Ints = tuple[int, ...]

HALVES = (torch.float16, torch.bfloat16)

_CONV: dict[int, Callable[..., Tensor]] = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
_TRANSPOSED: dict[int, Callable[..., Tensor]] = {
    1: F.conv_transpose1d,
    2: F.conv_transpose2d,
    3: F.conv_transpose3d,
}


@implements(ops.conv)
@mixed
def conv(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    strides: Ints | None,
    pad_type: str,
    pad: Ints | None,
    dilations: Ints | None,
    groups: int,
) -> Tensor:
    x, strides, padding, dilations = moved(x, weight, strides, pad_type, pad, dilations)
    return _CONV[x.dim() - 2](x, weight, bias, strides, padding, dilations, groups)


def moved(
    x: Tensor, weight: Tensor, strides: Ints | None, pad_type: str, pad: Ints | None, dilations: Ints | None
) -> tuple[Tensor, Ints, Ints, Ints]:
    """How a filter moves over x: x, padded as far as a convolution does not, the strides, padding and dilations."""
    axes = x.dim() - 2
    strides, dilations = strides or (1,) * axes, dilations or (1,) * axes
    pads = window_pads(pad_type, pad, x.shape[2:], weight.shape[2:], strides, dilations)
    x, padding = _symmetric(x, pads)
    return x, strides, padding, dilations


@arranges(ops.conv, "weight")
def by_channel(weight: Tensor) -> Tensor:
    """Channels last where GPUs compute half floats in that order; what is computed from them follows."""
    return channels_last(weight) if weight.dim() == 4 and weight.is_cuda and weight.dtype in HALVES else weight


def channels_last(weight: Tensor) -> Tensor:
    """The same filters of images, with the channels side by side in memory."""
    return weight.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)


def _symmetric(x: Tensor, pads: Pads) -> tuple[Tensor, Ints]:
    """Leave equal padding to the convolution; apply any other beforehand."""
    if all(before == after for before, after in pads):
        return x, tuple(before for before, _ in pads)
    return F.pad(x, flat_pads(pads)), (0,) * len(pads)


@implements(ops.conv_quantized)
def conv_quantized(
    x: Tensor,
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
    scale, offset = (_per_filter(values.float(), weight) for values in (quant_scale, quant_bias))
    return conv(x=x, weight=weight * scale + offset, **how)


def _per_filter(values: Tensor, weight: Tensor) -> Tensor:
    return values.reshape(-1, *[1] * (weight.dim() - 1)) if values.dim() == 1 else values


@implements(ops.conv_transpose)
@mixed
def conv_transpose(
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
    axes = x.dim() - 2
    strides, dilations = strides or (1,) * axes, dilations or (1,) * axes
    full = _TRANSPOSED[axes](x, weight, None, strides, 0, 0, groups, dilations)
    wanted = _transposed_sizes(full, x, pad_type, pad, output_shape, strides)
    before = _cut_before(full, wanted, pad_type, pad)
    cuts = [(-cut, size - (have - cut)) for cut, size, have in zip(before, wanted, full.shape[2:], strict=True)]
    result = F.pad(full, flat_pads(cuts))
    return result if bias is None else result + bias.reshape(-1, *[1] * axes)


def _transposed_sizes(
    full: Tensor, x: Tensor, pad_type: str, pad: Ints | None, output_shape: Ints | None, strides: Ints
) -> Ints:
    if output_shape is not None:
        return output_shape[2:]
    if pad_type == "same":
        return tuple(size * stride for size, stride in zip(x.shape[2:], strides, strict=True))
    pads = window_pads(pad_type, pad, full.shape[2:], (), (), ())
    return tuple(size - before - after for size, (before, after) in zip(full.shape[2:], pads, strict=True))


def _cut_before(full: Tensor, wanted: Ints, pad_type: str, pad: Ints | None) -> Ints:
    if pad_type == "custom" and pad is not None:
        return pad[::2]
    if pad_type == "same":
        return tuple(max(0, have - size) // 2 for have, size in zip(full.shape[2:], wanted, strict=True))
    return (0,) * len(wanted)
