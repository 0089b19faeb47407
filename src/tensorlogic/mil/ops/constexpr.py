"""Compressed weights: computed once, from constants alone, which may themselves be compressed.

Programs for iOS 16 pack numbers below a byte into bytes, and say in `shape` what they are; later ones have types for
them, and a grid of scales or palettes, each for a block of the weight.
"""

from tensorlogic.mil.declare import IOS16, IOS18, Const, DTypeName, Ints, Stored, Tensor, op


@op(since=IOS16)
def constexpr_affine_dequantize(
    quantized_data: Const[Stored], zero_point: Const[Stored], scale: Const[Stored], axis: Const[int]
) -> Tensor:
    """scale * (quantized_data - zero_point), with one scale for all or one for each index of an axis."""


@op(since=IOS16)
def constexpr_cast(source_val: Const[Stored], output_dtype: Const[DTypeName]) -> Tensor:
    """The constant in another element type."""


@op(since=IOS16)
def constexpr_lut_to_dense(indices: Const[Stored], lut: Const[Stored], shape: Const[Ints]) -> Tensor:
    """The values of a palette at indices packed into bytes, lowest bits first."""


@op(since=IOS16)
def constexpr_sparse_to_dense(nonzero_data: Const[Stored], mask: Const[Stored], shape: Const[Ints]) -> Tensor:
    """The given values where a bit of the mask is set, zeros elsewhere; lowest bits first."""


@op(since=IOS18)
def constexpr_blockwise_shift_scale(
    data: Const[Stored], scale: Const[Stored], offset: Const[Stored | None] = None
) -> Tensor:
    """scale * (data - offset), with one scale and offset for each block."""


@op(since=IOS18, name="constexpr_lut_to_dense")
def constexpr_lut_to_dense_by_block(
    indices: Const[Stored], lut: Const[Stored], vector_axis: Const[int | None] = None
) -> Tensor:
    """The entries of each block's palette at the indices; entries that are vectors lie along `vector_axis`."""


@op(since=IOS18, name="constexpr_sparse_to_dense")
def constexpr_sparse_to_dense_by_mask(nonzero_data: Const[Stored], mask: Const[Stored]) -> Tensor:
    """The given values where the mask is 1, zeros elsewhere."""


@op(since=IOS18)
def constexpr_lut_to_sparse(
    indices_mask: Const[Stored],
    indices_nonzero_data: Const[Stored],
    lut: Const[Stored],
    vector_axis: Const[int | None] = None,
) -> tuple[Tensor, Tensor]:
    """The mask and the values of a sparse tensor, from the mask and the values of its sparse indices."""


@op(since=IOS18)
def constexpr_sparse_blockwise_shift_scale(
    data_mask: Const[Stored], nonzero_data: Const[Stored], scale: Const[Stored], offset: Const[Stored | None] = None
) -> tuple[Tensor, Tensor]:
    """The mask and the values of a sparse tensor, from its mask and its quantized values."""
