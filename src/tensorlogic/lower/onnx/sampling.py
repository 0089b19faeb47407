"""What the resizing operations share: at which places an image is looked up, and its values between pixels."""

from __future__ import annotations

import math

import numpy as np

from tensorlogic.lower.onnx.formula import Formula, Number, at_least
from tensorlogic.lower.onnx.graph import INT64, Array, Graph, Tensor
from tensorlogic.lower.onnx.sizes import size_of
from tensorlogic.lower.sampling import spacing
from tensorlogic.mil.types import DType


def length(g: Graph, x: Tensor, axis: int, dtype: DType) -> Number:
    """The size of an axis, as a number of a type."""
    found = size_of(g, x, axis)
    return Formula(g, found).cast(dtype) if isinstance(found, Tensor) else found


def places(mode: str, first: Formula, last: Formula, count: int) -> Formula:
    """`count` places between each pair of a first and a last one, [n, 1] both: [n, count]."""
    how = spacing(mode, count)
    numbers = first.g.constant(np.arange(count) + how.offset, first.tensor.dtype)
    extent = last - first + how.added
    if how.least > -math.inf:
        extent = extent.op("Max", how.least)
    found = first + (extent * Formula(first.g, numbers) / max(1, count - how.less) + how.shift)
    return found.op("Max", first.op("Min", last)).op("Min", first.op("Max", last))


def clamped(place: Formula, last: Number) -> Formula:
    """The places, those outside an axis moved to its ends."""
    return place.op("Max", 0.0).op("Min", last)


def folded(place: Formula, low: Number, high: Number) -> Formula:
    """Places mirrored at `low` and `high` until they lie between them."""
    around = at_least(high - low, 1) * 2
    past = (place - low).op("Abs").op("Mod", around, fmod=1)
    return past.op("Min", around - past) + low


def linear(g: Graph, x: Tensor, rank: int, axis: int, where: Array, last: int) -> Tensor:
    """The values at fractional places along an axis of x, which ends at `last`."""
    before = np.floor(where)
    after = np.minimum(before + 1, last)
    share = g.constant((where - before).reshape(-1, *[1] * (rank - axis - 1)), x.dtype)
    first, second = (Formula(g, g.op("Gather", x, g.constant(at, INT64), axis=axis)) for at in (before, after))
    return (first + (second - first) * Formula(g, share)).tensor


class Pixels:
    """Images [n, c, h, w], to be looked up as [*places, c] at an image, row and column for each place.

    Rows and columns lie within the images; the three broadcast.
    """

    def __init__(self, g: Graph, x: Tensor) -> None:
        self._height, self._width = (length(g, x, axis, INT64) for axis in (2, 3))
        self._values = Formula(g, g.op("Transpose", x, perm=[0, 2, 3, 1])).op("Flatten", axis=3)
        self._last_row, self._last_column = (length(g, x, axis, x.dtype) - 1 for axis in (2, 3))

    def nearest(self, image: Formula, row: Formula, column: Formula) -> Formula:
        """The values of the nearest pixels; halves go to the even one."""
        return self._at(image, row.op("Round"), column.op("Round"))

    def bilinear(self, image: Formula, row: Formula, column: Formula) -> Formula:
        """The values between the four pixels around each place."""
        top, left = row.op("Floor"), column.op("Floor")
        bottom, right = (top + 1).op("Min", self._last_row), (left + 1).op("Min", self._last_column)
        down, along = (row - top).op("Unsqueeze", [-1]), (column - left).op("Unsqueeze", [-1])
        upper, lower = (_between(self._at(image, y, left), self._at(image, y, right), along) for y in (top, bottom))
        return _between(upper, lower, down)

    def _at(self, image: Formula, row: Formula, column: Formula) -> Formula:
        index = (image * self._height + row.cast(INT64)) * self._width + column.cast(INT64)
        return self._values.op("Gather", index, axis=0)


def _between(first: Formula, second: Formula, share: Formula) -> Formula:
    return first + (second - first) * share
