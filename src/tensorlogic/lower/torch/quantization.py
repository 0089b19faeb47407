"""Floats as small whole numbers, and back. The arithmetic is in float32."""

from __future__ import annotations

import torch
from torch import Tensor

from tensorlogic.lower.torch.registry import implements
from tensorlogic.mil.ops import quantization as ops


@implements(ops.quantize)
def quantize(
    input: Tensor, scale: Tensor, output_dtype: torch.dtype, zero_point: Tensor | None, axis: int | None
) -> Tensor:
    steps = torch.round(input.float() / _along(axis, scale, input))
    limits = torch.iinfo(output_dtype)
    return (steps + _zero(axis, zero_point, input)).clamp(limits.min, limits.max).to(output_dtype)


@implements(ops.dequantize)
def dequantize(input: Tensor, scale: Tensor, zero_point: Tensor | None, axis: int | None) -> Tensor:
    return (_along(axis, scale, input) * (input.float() - _zero(axis, zero_point, input))).to(scale.dtype)


def _along(axis: int | None, values: Tensor, x: Tensor) -> Tensor:
    """A number for all of x, or one for each index of an axis."""
    if axis is None or not values.dim():
        return values.float()
    shape = [1] * x.dim()
    shape[axis] = -1
    return values.float().reshape(shape)


def _zero(axis: int | None, zero_point: Tensor | None, x: Tensor) -> Tensor | float:
    return 0.0 if zero_point is None else _along(axis, zero_point, x)
