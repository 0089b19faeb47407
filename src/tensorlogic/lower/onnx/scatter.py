"""Writing values by index.

Indices may repeat, and then one update follows another. ONNX Runtime writes the blocks of ScatterND in any order and
several at once; only its ScatterElements keeps the order. So blocks are for indices that surely differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import numpy as np

from tensorlogic.lower.onnx.dtypes import unsigned
from tensorlogic.lower.onnx.graph import INT64, Array, Graph, Tensor
from tensorlogic.lower.onnx.registry import implements
from tensorlogic.lower.onnx.sizes import Size, joined, shape_of, size_of, sizes, times
from tensorlogic.mil.ops import scatter_gather as ops
from tensorlogic.mil.types import FP16, FP32

_REDUCTIONS = {"update": "none", "add": "add", "mul": "mul", "max": "max", "min": "min"}


class Outside(Enum):
    """What an index outside a tensor does."""

    COUNTS_BACK = "is counted from the end if it is negative, or fails"
    FAILS = "fails"
    IS_LEFT_OUT = "changes nothing"

    @classmethod
    def of(cls, validate_indices: bool) -> Outside:
        """What it does since iOS 17, where a program says whether to look for it."""
        return cls.FAILS if validate_indices else cls.IS_LEFT_OUT


@dataclass(frozen=True, slots=True)
class Places:
    """Where updates go on an axis. With `spare`, some may be one beyond the end and are not kept."""

    at: Tensor
    differ: bool
    spare: bool


@implements(ops.scatter)
def scatter(
    g: Graph,
    data: Tensor,
    indices: Tensor,
    updates: Tensor,
    axis: int,
    mode: str,
    outside: Outside = Outside.COUNTS_BACK,
) -> Tensor:
    axis = axis % data.rank
    _needs(updates, (*data.axes[:axis], *indices.axes, *data.axes[axis + 1 :]))
    around = sizes(g, data)
    places = _places(g, indices, [around[axis]], outside)
    return merged(g, data, _in_shape(g, updates, (*around[:axis], -1, *around[axis + 1 :])), places, axis, mode)


@implements(ops.scatter_validated)
def scatter_validated(
    g: Graph, data: Tensor, indices: Tensor, updates: Tensor, axis: int, mode: str, validate_indices: bool
) -> Tensor:
    return scatter(g, data, indices, updates, axis, mode, Outside.of(validate_indices))


@implements(ops.scatter_along_axis)
def scatter_along_axis(
    g: Graph,
    data: Tensor,
    indices: Tensor,
    updates: Tensor,
    axis: int,
    mode: str,
    outside: Outside = Outside.COUNTS_BACK,
) -> Tensor:
    _needs(updates, indices.axes)
    places = _places(g, indices, [size_of(g, data, axis)], outside)
    at = g.op("Reshape", places.at, shape_of(g, indices), shape=indices.shape)
    return merged(g, data, updates, replace(places, at=at, differ=False), axis % data.rank, mode)


@implements(ops.scatter_along_axis_validated)
def scatter_along_axis_validated(
    g: Graph, data: Tensor, indices: Tensor, updates: Tensor, axis: int, mode: str, validate_indices: bool
) -> Tensor:
    return scatter_along_axis(g, data, indices, updates, axis, mode, Outside.of(validate_indices))


@implements(ops.scatter_nd)
def scatter_nd(
    g: Graph, data: Tensor, indices: Tensor, updates: Tensor, mode: str, outside: Outside = Outside.COUNTS_BACK
) -> Tensor:
    depth = indices.rank - 1 + data.rank - updates.rank
    _needs(updates, (*indices.axes[:-1], *data.axes[depth:]))
    around = sizes(g, data)
    places = _places(g, indices, around[:depth], outside)
    # The axes that are indexed are joined.
    rows, new = (_in_shape(g, x, (-1, *around[depth:])) for x in (data, updates))
    return _in_shape(g, merged(g, rows, new, places, 0, mode), around)


@implements(ops.scatter_nd_validated)
def scatter_nd_validated(
    g: Graph, data: Tensor, indices: Tensor, updates: Tensor, mode: str, validate_indices: bool
) -> Tensor:
    return scatter_nd(g, data, indices, updates, mode, Outside.of(validate_indices))


def merged(g: Graph, data: Tensor, updates: Tensor, places: Places, axis: int, mode: str) -> Tensor:
    """data with each of `updates` brought to its place on an axis, one after another."""
    if mode == "div":
        ones = g.op("Expand", g.constant(1, data.dtype), g.ints(shape_of(g, data)), shape=data.shape)
        return g.op("Div", data, merged(g, ones, updates, places, axis, "mul"), shape=data.shape)  # type: ignore[no-any-return]
    if mode == "sub":
        return merged(g, data, g.op("Neg", updates, shape=updates.shape), places, axis, "add")
    room = g.op("Pad", data, [0, 1], None, [axis]) if places.spare else data
    written = _written(g, room, updates, places, axis, _REDUCTIONS[mode])
    return g.op("Slice", written, [0], [-1], [axis], shape=data.shape) if places.spare else written


def _written(g: Graph, data: Tensor, updates: Tensor, places: Places, axis: int, reduction: str) -> Tensor:
    if data.dtype == FP16 and reduction != "none":  # for which ONNX Runtime has no kernel
        wide = _written(g, g.cast(data, FP32), g.cast(updates, FP32), places, axis, reduction)
        return g.cast(wide, FP16)
    how: dict[str, Any] = {"reduction": reduction, "shape": data.shape}
    if places.differ and axis == 0:
        return g.op("ScatterND", data, g.op("Reshape", places.at, [-1, 1]), updates, **how)  # type: ignore[no-any-return]
    at = places.at
    if at.rank == 1:
        column = g.op("Reshape", at, [-1] + [1] * (updates.rank - axis - 1))
        at = g.op("Expand", column, g.ints(shape_of(g, updates)))
    return g.op("ScatterElements", data, at, updates, axis=axis, **how)  # type: ignore[no-any-return]


def _places(g: Graph, indices: Tensor, limits: Sequence[Size], outside: Outside) -> Places:
    """Indices into axes of the sizes `limits`, in their last axis if there are several, as those of the axes joined."""
    known = [limit for limit in limits if isinstance(limit, int)]
    if indices.value is not None and len(known) == len(limits):
        return _known_places(g, indices.value.astype(np.int64).reshape(-1, len(limits)), np.array(known), outside)
    count = indices.axes[:-1] if len(limits) > 1 else indices.axes
    number = unsigned(g, indices) if outside is Outside.FAILS else indices
    at = g.op("Reshape", g.cast(number, INT64), [-1, len(limits)])
    if len(limits) > 1 or outside is Outside.IS_LEFT_OUT:
        at = _raveled(g, at, limits, outside)
    return Places(g.op("Reshape", at, [-1], shape=(None,)), set(count) <= {1}, outside is Outside.IS_LEFT_OUT)


def _raveled(g: Graph, at: Tensor, limits: Sequence[Size], outside: Outside) -> Tensor:
    """Indices [n, axes] as those of the axes joined; those outside are the one after the last."""
    bounds, (total, *strides) = joined(g, limits), _strides(g, limits)
    last = joined(g, [total])
    if outside is Outside.COUNTS_BACK:
        at = g.op("Where", g.op("Less", at, 0), g.op("Add", at, bounds), at, dtype=INT64)
    is_outside = g.op("Or", g.op("Less", at, 0), g.op("GreaterOrEqual", at, bounds))
    steps = g.op("Where", is_outside, last, g.op("Mul", at, joined(g, strides)), dtype=INT64)
    return g.op("Min", g.op("ReduceSum", steps, [1], keepdims=0), last)  # type: ignore[no-any-return]


def _strides(g: Graph, limits: Sequence[Size]) -> list[Size]:
    """How many places there are together, and how many each step on an axis passes."""
    strides: list[Size] = [1]
    for limit in reversed(limits):
        strides.insert(0, times(g, strides[0], limit))
    return strides


def _known_places(g: Graph, at: Array, limits: Array, outside: Outside) -> Places:
    if outside is Outside.COUNTS_BACK:
        at = np.where(at < 0, at + limits, at)
    is_outside = ((at < 0) | (at >= limits)).any(-1)
    if is_outside.any() and outside is not Outside.IS_LEFT_OUT:
        raise ValueError(f"an index is outside the sizes {limits.tolist()}")
    strides = np.append(np.cumprod(limits[:0:-1])[::-1], 1)
    flat = np.where(is_outside, limits.prod(), (at * strides).sum(-1))
    return Places(g.constant(flat), len(np.unique(flat)) == len(flat), bool(is_outside.any()))


def _in_shape(g: Graph, x: Tensor, parts: Sequence[Size]) -> Tensor:
    """x with the given sizes, of which one may be -1."""
    shape = tuple(part if isinstance(part, int) and part >= 0 else None for part in parts)
    if x.rank == len(shape) and all(part in (None, have) for have, part in zip(x.axes, shape, strict=True)):
        return x
    return g.op("Reshape", x, joined(g, parts), shape=shape)  # type: ignore[no-any-return]


def _needs(updates: Tensor, shape: Sequence[int | None]) -> None:
    have = updates.axes
    if len(have) != len(shape) or any(
        None not in pair and pair[0] != pair[1] for pair in zip(have, shape, strict=True)
    ):
        raise ValueError(f"updates of the shape {list(have)} instead of {list(shape)}")
