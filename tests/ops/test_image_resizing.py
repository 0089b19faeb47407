from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from tensorlogic.mil.types import FP32

from .harness import Case, case, suite
from .references import box, resized

exact = partial(case, ulps=0)
# Coordinates that float16 does not have.
fine = partial(case, floats=(FP32,))

RANDOM = np.random.default_rng(7)


def random(*shape: int) -> np.ndarray:
    return RANDOM.normal(size=shape).astype(np.float32)


X, SIGNAL = random(2, 3, 4, 5), random(1, 1, 2)
PAIR = np.float32([[[0, 1]]])
COUNTED = np.arange(1, 17, dtype=np.float32).reshape(1, 1, 4, 4)
SQUARE = np.float32([[[[11, 22], [33, 44]]]])
LONG = np.arange(4096, dtype=np.float32).reshape(1, 1, 4096) % 16
MODES = ("STRICT_ALIGN_CORNERS", "ALIGN_CORNERS", "DEFAULT", "OFFSET_CORNERS", "UNALIGN_CORNERS")


def pixels(*indices: list[int]) -> Callable[..., np.ndarray]:
    """The pixels of these numbers, for each of the last axes."""
    return lambda x, *_: x[..., indices[0], :][..., indices[1]]


def same(x: np.ndarray, *_: Any) -> np.ndarray:
    return x


def doubled_and_tripled(x: np.ndarray) -> np.ndarray:
    return x.repeat(2, -2).repeat(3, -1)


def interpolated(size: tuple[int, int], **how: Any) -> Callable[[np.ndarray], np.ndarray]:
    return lambda x: F.interpolate(torch.from_numpy(x), size, **how).numpy()


def bilinear(height: int, width: int, mode: str, *, x: np.ndarray = X) -> Case:
    """A resizing of an image, which `resize` can do too."""
    return case(
        "resize_bilinear", x=x, target_size_height=height, target_size_width=width, sampling_mode=mode,
        want=resized(height, width, mode=mode),
    )  # fmt: skip


def resize(*, x: np.ndarray, shape: Any, dims: int, want: Any, how: str = "LINEAR", **others: Any) -> Case:
    return case(
        "resize", x=x, shape=shape, resized_dims=np.uint32(dims), interpolation_mode=how, want=want, opset=17, **others
    )


UPSAMPLED = [
    exact("upsample_nearest_neighbor", x=X, want=same),
    exact("upsample_nearest_neighbor", x=X, scale_factor_height=2, scale_factor_width=3,
          want=doubled_and_tripled),
    exact("upsample_nearest_neighbor", x=X, scale_factor_height=1.5, scale_factor_width=0.7,
          want=pixels([0, 0, 1, 2, 2, 3], [0, 1, 3])),
    # Factors are float32: 0.7 * 10 is just 7 there.
    exact("upsample_nearest_neighbor", x=random(1, 2, 10), scale_factor_width=np.float32(0.7).item(),
          want=pixels([0, 1], [0, 1, 2, 4, 5, 7, 8])),
    exact("upsample_nearest_neighbor", x=np.float32([[[1.5, -2.5, 3.5]]]), scale_factor_height=3.17,
          scale_factor_width=0.67, want=np.float32([[[1.5, -2.5]] * 3])),
    exact("upsample_nearest_neighbor", x=np.float32([[[1.5, -2.5, 3.5]]]), scale_factor_height=2.0,
          scale_factor_width=1.12, want=np.float32([[[1.5, -2.5, 3.5]] * 2])),
    case("upsample_bilinear", x=X, want=same),
    case("upsample_bilinear", x=PAIR, scale_factor_width=3, want=np.float32([[[0, 0.2, 0.4, 0.6, 0.8, 1]]])),
    case("upsample_bilinear", x=PAIR, scale_factor_width=2.6, align_corners=False,
         want=np.float32([[[0, 0.1, 0.5, 0.9, 1]]])),
    case("upsample_bilinear", x=X, scale_factor_height=2.5, scale_factor_width=0.75, align_corners=True,
         want=interpolated((10, 3), mode="bilinear", align_corners=True)),
    case("upsample_bilinear", x=X, scale_factor_height=0.5, scale_factor_width=4.0, align_corners=False,
         want=interpolated((2, 20), mode="bilinear", align_corners=False)),
    case("upsample_bilinear", x=X, scale_factor_height=2, opset=16, want=resized(8, 5, mode="STRICT_ALIGN_CORNERS")),
    case("upsample_bilinear", x=X, scale_factor_height=2, align_corners=False, half_pixel_centers=True, opset=16,
         want=resized(8, 5, mode="UNALIGN_CORNERS")),
    case("upsample_bilinear", x=PAIR + 1, scale_factor_width=3, align_corners=False, half_pixel_centers=False, opset=16,
         want=np.float32([[[1, 4 / 3, 5 / 3, 2, 2, 2]]])),
    case("upsample_bilinear", x=X[0], scale_factor_height=3, scale_factor_width=2, align_corners=False, dynamic=True,
         opset=16, want=resized(12, 10, mode="UNALIGN_CORNERS")),
]  # fmt: skip

