"""What the resizing operations share: at which places an image is looked up, and its values between pixels."""

from __future__ import annotations

import torch
from torch import Tensor

from tensorlogic.lower.sampling import spacing


def places(mode: str, first: Tensor, last: Tensor, count: int) -> Tensor:
    """`count` places between each pair of a first and a last one, along a new last axis."""
    how = spacing(mode, count)
    numbers = torch.arange(count, dtype=first.dtype, device=first.device) + how.offset
    first, last = first.unsqueeze(-1), last.unsqueeze(-1)
    extent = (last - first + how.added).clamp(min=how.least)
    found = first + (numbers * extent / max(1, count - how.less) + how.shift)
    return found.clamp(torch.minimum(first, last), torch.maximum(first, last))


def axis_places(mode: str, size: int, count: int, device: torch.device) -> Tensor:
    """The places on an axis of `size` pixels: exact, and on the device unless that has no float64."""
    numbers = torch.arange(size, dtype=torch.float64, device="cpu" if device.type == "mps" else device)
    return places(mode, numbers[0], numbers[-1], count)


def folded(place: Tensor, low: float, high: float) -> Tensor:
    """Places mirrored at `low` and `high` until they lie between them."""
    span = max(high - low, 1)
    past = (place - low).abs() % (2 * span)
    return low + torch.minimum(past, 2 * span - past)


def linear(x: Tensor, axis: int, where: Tensor) -> Tensor:
    """The values along an axis at fractional places within it."""
    before = where.floor()
    after = (before + 1).clamp(max=x.shape[axis] - 1)
    share = (where - before).to(x.device, x.dtype).reshape(-1, *[1] * (-1 - axis))
    first, second = (x.index_select(axis, index.long().to(x.device)) for index in (before, after))
    return torch.lerp(first, second, share)


class Pixels:
    """Images [n, c, h, w], to be looked up as [*places, c] in float32 at an image, row and column for each place.

    Rows and columns lie within the images; the three broadcast.
    """

    def __init__(self, x: Tensor) -> None:
        self._height, self._width = x.shape[2:]
        self._values = x.float().permute(0, 2, 3, 1).flatten(0, 2)

    def nearest(self, image: Tensor, row: Tensor, column: Tensor) -> Tensor:
        """The values of the nearest pixels; halves go to the even one."""
        index = (image * self._height + row.round().long()) * self._width + column.round().long()
        return self._values.index_select(0, index.flatten()).reshape(*index.shape, self._values.shape[1])

    def bilinear(self, image: Tensor, row: Tensor, column: Tensor) -> Tensor:
        """The values between the four pixels around each place."""
        top, left = row.floor(), column.floor()
        bottom, right = (top + 1).clamp(max=self._height - 1), (left + 1).clamp(max=self._width - 1)
        down, along = (row - top).unsqueeze(-1), (column - left).unsqueeze(-1)
        upper, lower = (
            torch.lerp(self.nearest(image, y, left), self.nearest(image, y, right), along) for y in (top, bottom)
        )
        return torch.lerp(upper, lower, down)
