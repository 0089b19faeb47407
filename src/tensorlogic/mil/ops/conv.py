"""Convolutions over 1, 2 or 3 spatial axes. Shapes: x is [n, c, *spatial]."""

from tensorlogic.mil.declare import IOS15, Const, Ints, Tensor, op


@op(since=IOS15)
def conv(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    strides: Const[Ints] | None = None,
    pad_type: Const[str] = "valid",
    pad: Const[Ints] | None = None,
    dilations: Const[Ints] | None = None,
    groups: Const[int] = 1,
) -> Tensor:
    """Convolution with weight [c_out, c_in / groups, *kernel]. `pad` is (before, after) for each axis.

    `pad_type` is valid, custom, same (an odd amount puts the extra row after) or same_lower (before).
    """


@op(since=IOS15)
def conv_quantized(
    x: Tensor,
    weight: Tensor,
    quantization_type: Const[str],
    quant_scale: Tensor,
    quant_bias: Tensor,
    nbits: Const[int] = 8,
    bias: Tensor | None = None,
    strides: Const[Ints] | None = None,
    pad_type: Const[str] = "valid",
    pad: Const[Ints] | None = None,
    dilations: Const[Ints] | None = None,
    groups: Const[int] = 1,
) -> Tensor:
    """`conv` with the weight quant_scale * weight + quant_bias: for all, or for each output channel.

    The weight has a byte for each number of `nbits` bits; `bias` is added as it is. Palettes ("lut") have no
    parameter that could hold them.
    """


@op(since=IOS15)
def conv_transpose(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    pad: Const[Ints] | None = None,
    output_shape: Const[Ints] | None = None,
    pad_type: Const[str] = "valid",
    strides: Const[Ints] | None = None,
    dilations: Const[Ints] | None = None,
    groups: Const[int] = 1,
) -> Tensor:
    """Transposed convolution with weight [c_in, c_out / groups, *kernel]; `pad` is cut off the result."""