RESIZED = [
    *[bilinear(7, 3, mode) for mode in MODES],
    *[bilinear(1, 1, mode) for mode in MODES],
    *[bilinear(1, 5, mode, x=SIGNAL) for mode in MODES],
    *[bilinear(3, 6, mode, x=random(2, 2, 1, 3, 1)) for mode in MODES],
    case("resize_bilinear", x=X, want=pixels([0], [0])),
    case("resize_bilinear", x=PAIR, target_size_width=5, want=np.float32([[[0, 0.4, 0.8, 1, 1]]])),
    case("resize_bilinear", x=PAIR, target_size_width=5, sampling_mode="OFFSET_CORNERS",
         want=np.float32([[[0.1, 0.3, 0.5, 0.7, 0.9]]])),
    # Places are exact beyond what float16 can count.
    *[case("resize_bilinear", x=LONG, target_size_width=8192, sampling_mode=mode, tol16=1e-3,
           want=resized(1, 8192, mode=mode)) for mode in ("DEFAULT", "UNALIGN_CORNERS")],
    exact("resize_nearest_neighbor", x=X, target_size_height=4, target_size_width=5, want=same),
    exact("resize_nearest_neighbor", x=X, target_size_height=8, target_size_width=15,
          want=doubled_and_tripled),
    # The centre decides, and a centre between two pixels falls into the later one.
    exact("resize_nearest_neighbor", x=X, target_size_height=2, target_size_width=3, want=pixels([1, 3], [0, 2, 4])),
    exact("resize_nearest_neighbor", x=X[0], target_size_height=6, target_size_width=7, dynamic=True,
          want=pixels([0, 1, 1, 2, 3, 3], [0, 1, 1, 2, 3, 3, 4])),
    exact("resize_nearest_neighbor", x=X, target_size_height=10, target_size_width=4,
          want=interpolated((10, 4), mode="nearest-exact")),
    *[resize(x=X, shape=[9, 7, 2], dims=2, sampling_mode=mode, want=resized(7, 2, mode=mode)) for mode in MODES],
    *[resize(x=random(2, 3, 4), shape=[3, 6, 2], dims=3, sampling_mode=mode, want=resized(3, 6, 2, mode=mode))
      for mode in MODES],
    resize(x=X, shape=[2, 3, 4, 2], dims=4, want=resized(2, 3, 4, 2)),
    resize(x=X, shape=[8], dims=1, want=resized(8)),
    resize(x=X, shape=[1, 0, 0], dims=2, want=same),
    resize(x=X, shape=[6, 0], dims=2, want=resized(6, 5)),
    resize(x=X, shape=[7], dims=0, want=same),
    resize(x=PAIR, shape=[1, 1, 5], dims=2, want=np.float32([[[0, 0.4, 0.8, 1, 1]]])),
    # The shape may be computed, as any kind of whole numbers.
    *[resize(x=X, shape=np.array([1, 6, 3], dtype), dims=2, dynamic=True, want=resized(6, 3))
      for dtype in (np.int32, np.int16, np.uint16, np.uint32)],
    resize(x=np.float32([[[-6.25], [9.5]]]), shape=np.int32([1, 3, 2]), dims=2, how="NEAREST_NEIGHBOR", dynamic=True,
           want=np.float32([[[-6.25] * 2, [9.5] * 2, [9.5] * 2]])),
    *[resize(x=X, shape=[8, 10], dims=2, how="NEAREST_NEIGHBOR", sampling_mode=mode,
             want=lambda x, _: x.repeat(2, -2).repeat(2, -1)) for mode in ("DEFAULT", "UNALIGN_CORNERS")],
    *[resize(x=X, shape=[7, 3], dims=2, how="NEAREST_NEIGHBOR", sampling_mode=mode,
             want=pixels([0, 1, 1, 2, 2, 3, 3], [0, 2, 4])) for mode in ("STRICT_ALIGN_CORNERS", "ALIGN_CORNERS")],
    resize(x=X, shape=[2, 1], dims=2, how="NEAREST_NEIGHBOR", sampling_mode="OFFSET_CORNERS", want=pixels([1, 2], [2])),
    resize(x=np.int32([[10, 13]]), shape=[4], dims=1, want=np.int32([[10, 11, 13, 13]])),
    resize(x=np.int32([[10, 1 << 30]]), shape=[4], dims=1, how="NEAREST_NEIGHBOR",
           want=np.int32([[10, 10, 1 << 30, 1 << 30]])),
]  # fmt: skip

