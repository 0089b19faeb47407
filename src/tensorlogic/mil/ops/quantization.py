"""Floats as small whole numbers, and back.

A scale and zero point are numbers for all of the input, or vectors with one for each index of an axis.
"""

from tensorlogic.mil.declare import IOS17, Const, DTypeName, Tensor, op


@op(since=IOS17)
def quantize(
    input: Tensor,
    scale: Tensor,
    output_dtype: Const[DTypeName],
    zero_point: Tensor | None = None,
    axis: Const[int] | None = None,
) -> Tensor:
    """round(input / scale) + zero_point, kept within int8 or uint8; halves go to the even number."""


@op(since=IOS17)
def dequantize(
    input: Tensor, scale: Tensor, zero_point: Tensor | None = None, axis: Const[int] | None = None
) -> Tensor:
    """scale * (input - zero_point), in the type of the scale."""
