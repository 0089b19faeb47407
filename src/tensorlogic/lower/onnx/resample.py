"""Images at places that the program computes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorlogic.lower.onnx.formula import Formula, Number
from tensorlogic.lower.onnx.graph import INT64, Array, Graph, Tensor
from tensorlogic.lower.onnx.registry import implements
from tensorlogic.lower.onnx.sampling import Pixels, clamped, folded, length
from tensorlogic.lower.onnx.sizes import counted, joined, size_of
from tensorlogic.lower.sampling import PIXELS
from tensorlogic.mil.ops import image_resizing as ops
from tensorlogic.mil.types import FP32

# What ONNX calls the padding, where it has it, by whether corners are aligned; around a constant, it has zeros.
_PADDING = {
    ("border", True): "border",
    ("border", False): "border",
    ("constant", True): "zeros",
    ("constant", False): "zeros",
    ("reflection", True): "reflection",
    ("symmetric", False): "reflection",
}
_MODES = {"bilinear": "linear", "nearest": "nearest"}


@implements(ops.resample)
def resample(
    g: Graph,
    x: Tensor,
    coordinates: Tensor,
    sampling_mode: str,
    padding_mode: str,
    padding_value: float,
    coordinates_mode: str,
    align_corners: bool,
) -> Tensor:
    at, padding = g.cast(coordinates, FP32), _PADDING.get((padding_mode, align_corners))
    as_onnx = coordinates_mode == "normalized_minus_one_to_one" and padding is not None
    if not as_onnx or (padding == "zeros" and padding_value):
        pixel = PIXELS[coordinates_mode]
        column, row = (
            pixel(part, length(g, x, axis, FP32), align_corners)
            for part, axis in zip(_parts(g, at), (3, 2), strict=True)
        )
        return _looked_up(g, x, row, column, sampling_mode, padding_mode, padding_value)
    if padding == "zeros":
        at = g.op("Clip", at, -3.0, 3.0)  # as far outside as any
    how: dict[str, Any] = {"mode": _MODES[sampling_mode], "padding_mode": padding, "align_corners": int(align_corners)}
    return g.cast(g.op("GridSample", g.cast(x, FP32), at, **how), x.dtype)


def _parts(g: Graph, coordinates: Tensor) -> list[Formula]:
    """The columns and the rows."""
    parts = g.op("Split", coordinates, axis=-1, num_outputs=2, outputs=2)
    return [Formula(g, part).op("Squeeze", [-1]) for part in parts]


def _looked_up(
    g: Graph, x: Tensor, row: Formula, column: Formula, sampling_mode: str, padding_mode: str, padding_value: float
) -> Tensor:
    image = g.cast(x, FP32)
    last_row, last_column = (length(g, x, axis, FP32) - 1 for axis in (2, 3))
    if padding_mode == "constant":
        # A frame of the value stands for everything around; of two pixels, so that even ones stay even.
        wider = None if x.shape is None else (*x.shape[:2], *[None if s is None else s + 4 for s in x.shape[2:]])
        image = g.op("Pad", image, [0, 0, 2, 2] * 2, padding_value, shape=wider)
        row, column, last_row, last_column = row + 2, column + 2, last_row + 4, last_column + 4
    row = clamped(_FOLDED[padding_mode](row, last_row), last_row)
    column = clamped(_FOLDED[padding_mode](column, last_column), last_column)
    numbers = Formula(g, g.cast(counted(g, size_of(g, x, 0)), INT64)).op("Unsqueeze", [1, 2])
    found = _SAMPLED[sampling_mode](Pixels(g, image), numbers, row, column)
    return g.cast(found.op("Transpose", perm=[0, 3, 1, 2]).tensor, x.dtype)


_FOLDED: dict[str, Callable[[Formula, Number], Formula]] = {
    "constant": lambda place, last: place,
    "border": lambda place, last: place,
    "reflection": lambda place, last: folded(place, 0, last),
    "symmetric": lambda place, last: folded(place, -0.5, last + 0.5),
}

_SAMPLED = {"bilinear": Pixels.bilinear, "nearest": Pixels.nearest}


@implements(ops.affine)
def affine(
    g: Graph,
    x: Tensor,
    transform_matrix: Tensor,
    output_height: int,
    output_width: int,
    coordinates_mode: str,
    align_corners: bool,
    **how: Any,
) -> Tensor:
    if coordinates_mode != "normalized_minus_one_to_one" or not align_corners:
        raise ValueError("an affine map takes coordinates from -1 to 1, aligned with the corners")
    columns, rows = np.meshgrid(_from_minus_one(output_width), _from_minus_one(output_height))
    grid = g.constant(np.stack([columns, rows, np.ones_like(rows)], -1).reshape(-1, 3), FP32)
    matrices = g.op("Transpose", g.op("Reshape", g.cast(transform_matrix, FP32), [-1, 2, 3]), perm=[0, 2, 1])
    mapped = g.op("Reshape", g.op("MatMul", grid, matrices), [-1, output_height, output_width, 2])
    coordinates = g.op("Expand", mapped, joined(g, (size_of(g, x, 0), 1, 1, 1)))
    return resample(g, x, coordinates, coordinates_mode=coordinates_mode, align_corners=align_corners, **how)


def _from_minus_one(count: int) -> Array:
    """`count` coordinates from -1 to 1; a single one is the middle."""
    return np.linspace(-1, 1, count) if count > 1 else np.zeros(count)