IMAGES = random(3, 2, 5, 6)
BOXES = np.float32([[0.5, 1, 3.25, 4], [2, 2, 2, 2], [0, 0, 4, 5], [3, 4.5, 1, 1.5]])
INDICES = np.int32([2, 0, 1, 2])
PADDED = {
    "x": COUNTED,
    "target_height": 2,
    "target_width": 2,
    "normalized_coordinates": True,
    "sampling_mode": "ALIGN_CORNERS",
    "pad_value": 10.0,
    "floats": (FP32,),
}
OUTSIDE = np.float32([[0.1, 0.3, 1.3, 1], [0.5, 1.8, 1, 0.3], [0, 0.4, 0.6, 0.7]])
OUTSIDE_WANT = np.float32([[3.1, 5.2, 10, 10], [10, 7.9, 10, 13.9], [2.2, 3.1, 9.4, 10.3]])


def from_each(size: tuple[int, int], mode: str, pad: float = 0.0) -> Callable[..., np.ndarray]:
    """Every box of every image: [n, b, c, h, w]."""
    return lambda x, boxes: np.stack([[box(image, each.ravel(), size, mode, pad) for image in x] for each in boxes])


def from_chosen(
    size: tuple[int, int], mode: str, convert: Callable[[np.ndarray], np.ndarray] = lambda boxes: boxes
) -> Callable[..., np.ndarray]:
    """Each box of one image: [n, c, h, w]."""

    def want(x: np.ndarray, boxes: np.ndarray, indices: np.ndarray) -> np.ndarray:
        return np.stack([box(x[i], each, size, mode) for i, each in zip(indices, convert(boxes), strict=True)])

    return want


def centered(boxes: np.ndarray) -> np.ndarray:
    return np.hstack([(boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]])


def width_first(boxes: np.ndarray) -> np.ndarray:
    return boxes[:, [1, 0, 3, 2]]


def chosen(boxes: np.ndarray, *, height: int = 3, width: int = 4, **how: Any) -> Case:
    arguments = {"x": IMAGES, "boxes": boxes, "box_indices": INDICES, "target_height": height, "target_width": width}
    return case("crop_resize", **arguments, **how, opset=17)


