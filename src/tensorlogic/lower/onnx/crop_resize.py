"""Boxes of images, resized."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorlogic.lower.onnx.formula import Formula
from tensorlogic.lower.onnx.graph import INT64, Graph, Tensor
from tensorlogic.lower.onnx.registry import implements
from tensorlogic.lower.onnx.sampling import Pixels, clamped, length, places
from tensorlogic.lower.onnx.sizes import BEYOND, counted, size_of
from tensorlogic.mil.ops import image_resizing as ops
from tensorlogic.mil.types import FP32

Corners = tuple[Formula, Formula, Formula, Formula]


@implements(ops.crop_resize)
@implements(ops.crop_resize_padded)
def crop_resize(g: Graph, x: Tensor, roi: Tensor, *, pad_value: float = 0.0, **how: Any) -> Tensor:
    columns = Formula(g, g.op("Flatten", roi, axis=1))
    boxes = columns.op("Slice", [-4], [BEYOND], [1]).tensor
    # The number of the image stands before a box, or nothing, which adds up to 0.
    image = columns.op("Slice", [0], [-4], [1]).op("ReduceSum", [1], keepdims=1).cast(INT64)
    given = length(g, roi, 2, INT64) - 4
    images = given + (1 - given) * length(g, x, 0, INT64)
    numbers = g.cast(counted(g, images.tensor if isinstance(images, Formula) else int(images)), INT64)
    return _boxes(g, x, image + Formula(g, numbers), boxes, pad_value=pad_value, **how)


@implements(ops.crop_resize_boxes)
def crop_resize_boxes(g: Graph, x: Tensor, boxes: Tensor, box_indices: Tensor | None, **how: Any) -> Tensor:
    images = counted(g, size_of(g, boxes, 0)) if box_indices is None else box_indices
    each = Formula(g, g.cast(images, INT64)).op("Unsqueeze", [1])
    return g.op("Squeeze", _boxes(g, x, each, boxes, **how), [1])  # type: ignore[no-any-return]


def _boxes(
    g: Graph,
    x: Tensor,
    images: Formula,
    boxes: Tensor,
    target_height: int,
    target_width: int,
    normalized_coordinates: bool,
    spatial_scale: float,
    box_coordinate_mode: str,
    sampling_mode: str,
    pad_value: float,
) -> Tensor:
    """The boxes [n, 4] of the images [n, k], resized: [n, k, c, target_height, target_width]."""
    last_row, last_column = (length(g, x, axis, FP32) - 1 for axis in (2, 3))
    row_unit, column_unit = (last_row, last_column) if normalized_coordinates else (1, 1)
    scaled = (Formula(g, g.cast(boxes, FP32)) * spatial_scale).tensor
    edges = g.op("Split", scaled, axis=1, num_outputs=4, outputs=4)
    top, left, bottom, right = _CORNERS[box_coordinate_mode](*[Formula(g, edge) for edge in edges])
    rows = places(sampling_mode, top * row_unit, bottom * row_unit, target_height).op("Unsqueeze", [1, 3])
    columns = places(sampling_mode, left * column_unit, right * column_unit, target_width).op("Unsqueeze", [1, 2])
    inside = (rows >= 0) & (rows <= last_row) & (columns >= 0) & (columns <= last_column)
    image, row, column = images.op("Unsqueeze", [2, 3]), clamped(rows, last_row), clamped(columns, last_column)
    found = Pixels(g, g.cast(x, FP32)).bilinear(image, row, column).tensor
    result = g.op("Where", inside.op("Unsqueeze", [-1]).tensor, found, g.constant(pad_value, FP32), dtype=FP32)
    return g.cast(g.op("Transpose", result, perm=[0, 1, 4, 2, 3]), x.dtype)


def _height_first(left: Formula, top: Formula, right: Formula, bottom: Formula) -> Corners:
    return top, left, bottom, right


def _around_centers(row: Formula, column: Formula, height: Formula, width: Formula) -> Corners:
    return row - height / 2, column - width / 2, row + height / 2, column + width / 2


# From boxes of each kind to their first row and column and their last.
_CORNERS: dict[str, Callable[..., Corners]] = {
    "CORNERS_HEIGHT_FIRST": lambda *edges: edges,
    "CORNERS_WIDTH_FIRST": _height_first,
    "CENTER_SIZE_HEIGHT_FIRST": _around_centers,
    "CENTER_SIZE_WIDTH_FIRST": lambda *edges: _around_centers(*_height_first(*edges)),
}
