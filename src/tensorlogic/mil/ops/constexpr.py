"""Compressed weights: computed once, from constants alone."""

from tensorlogic.mil.declare import IOS16, Const, DTypeName, Ints, Tensor, op


@op(since=IOS16)
def constexpr_affine_dequantize(quantized_data: Tensor, zero_point: Tensor, scale: Tensor, axis: Const[int]) -> Tensor:
    """scale * (quantized_data - zero_point), with one scale for all or one for each index of an axis."""


@op(since=IOS16)
def constexpr_cast(source_val: Tensor, output_dtype: Const[DTypeName]) -> Tensor:
    """The constant in another element type."""


@op(since=IOS16)
def constexpr_lut_to_dense(indices: Tensor, lut: Tensor, shape: Const[Ints]) -> Tensor:
    """The values of a palette at indices packed into bytes, lowest bits first."""


@op(since=IOS16)
def constexpr_sparse_to_dense(nonzero_data: Tensor, mask: Tensor, shape: Const[Ints]) -> Tensor:
    """The given values where a bit of the mask is set, zeros elsewhere; lowest bits first."""