CROPPED = [
    exact("crop", x=COUNTED, crop_height=[0, 1], crop_width=[1, 1], want=COUNTED[..., :3, 1:3]),
    exact("crop", x=X[0], crop_height=[0, 0], crop_width=[0, 4], dynamic=True, want=lambda x: x[..., :1]),
    case("crop_resize", x=COUNTED, roi=np.float32([1, 1, 2, 2]).reshape(1, 1, 4, 1, 1), target_height=4, target_width=4,
         sampling_mode="ALIGN_CORNERS", want=(np.linspace(6, 10, 4)[:, None] + np.linspace(0, 1, 4))[None, None, None]
         .astype(np.float32)),
    case("crop_resize", x=COUNTED, roi=np.float32([2, 2, 1, 1]).reshape(1, 1, 4, 1, 1), target_height=2, target_width=2,
         sampling_mode="ALIGN_CORNERS", want=np.float32([[[[[11, 10], [7, 6]]]]])),
    case("crop_resize", x=COUNTED, roi=np.float32([1, 1, 2, 2]).reshape(1, 1, 4, 1, 1),
         want=np.float32([[[[[6]]]]])),
    case("crop_resize", x=COUNTED, roi=np.float32([1, 1, 2, 2]).reshape(1, 1, 4, 1, 1), sampling_mode="ALIGN_CORNERS",
         want=np.float32([[[[[8.5]]]]])),
    fine("crop_resize", x=COUNTED, roi=np.float32([0, 0, 0, 1 / 3, 1 / 3]).reshape(1, 1, 5, 1, 1), target_height=2,
         target_width=2, normalized_coordinates=True, sampling_mode="ALIGN_CORNERS",
         want=np.float32([[[[[1, 2], [5, 6]]]]])),
    *[case("crop_resize", x=IMAGES, roi=BOXES.reshape(4, 1, 4, 1, 1), target_height=3, target_width=4,
           sampling_mode=mode, want=from_each((3, 4), mode)) for mode in MODES],
    case("crop_resize", x=IMAGES, roi=BOXES.reshape(4, 1, 4, 1, 1), target_height=3, target_width=4, spatial_scale=0.5,
         dynamic=True, want=lambda x, boxes: from_each((3, 4), "DEFAULT")(x, boxes / 2)),
    case("crop_resize", x=IMAGES, roi=np.hstack([INDICES[:, None], BOXES]).reshape(4, 1, 5, 1, 1).astype(np.float32),
         target_height=2, target_width=2, sampling_mode="OFFSET_CORNERS", differs="one image a box",
         want=lambda x, rois: from_chosen((2, 2), "OFFSET_CORNERS")(x, rois[:, 0, 1:, 0, 0], INDICES)[:, None]),
    case("crop_resize", **PADDED, roi=np.insert(OUTSIDE, 0, 0, axis=1).reshape(3, 1, 5, 1, 1), opset=16,
         want=OUTSIDE_WANT.reshape(3, 1, 1, 2, 2)),
    case("crop_resize", **{**PADDED, "pad_value": 0.0}, roi=np.insert(OUTSIDE, 0, 0, axis=1).reshape(3, 1, 5, 1, 1),
         opset=16, want=np.where(OUTSIDE_WANT == 10, 0, OUTSIDE_WANT).reshape(3, 1, 1, 2, 2)),
    case("crop_resize", **PADDED, boxes=OUTSIDE, box_indices=np.int32([0, 0, 0]), opset=17,
         want=OUTSIDE_WANT.reshape(3, 1, 2, 2)),
    # Without indices, each box is one of the next image.
    case("crop_resize", x=IMAGES, boxes=BOXES[:3], target_height=2, target_width=5, opset=17,
         want=lambda x, boxes: from_chosen((2, 5), "DEFAULT")(x, boxes, np.arange(3))),
    chosen(BOXES, want=from_chosen((3, 4), "DEFAULT")),
    chosen(width_first(BOXES), box_coordinate_mode="CORNERS_WIDTH_FIRST", dynamic=True,
           want=from_chosen((3, 4), "DEFAULT", width_first)),
    chosen(centered(BOXES[[0, 1, 2, 0]]), box_coordinate_mode="CENTER_SIZE_HEIGHT_FIRST",
           want=lambda x, _, indices: from_chosen((3, 4), "DEFAULT")(x, BOXES[[0, 1, 2, 0]], indices)),
    chosen(width_first(centered(BOXES[[0, 1, 2, 0]])), box_coordinate_mode="CENTER_SIZE_WIDTH_FIRST",
           want=lambda x, _, indices: from_chosen((3, 4), "DEFAULT")(x, BOXES[[0, 1, 2, 0]], indices)),
    case("crop_resize", x=IMAGES, boxes=np.uint16([[1, 1, 3, 4], [0, 2, 2, 3]]), box_indices=np.uint16([1, 1]),
         target_height=3, target_width=3, opset=17, want=from_chosen((3, 3), "DEFAULT")),
    # The end of a box on the last pixel is inside, whatever the rounding.
    case("crop_resize", x=IMAGES, boxes=np.float32([[0.1, 0.3, 1, 1]]), box_indices=np.int32([1]), target_height=7,
         target_width=11, normalized_coordinates=True, sampling_mode="ALIGN_CORNERS", pad_value=99.0, opset=17,
         want=lambda x, boxes, _: box(x[1], boxes[0] * [4, 5, 4, 5], (7, 11), "ALIGN_CORNERS")[None]),
    # Boxes of 3 x 3 pixels around their centres, as Accelerate documents its crop-resize.
    case("crop_resize", x=IMAGES, boxes=np.float32([[1, 1, 3, 3], [4, 3, 3, 3]]), box_indices=np.int32([0, 0]),
         target_height=3, target_width=3, box_coordinate_mode="CENTER_SIZE_WIDTH_FIRST", opset=17,
         sampling_mode="OFFSET_CORNERS", want=lambda x, *_: np.stack([x[0, :, :3, :3], x[0, :, 2:, 3:]])),
]  # fmt: skip

