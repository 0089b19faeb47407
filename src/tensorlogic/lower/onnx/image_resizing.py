"""Images in other sizes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorlogic.lower.onnx.formula import Formula, at_least
from tensorlogic.lower.onnx.graph import INT64, Graph, Tensor
from tensorlogic.lower.onnx.registry import implements
from tensorlogic.lower.onnx.sampling import length, linear
from tensorlogic.lower.onnx.sizes import BEYOND, Size, counted, joined, size_of, sizes
from tensorlogic.lower.sampling import axis_places, spacing
from tensorlogic.mil.ops import image_resizing as ops
from tensorlogic.mil.types import DTYPES, FP32

Ints = tuple[int, ...]

# The modes of interpolation that ONNX has, and what it calls them.
_COORDINATES = {
    "ALIGN_CORNERS": "align_corners",
    "DEFAULT": "asymmetric",
    "STRICT_ALIGN_CORNERS": "align_corners",
    "UNALIGN_CORNERS": "half_pixel",
}

# By `align_corners` and `half_pixel_centers`.
_UPSAMPLING = {
    (True, False): "STRICT_ALIGN_CORNERS",
    (False, True): "UNALIGN_CORNERS",
    (False, False): "DEFAULT",
}


@implements(ops.upsample_nearest_neighbor)
def upsample_nearest_neighbor(g: Graph, x: Tensor, scale_factor_height: float, scale_factor_width: float) -> Tensor:
    return _picked(g, x, _scaled(g, x, scale_factor_height, scale_factor_width), "DEFAULT", 0)


@implements(ops.upsample_bilinear)
@implements(ops.upsample_bilinear_centers)
def upsample_bilinear(
    g: Graph,
    x: Tensor,
    scale_factor_height: float,
    scale_factor_width: float,
    align_corners: bool,
    half_pixel_centers: bool | None = None,
) -> Tensor:
    centers = not align_corners if half_pixel_centers is None else half_pixel_centers
    if align_corners and centers:
        raise ValueError("corners cannot be aligned with pixels taken at their centres")
    wanted = _scaled(g, x, scale_factor_height, scale_factor_width)
    return _linear(g, x, wanted, _UPSAMPLING[align_corners, centers])


@implements(ops.resize_nearest_neighbor)
def resize_nearest_neighbor(g: Graph, x: Tensor, target_size_height: int, target_size_width: int) -> Tensor:
    return _nearest(g, x, (target_size_height, target_size_width), "DEFAULT")


@implements(ops.resize_bilinear)
def resize_bilinear(g: Graph, x: Tensor, target_size_height: int, target_size_width: int, sampling_mode: str) -> Tensor:
    return _linear(g, x, (target_size_height, target_size_width), sampling_mode)


@implements(ops.resize)
def resize(
    g: Graph, x: Tensor, shape: Ints | Tensor, resized_dims: int, interpolation_mode: str, sampling_mode: str
) -> Tensor:
    count = shape.rank and (shape.shape or (None,))[0] if isinstance(shape, Tensor) else len(shape)
    if resized_dims > x.rank or (count is not None and not resized_dims <= count <= x.rank):
        raise ValueError(f"{resized_dims} axes of {x.rank} cannot take the {count} sizes of a shape")
    wanted = [_wanted(g, x, shape, axis) for axis in range(-resized_dims, 0)]
    return _RESIZED[interpolation_mode](g, x, wanted, sampling_mode)


def _wanted(g: Graph, x: Tensor, shape: Ints | Tensor, axis: int) -> Size:
    """The size for one of the last axes, where 0 keeps it."""
    if not isinstance(shape, Tensor):
        return shape[axis] or size_of(g, x, axis)
    have, given = size_of(g, x, axis), g.op("Gather", g.ints(shape), [axis])
    kept = [have] if isinstance(have, int) else have
    return g.op("Where", g.op("Equal", given, 0), kept, given, dtype=INT64, shape=(1,))  # type: ignore[no-any-return]


def _scaled(g: Graph, x: Tensor, *factors: float) -> list[Size]:
    """The sizes of the last axes times float32 factors, computed in float32, as the sizes of the program were."""
    found: list[Size] = []
    for axis, factor in zip((-2, -1), factors, strict=True):
        have = length(g, x, axis, FP32)
        if isinstance(have, Formula):
            found.append((have * factor).op("Floor").cast(INT64).tensor)
        else:
            found.append(math.floor(np.float32(have * factor)))
    return found


def _nearest(g: Graph, x: Tensor, wanted: Sequence[Size], mode: str) -> Tensor:
    return _picked(g, x, wanted, "UNALIGN_CORNERS" if mode == "DEFAULT" else mode, 0.5)


def _picked(g: Graph, x: Tensor, wanted: Sequence[Size], mode: str, half: float) -> Tensor:
    """The last axes in other sizes: the pixels whose numbers are those of the places, plus `half`, rounded down."""
    axes = range(-len(wanted), 0)
    indices = [_index(g, x, axis, count, mode, half) for axis, count in zip(axes, wanted, strict=True)]
    if x.dtype.is_float and all(_repeats(x, axis, index) for axis, index in zip(axes, indices, strict=True)):
        return _resized(g, x, wanted, mode="nearest", coordinates="asymmetric", nearest_mode="floor")
    for axis, index in zip(axes, indices, strict=True):
        x = g.op("Gather", x, index, axis=axis % x.rank, shape=x.shape)
    return x


def _index(g: Graph, x: Tensor, axis: int, count: Size, mode: str, half: float) -> Tensor:
    """The numbers of the pixels along an axis."""
    have = length(g, x, axis, INT64)
    if isinstance(count, int) and isinstance(have, int):
        return g.constant(np.floor(axis_places(mode, have, count) + half), INT64)
    how = spacing(mode, count if isinstance(count, int) else None)
    extent = at_least(have - 1 + how.added, how.least) if how.least > -math.inf else have - 1 + how.added
    divisor = at_least((Formula(g, count) if isinstance(count, Tensor) else count) - how.less, 1)
    doubled = Formula(g, g.cast(counted(g, count), INT64)) * 2 + int(2 * how.offset)
    place = (doubled * extent + int(2 * (how.shift + half)) * divisor) / (2 * divisor)
    return place.op("Min", have - 1).tensor


def _repeats(x: Tensor, axis: int, index: Tensor) -> bool:
    """Whether every pixel is taken so many times, one after the other."""
    if index.value is None:
        return False
    times, rest = divmod(len(index.value), x.sizes[axis])
    return rest == 0 and bool((index.value == np.arange(len(index.value)) // times).all())


def _linear(g: Graph, x: Tensor, wanted: Sequence[Size], mode: str) -> Tensor:
    if _is_known(x, wanted, mode):
        return _resized(g, x, wanted, mode="linear", coordinates=_COORDINATES[mode])
    result = x if x.dtype.is_float else g.cast(x, DTYPES["fp64"])
    for axis, count in enumerate(wanted, x.rank - len(wanted)):
        if not isinstance(count, int):
            raise NotImplementedError("this sampling mode needs sizes that are known")
        result = linear(g, result, x.rank, axis, axis_places(mode, x.size(axis), count), x.size(axis) - 1)
    return g.cast(result, x.dtype)


def _is_known(x: Tensor, wanted: Sequence[Size], mode: str) -> bool:
    """Whether ONNX Runtime has this interpolation."""
    if mode == "ALIGN_CORNERS" and not all(isinstance(count, int) and count > 1 for count in wanted):
        return False
    shapes = x.rank in range(2, 6) if len(wanted) < 3 else (len(wanted), x.rank) in ((3, 3), (3, 5))
    return mode in _COORDINATES and x.dtype.is_float and shapes


def _resized(g: Graph, x: Tensor, wanted: Sequence[Size], coordinates: str, **how: Any) -> Tensor:
    front = sizes(g, x)[: x.rank - len(wanted)]
    target = joined(g, (*front, *wanted))
    if target == x.shape:
        return x
    return g.op(  # type: ignore[no-any-return]
        "Resize", x, None, None, target, coordinate_transformation_mode=coordinates, **how
    )


_RESIZED = {"LINEAR": _linear, "NEAREST_NEIGHBOR": _nearest}


@implements(ops.crop)
def crop(g: Graph, x: Tensor, crop_height: Ints, crop_width: Ints) -> Tensor:
    (top, bottom), (left, right) = crop_height, crop_width
    ends = [-bottom if bottom else BEYOND, -right if right else BEYOND]
    return g.op("Slice", x, [top, left], ends, [x.rank - 2, x.rank - 1])  # type: ignore[no-any-return]
