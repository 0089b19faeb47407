"""At which places an axis of pixels is looked up to give one of another size."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt


class Spacing(NamedTuple):
    """Where the places between a first and a last pixel lie, i of N from 0 on:

    first + (i + offset) * max(least, last - first + added) / max(1, N - less) + shift
    """

    offset: float = 0.0
    added: int = 0
    least: float = -math.inf
    less: int = 0
    shift: float = 0.0


_SPACINGS = {
    "ALIGN_CORNERS": Spacing(less=1),
    "DEFAULT": Spacing(added=1),
    "OFFSET_CORNERS": Spacing(offset=0.5, least=1),
    "STRICT_ALIGN_CORNERS": Spacing(less=1),
    "UNALIGN_CORNERS": Spacing(offset=0.5, added=1, shift=-0.5),
}
_SINGLE = {"ALIGN_CORNERS": Spacing(offset=0.5, less=1)}


def spacing(mode: str, count: int | None) -> Spacing:
    """The spacing of a sampling mode for so many places; None stands for any number but 1."""
    return (_SINGLE if count == 1 and mode in _SINGLE else _SPACINGS)[mode]


def axis_places(mode: str, size: int, count: int) -> npt.NDArray[Any]:
    """The places on an axis of `size` pixels, in float64: exact."""
    how, last = spacing(mode, count), size - 1
    extent = max(how.least, last + how.added)
    places = (np.arange(count) + how.offset) * extent / max(1, count - how.less) + how.shift
    return places.clip(0, last)


def _from_unit(share: Any, size: Any, align_corners: bool) -> Any:
    """Between the centres of the outer pixels, or between their edges."""
    return share * (size - 1) if align_corners else share * size - 0.5


PIXELS: dict[str, Callable[[Any, Any, bool], Any]] = {
    "unnormalized": lambda place, size, align: place,
    "normalized_minus_one_to_one": lambda place, size, align: _from_unit((place + 1) / 2, size, align),
    "normalized_zero_to_one": _from_unit,
}
"""From coordinates to pixels, of whatever the target computes with: place, size of the axis, whether corners align."""
