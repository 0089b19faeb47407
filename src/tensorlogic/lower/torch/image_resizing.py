"""Images in other sizes. Places are computed in float32 at least, whatever the type of the image."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from tensorlogic.lower.sampling import PIXELS
from tensorlogic.lower.torch.registry import implements
from tensorlogic.lower.torch.sampling import Pixels, axis_places, folded, linear, places
from tensorlogic.mil.ops import image_resizing as ops

Ints = tuple[int, ...]

# The modes that PyTorch has itself, and what it calls them; and its linear interpolation by the number of axes.
_ALIGNED = {"STRICT_ALIGN_CORNERS": True, "UNALIGN_CORNERS": False}
_INTERPOLATION = {1: "linear", 2: "bilinear", 3: "trilinear"}

# By `align_corners` and `half_pixel_centers`.
_UPSAMPLING = {
    (True, False): "STRICT_ALIGN_CORNERS",
    (False, True): "UNALIGN_CORNERS",
    (False, False): "DEFAULT",
}


@implements(ops.upsample_nearest_neighbor)
def upsample_nearest_neighbor(x: Tensor, scale_factor_height: float, scale_factor_width: float) -> Tensor:
    sizes = _scaled(x, scale_factor_height, scale_factor_width)
    return _picked(x, sizes, lambda have, count: torch.arange(count, device=x.device) * have // count)


@implements(ops.upsample_bilinear)
@implements(ops.upsample_bilinear_centers)
def upsample_bilinear(
    x: Tensor,
    scale_factor_height: float,
    scale_factor_width: float,
    align_corners: bool,
    half_pixel_centers: bool | None = None,
) -> Tensor:
    centers = not align_corners if half_pixel_centers is None else half_pixel_centers
    if align_corners and centers:
        raise ValueError("corners cannot be aligned with pixels taken at their centres")
    return _linear(x, _scaled(x, scale_factor_height, scale_factor_width), _UPSAMPLING[align_corners, centers])


@implements(ops.resize_nearest_neighbor)
def resize_nearest_neighbor(x: Tensor, target_size_height: int, target_size_width: int) -> Tensor:
    return _nearest(x, (target_size_height, target_size_width), "DEFAULT")


@implements(ops.resize_bilinear)
def resize_bilinear(x: Tensor, target_size_height: int, target_size_width: int, sampling_mode: str) -> Tensor:
    return _linear(x, (target_size_height, target_size_width), sampling_mode)


@implements(ops.resize)
def resize(x: Tensor, shape: Ints, resized_dims: int, interpolation_mode: str, sampling_mode: str) -> Tensor:
    if not resized_dims <= len(shape) <= x.dim():
        raise ValueError(f"{resized_dims} axes of {x.dim()} cannot take the {len(shape)} sizes of {list(shape)}")
    axes = range(-resized_dims, 0)
    return _RESIZED[interpolation_mode](x, [shape[axis] or x.shape[axis] for axis in axes], sampling_mode)


def _scaled(x: Tensor, *factors: float) -> list[int]:
    """The sizes of the last axes times float32 factors, computed in float32, as the sizes of the program were."""
    return [math.floor(np.float32(x.shape[axis] * factor)) for axis, factor in zip((-2, -1), factors, strict=True)]


def _picked(x: Tensor, sizes: Sequence[int], pick: Callable[[int, int], Tensor]) -> Tensor:
    """The last axes in other sizes, with the elements whose numbers `pick` tells for a size and a wanted one."""
    for axis, count in zip(range(-len(sizes), 0), sizes, strict=True):
        x = x.index_select(axis, pick(x.shape[axis], count).to(x.device))
    return x


def _nearest(x: Tensor, sizes: Sequence[int], mode: str) -> Tensor:
    mode = "UNALIGN_CORNERS" if mode == "DEFAULT" else mode
    return _picked(x, sizes, lambda have, count: (axis_places(mode, have, count, x.device) + 0.5).long())


def _linear(x: Tensor, sizes: Sequence[int], mode: str) -> Tensor:
    if mode in _ALIGNED and len(sizes) in _INTERPOLATION and x.is_floating_point():
        # PyTorch wants one axis of samples and one of channels in front.
        image = x.reshape(1, -1, *x.shape[-len(sizes) :])
        resized = F.interpolate(image, tuple(sizes), mode=_INTERPOLATION[len(sizes)], align_corners=_ALIGNED[mode])
        return resized.reshape(*x.shape[: -len(sizes)], *sizes)
    result = x.float() if x.is_floating_point() else x.double()
    for axis, count in zip(range(-len(sizes), 0), sizes, strict=True):
        result = linear(result, axis, axis_places(mode, x.shape[axis], count, x.device))
    return result.to(x.dtype)


_RESIZED = {"LINEAR": _linear, "NEAREST_NEIGHBOR": _nearest}


@implements(ops.crop)
def crop(x: Tensor, crop_height: Ints, crop_width: Ints) -> Tensor:
    (top, bottom), (left, right) = crop_height, crop_width
    height, width = x.shape[-2] - top - bottom, x.shape[-1] - left - right
    return x.narrow(-2, top, height).narrow(-1, left, width)


@implements(ops.crop_resize)
@implements(ops.crop_resize_padded)
def crop_resize(x: Tensor, roi: Tensor, *, pad_value: float = 0.0, **how: Any) -> Tensor:
    indices, boxes = roi.flatten(1).tensor_split([roi.shape[2] - 4], 1)
    images = indices.long() if indices.shape[1] else torch.arange(len(x), device=x.device).expand(len(roi), -1)
    return _boxes(x, images, boxes, pad_value=pad_value, **how)


@implements(ops.crop_resize_boxes)
def crop_resize_boxes(x: Tensor, boxes: Tensor, box_indices: Tensor | None, **how: Any) -> Tensor:
    images = torch.arange(len(boxes), device=x.device) if box_indices is None else box_indices.long()
    return _boxes(x, images.unsqueeze(1), boxes, **how).squeeze(1)


def _boxes(
    x: Tensor,
    images: Tensor,
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
    last_row, last_column = x.shape[2] - 1, x.shape[3] - 1
    row_unit, column_unit = (last_row, last_column) if normalized_coordinates else (1, 1)
    top, left, bottom, right = _CORNERS[box_coordinate_mode](boxes.float() * spatial_scale).unbind(1)
    rows = places(sampling_mode, top * row_unit, bottom * row_unit, target_height)[:, None, :, None]
    columns = places(sampling_mode, left * column_unit, right * column_unit, target_width)[:, None, None, :]
    inside = (rows >= 0) & (rows <= last_row) & (columns >= 0) & (columns <= last_column)
    found = Pixels(x).bilinear(images[:, :, None, None], rows.clamp(0, last_row), columns.clamp(0, last_column))
    return torch.where(inside.unsqueeze(-1), found, pad_value).movedim(-1, 2).to(x.dtype)


def _height_first(boxes: Tensor) -> Tensor:
    return boxes[:, [1, 0, 3, 2]]


def _around_centers(boxes: Tensor) -> Tensor:
    centers, sizes = boxes.chunk(2, 1)
    return torch.cat([centers - sizes / 2, centers + sizes / 2], 1)


# From boxes of each kind to their first row and column and their last.
_CORNERS: dict[str, Callable[[Tensor], Tensor]] = {
    "CORNERS_HEIGHT_FIRST": lambda boxes: boxes,
    "CORNERS_WIDTH_FIRST": _height_first,
    "CENTER_SIZE_HEIGHT_FIRST": _around_centers,
    "CENTER_SIZE_WIDTH_FIRST": lambda boxes: _around_centers(_height_first(boxes)),
}


@implements(ops.resample)
def resample(
    x: Tensor,
    coordinates: Tensor,
    sampling_mode: str,
    padding_mode: str,
    padding_value: float,
    coordinates_mode: str,
    align_corners: bool,
) -> Tensor:
    pixel = PIXELS[coordinates_mode]
    column, row = (
        pixel(part, size, align_corners)
        for part, size in zip(coordinates.float().unbind(-1), (x.shape[3], x.shape[2]), strict=True)
    )
    if padding_mode == "constant":
        # A frame of the value stands for everything around; of two pixels, so that even ones stay even.
        x, row, column = F.pad(x, (2, 2, 2, 2), value=padding_value), row + 2, column + 2
    row, column = (
        _FOLDED[padding_mode](place, size - 1).clamp(0, size - 1)
        for place, size in zip((row, column), x.shape[2:], strict=True)
    )
    image = torch.arange(len(x), device=x.device)[:, None, None]
    return _SAMPLED[sampling_mode](Pixels(x), image, row, column).movedim(-1, 1).to(x.dtype)


_FOLDED: dict[str, Callable[[Tensor, int], Tensor]] = {
    "constant": lambda place, last: place,
    "border": lambda place, last: place,
    "reflection": lambda place, last: folded(place, 0, last),
    "symmetric": lambda place, last: folded(place, -0.5, last + 0.5),
}

_SAMPLED = {"bilinear": Pixels.bilinear, "nearest": Pixels.nearest}


@implements(ops.affine)
def affine(
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
    row, column = (_from_minus_one(count, x.device) for count in (output_height, output_width))
    a, b = transform_matrix.float().reshape(-1, 2, 3, 1, 1).unbind(1)
    coordinates = torch.stack([m[:, 0] * column + m[:, 1] * row[:, None] + m[:, 2] for m in (a, b)], -1)
    return resample(
        x,
        coordinates.expand(len(x), -1, -1, -1),
        coordinates_mode=coordinates_mode,
        align_corners=align_corners,
        **how,
    )


def _from_minus_one(count: int, device: torch.device) -> Tensor:
    """`count` coordinates from -1 to 1; a single one is the middle."""
    return torch.linspace(-1, 1, count, device=device) if count > 1 else torch.zeros(count, device=device)