AT = np.float32([[-1, -2], [-3.7, -1], [0, 0], [3.5, 1.2]]).reshape(1, 2, 2, 2)


def sampled(
    at: np.ndarray, *, want: Any, x: np.ndarray = SQUARE, how: str = "bilinear", around: str = "constant",
    value: float = 0.0, mode: str = "normalized_minus_one_to_one", align: bool = True, opset: int = 15, **others: Any,
) -> Case:  # fmt: skip
    arguments = {"sampling_mode": how, "padding_mode": around, "padding_value": value, "coordinates_mode": mode}
    return case("resample", x=x, coordinates=at, **arguments, align_corners=align, want=want, opset=opset, **others)


def of_torch(**how: Any) -> Callable[..., np.ndarray]:
    return lambda x, at: F.grid_sample(torch.from_numpy(x), torch.from_numpy(at), **how).numpy()


WIDE = random(2, 3, 4, 3, 2) * 2
ANYWHERE = WIDE[:, 0]
MANY: dict[str, Any] = {"x": random(2, 2, 5, 4), "tol16": 1e-2}
UNIT = "normalized_zero_to_one"

RESAMPLED = [
    sampled(AT, value=6.17, want=np.float32([8.585, 6.17, 27.5, 6.17]).reshape(1, 1, 2, 2), floats=(FP32,)),
    sampled(AT, how="nearest", around="border", mode="unnormalized", align=False,
            want=np.float32([11, 11, 11, 44]).reshape(1, 1, 2, 2)),
    sampled(AT, around="reflection", mode=UNIT, want=np.float32([22, 36.3, 11, 34.1]).reshape(1, 1, 2, 2),
            floats=(FP32,)),
    sampled(AT, how="nearest", around="symmetric", mode=UNIT, align=False,
            want=np.float32([22, 33, 11, 33]).reshape(1, 1, 2, 2)),
    *[sampled(np.array([0, 0, 1, 1, 0, 0, 1, 1], dtype).reshape(1, 2, 2, 2), mode=UNIT, opset=opset,
              want=np.float32([11, 44, 11, 44]).reshape(1, 1, 2, 2))
      for dtype, opset in [(np.int32, 15), (np.float16, 16), (np.int8, 17), (np.uint8, 17), (np.int16, 17),
                           (np.uint16, 17), (np.int32, 17), (np.float32, 17)]],
    *[sampled(ANYWHERE, **MANY, around=around, align=align, how=how,
              want=of_torch(mode=how, padding_mode=theirs, align_corners=align))
      for around, theirs, align in [("constant", "zeros", True), ("constant", "zeros", False),
                                    ("border", "border", True), ("border", "border", False),
                                    ("reflection", "reflection", True), ("symmetric", "reflection", False)]
      for how in ("bilinear", "nearest")],
    sampled(ANYWHERE, **MANY, around="constant", value=2.5, dynamic=True,
            want=lambda x, at: of_torch(padding_mode="zeros", align_corners=True)(x - 2.5, at) + 2.5),
    sampled(ANYWHERE, **MANY, mode=UNIT, want=lambda x, at: of_torch(align_corners=True)(x, at * 2 - 1)),
    sampled(ANYWHERE, **MANY, mode="unnormalized", around="border",
            want=lambda x, at: of_torch(align_corners=True, padding_mode="border")(x, at / [1.5, 2] - 1)),
    # Halves between pixels go to the even one; a single pixel is its own reflection.
    sampled(np.float32([[[[0.5, 0], [1.5, 0], [2.5, 0]]]]), x=COUNTED, how="nearest", mode="unnormalized",
            want=np.float32([[[[1, 3, 3]]]])),
    *[sampled(AT, x=SQUARE[..., :1, :1], around=around, how="nearest", want=np.full((1, 1, 2, 2), 11, np.float32))
      for around in ("border", "reflection", "symmetric")],
    # Far outside a constant is a constant.
    sampled(np.float32([[[[1e30, 0], [-np.inf, np.inf]]]]), value=3.0, want=np.full((1, 1, 1, 2), 3, np.float32)),
]  # fmt: skip

