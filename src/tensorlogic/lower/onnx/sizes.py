"""Sizes of tensors: those that are known, and those that are computed while running."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tensorlogic.lower.onnx.graph import INT64, Graph, Tensor
from tensorlogic.mil.types import INT32

Ints = tuple[int, ...]
Size = int | Tensor
"""A number, or a vector of one int64 that the graph computes."""

BEYOND = (1 << 31) - 1
"""A bound after the end of every axis; its negative is one before the beginning. Some engines have 32 bits only."""


def size_of(g: Graph, x: Tensor, axis: int) -> Size:
    """How long an axis is."""
    axis = axis % x.rank
    known = x.axes[axis]
    if known is not None:
        return known
    return g.op("Shape", x, start=axis, end=axis + 1, shape=(1,))  # type: ignore[no-any-return]


def sizes(g: Graph, x: Tensor) -> tuple[Size, ...]:
    """How long every axis is."""
    return tuple(size_of(g, x, axis) for axis in range(x.rank))


def shape_of(g: Graph, x: Tensor) -> Ints | Tensor:
    """The shape as an operand."""
    if x.shape is None or None in x.shape:
        return g.op("Shape", x, shape=None if x.shape is None else (x.rank,))  # type: ignore[no-any-return]
    return x.sizes


def joined(g: Graph, parts: Iterable[Size]) -> Ints | Tensor:
    """Sizes one after another, as an operand."""
    vectors: list[Ints | Tensor] = []
    for part in parts:
        last = vectors[-1] if vectors else None
        if isinstance(part, int) and isinstance(last, tuple):
            vectors[-1] = (*last, part)
        else:
            vectors.append((part,) if isinstance(part, int) else part)
    if not vectors:
        return ()
    return vectors[0] if len(vectors) == 1 else g.op("Concat", *vectors, axis=0, dtype=INT64)


def times(g: Graph, a: Size, b: Size) -> Size:
    """The product of two sizes."""
    if isinstance(a, int) and isinstance(b, int):
        return a * b
    return g.op("Mul", a, b, dtype=INT64, shape=(1,))  # type: ignore[no-any-return]


def count_of(values: Ints | Tensor) -> int | None:
    """How many integers there are, where that is known."""
    if isinstance(values, Tensor):
        return values.shape[0] if values.shape else None
    return len(values)


def counted(g: Graph, end: Size, step: int = 1) -> Tensor:
    """The numbers from 0 to before `end`, in steps, as int32."""
    if isinstance(end, int):
        return g.constant(np.arange(0, end, step, dtype=np.int32))
    return g.op("Range", g.constant(0, INT32), g.op("Reshape", g.cast(end, INT32), []), step)  # type: ignore[no-any-return]
