"""What nobody can compute ends in an error that names the operation, and never in a result."""

from __future__ import annotations

import numpy as np
import pytest

from tensorlogic.errors import TensorLogicError

from .harness import RUNS, Case, case, check
from .test_recurrent import BOTH, WEIGHTS

X = np.arange(12, dtype=np.float32).reshape(3, 4)
SIGNAL = X.reshape(1, 3, 4)
VALIDATED = {"opset": 17, "x": X, "validate_indices": True}
WRITTEN = {"opset": 17, "data": X, "validate_indices": True}
IMAGE = {"x": X.reshape(1, 1, 3, 4)}
SAMPLED = {"sampling_mode": "bilinear", "padding_mode": "border", "padding_value": 0.0, "align_corners": True}
PALETTE = {"indices": np.uint8([0b11_10_01_00]), "shape": np.uint32([2, 2])}


def refused(op: str, message: str = "the operation failed", opset: int = 15, **arguments: object) -> tuple[Case, str]:
    return case(op, **arguments, opset=opset, want=X), message


ROWS = [
    refused("reshape", x=X, shape=[5, -1]),
    refused("transpose", x=X, perm=[0]),
    refused("slice_by_index", "step cannot be zero", x=X, begin=[0, 0], end=[1, 1], stride=[0, 1]),
    refused("slice_by_index", x=X, begin=[0, 0, 0], end=[1, 1, 1]),
    refused("slice_by_index", "index 3 is out of bounds", x=X, begin=[3, 0], end=[0, 4], squeeze_mask=[True, False]),
    refused("slice_update", "an update of the shape", opset=18, x=X, update=X[:1], begin=[0, 0], end=[2, 4]),
    refused("slice_by_size", x=X, begin=[2, 0], size=[2, 1]),
    refused("reshape", x=X, shape=[0, 2, -1]),
    refused("reshape", opset=17, x=X, shape=[4, 0, -1, 0]),
    refused("reverse_sequence", x=X, lengths=np.int32([5, 0, 0]), seq_axis=1),
    refused("sliding_windows", x=X, axis=0, size=4),
    refused("space_to_batch", x=SIGNAL[None], block_shape=[2, 2], paddings=[[0, 0], [0, 0]]),
    refused("batch_to_space", x=SIGNAL[None], block_shape=[1, 1], crops=[[2, 2], [0, 0]]),
    refused("pad", "needs an axis longer than 4", x=X, pad=[4, 0], mode="reflect"),
    refused("pad", x=X, pad=[1, 0, 1]),
    refused("pad", r"padding by \[0, -1\] would cut", x=X, pad=[0, -1]),
    refused("concat", values=(X, X[:, :3]), axis=0),
    refused("stack", values=(X, X[:2]), axis=0),
    refused("split", x=X, axis=0, split_sizes=[1, 1]),
    refused("split", x=X, axis=1, num_splits=3),
    refused("split", "neither num_splits nor split_sizes", x=X, axis=0),
    refused("topk", x=X, k=5),
    refused("gather", x=X, indices=np.int32([3])),
    refused("gather", x=X, indices=np.int32([-4])),
    refused("gather_along_axis", x=X, indices=np.full((3, 4), 3, np.int32)),
    refused("gather_nd", x=X, indices=np.int32([[3]])),
    refused("gather", "outside 0 to 2", **VALIDATED, indices=np.int32([-1])),
    refused("gather", "outside 0 to 2", **VALIDATED, indices=np.int32([3])),
    refused("gather", "outside 0 to 3", **VALIDATED, indices=np.int32([[-1]] * 3), axis=1, batch_dims=1),
    refused("gather_along_axis", "outside 0 to 2", **VALIDATED, indices=np.full((3, 4), -1, np.int32)),
    refused("gather_nd", "outside 0 to 2", **VALIDATED, indices=np.int32([[-1]])),
    refused("scatter", "an index is outside", data=X, indices=np.int32([3]), updates=X[:1]),
    refused("scatter", "an index is outside", data=X, indices=np.int32([-4]), updates=X[:1]),
    refused("scatter", r"updates of the shape \[2, 4\] instead of \[1, 4\]",
            data=X, indices=np.int32([0]), updates=X[:2]),
    refused("scatter", "it does not know 'multiply'", data=X, indices=np.int32([0]), updates=X[:1], mode="multiply"),
    refused("scatter_along_axis", "an index is outside", data=X, indices=np.full((1, 4), 3, np.int32), updates=X[:1]),
    refused("scatter_along_axis", "updates of the shape", data=X, indices=np.int32([[0] * 4]), updates=X[0]),
    refused("scatter_nd", "an index is outside", data=X, indices=np.int32([[0, -5]]), updates=X[0, :1]),
    refused("scatter_nd", "updates of the shape", data=X, indices=np.int32([[0]]), updates=X[0]),
    refused("scatter", "an index is outside", **WRITTEN, indices=np.int32([-1]), updates=X[:1]),
    refused("scatter", "an index is outside", **WRITTEN, indices=np.int32([3]), updates=X[:1]),
    refused("scatter_along_axis", "an index is outside", **WRITTEN, indices=np.int32([[-1] * 4]), updates=X[:1]),
    refused("scatter_nd", "an index is outside", **WRITTEN, indices=np.int32([[0, 4]]), updates=X[0, :1]),
    refused("add", x=X, y=X[:, :3]),
    refused("matmul", x=X, y=X),
    refused("linear", x=X, weight=X[:, :3]),
    refused("conv", x=SIGNAL, weight=np.ones((2, 2, 2), np.float32)),
    refused("conv", x=SIGNAL, weight=np.ones((2, 3, 5), np.float32)),
    refused("max_pool", x=SIGNAL, kernel_sizes=[5], pad_type="valid"),
    refused("batch_norm", x=SIGNAL, mean=X[0], variance=X[0]),
    refused("layer_norm", x=X, axes=[1], gamma=X[0, :3]),
    refused("lstm", "needs weights for the backward", x=SIGNAL, **BOTH, **WEIGHTS, direction="bidirectional"),
    refused("lstm", "there is no direction 'backward'", x=SIGNAL, **BOTH, **WEIGHTS, direction="backward"),
    refused("clip", "lower bound 2.0 is not below the upper bound 2.0", x=X, alpha=2.0, beta=2.0, opset=17),
    refused("rnn", "there is no direction 'bidirectional'", x=SIGNAL, initial_h=X[:1], weight_ih=X, weight_hh=X,
            direction="bidirectional"),
    refused("gru", "does not know 'elu'", x=SIGNAL, initial_h=X[:1], weight_ih=X, weight_hh=X, activation="elu"),
    refused("resize_bilinear", "does not know 'CORNERS'", x=SIGNAL, sampling_mode="CORNERS"),
    refused("upsample_bilinear", "corners cannot be aligned", x=SIGNAL, half_pixel_centers=True, opset=16),
    refused("resize", "3 axes of 2 cannot take the 1 sizes", x=X, shape=[3], resized_dims=np.uint32(3), opset=17),
    refused("resize", "does not know 'CUBIC'", x=X, shape=[3], resized_dims=np.uint32(1), interpolation_mode="CUBIC",
            opset=17),
    refused("crop", x=SIGNAL, crop_height=[2, 2], crop_width=[0, 0]),
    refused("crop", x=SIGNAL, crop_height=[-1, 0], crop_width=[0, 0]),
    refused("crop_resize", **IMAGE, boxes=X, box_indices=np.int32([0, 1, 0]), opset=17),
    refused("crop_resize", **IMAGE, boxes=X, box_indices=np.int32([0, -1, 0]), opset=17),
    refused("crop_resize", **IMAGE, boxes=X, opset=17),
    refused("crop_resize", "does not know 'CORNERS'", **IMAGE, boxes=X[:1], box_coordinate_mode="CORNERS", opset=17),
    refused("resample", **IMAGE, **SAMPLED, coordinates=X.reshape(1, 2, 2, 3), coordinates_mode="unnormalized"),
    refused("resample", "does not know 'zero'", **IMAGE, **SAMPLED, coordinates=X[:2].reshape(1, 2, 2, 2),
            coordinates_mode="zero"),
    refused("affine", "takes coordinates from -1 to 1", **IMAGE, **SAMPLED, transform_matrix=X[:2, :3].reshape(1, 6),
            output_height=3, output_width=4, coordinates_mode="unnormalized"),
    refused("conv_quantized", "type 'lut' are not known", x=SIGNAL, weight=np.ones((2, 3, 1), np.uint8),
            quantization_type="lut", quant_scale=np.float32(1), quant_bias=np.float32(0)),
    refused("quantize", input=X, scale=np.float32(1), output_dtype="fp16", opset=17),
    refused("quantize", input=X, scale=X[0], axis=0, output_dtype="int8", opset=17),
    refused("random_normal", shape=[3, -4]),
    refused("random_categorical", "does not know 'odds'", x=X, mode="odds"),
    refused("random_categorical", x=-X, mode="probs"),
    refused("scaled_dot_product_attention", query=SIGNAL, key=SIGNAL, value=SIGNAL, attn_mask=X[:2], opset=18),
    refused("gelu", x=X, mode="QUICK"),
    refused("pad", x=X, pad=[1, 1], mode="circular"),
    refused("max_pool", x=SIGNAL, kernel_sizes=[2], pad_type="full"),
    refused("constexpr_lut_to_dense", "a palette of 3 values", opset=16, **PALETTE, lut=np.float32([1, 2, 3])),
    refused("constexpr_lut_to_dense", "1 bytes do not hold", opset=16, **PALETTE, lut=np.zeros(16, np.float32)),
    refused("constexpr_sparse_to_dense", "2 bits set for 3 values", opset=16, nonzero_data=np.ones(3, np.float32),
            mask=np.uint8([0b101]), shape=np.uint32([3])),
    refused("constexpr_sparse_to_dense", "1 bytes do not hold", opset=16, nonzero_data=np.ones(2, np.float32),
            mask=np.uint8([0b101]), shape=np.uint32([9])),
    refused("constexpr_affine_dequantize", opset=16,
            quantized_data=np.ones((2, 3), np.int8), zero_point=np.int8(0), scale=np.ones(2, np.float32), axis=1),
    refused("classify", "4 probabilities for 2 labels", probabilities=X[0], classes=["a", "b"]),
]  # fmt: skip


@pytest.mark.parametrize(("each", "message"), [pytest.param(*row, id=str(row[0])) for row in ROWS])
def test_refused(each: Case, message: str) -> None:
    with pytest.raises(TensorLogicError, match=message):
        check(each, RUNS[0])