MATRIX = np.float32([[-1, -2, -3.7, -1, 3.5, 1.2]])
TURNS = np.float32([[0.8, -0.6, 0.1, 0.6, 0.8, -0.2], [1, 0.5, 0, 0, 2, 0.25]])


def mapped(
    height: int, width: int, *, want: Any, matrix: np.ndarray = MATRIX, x: np.ndarray = SQUARE, **others: Any
) -> Case:
    how = {"sampling_mode": "bilinear", "padding_mode": "constant", "padding_value": 0.0, "align_corners": True}
    sizes = {"output_height": height, "output_width": width, "coordinates_mode": "normalized_minus_one_to_one"}
    return case("affine", x=x, transform_matrix=matrix, **sizes, **how, want=want, tol16=1e-2, **others)


def turned(height: int, width: int) -> Callable[..., np.ndarray]:
    def want(x: np.ndarray, matrix: np.ndarray) -> np.ndarray:
        theta = torch.from_numpy(matrix).reshape(-1, 2, 3).expand(len(x), -1, -1)
        grid = F.affine_grid(theta, [*x.shape[:2], height, width], align_corners=True)
        return F.grid_sample(torch.from_numpy(x), grid, align_corners=True).numpy()

    return want


MAPPED = [
    mapped(3, 3, want=np.float32([10.7525, 2.5025, 0, 1.98, 0, 0, 0, 0, 0]).reshape(1, 1, 3, 3), floats=(FP32,)),
    mapped(2, 5, want=np.float32([10.7525, 5.94, 2.5025, 0.44, 0, 0, 0, 0, 0, 0]).reshape(1, 1, 2, 5), floats=(FP32,)),
    mapped(4, 6, matrix=TURNS, x=X, want=turned(4, 6)),
    # A single column is in the middle.
    mapped(7, 1, matrix=TURNS[:1], x=X, want=lambda x, matrix: turned(7, 3)(x, matrix)[..., 1:2]),
]  # fmt: skip

CASES = [*UPSAMPLED, *RESIZED, *CROPPED, *RESAMPLED, *MAPPED]

test_cases = suite(CASES)
