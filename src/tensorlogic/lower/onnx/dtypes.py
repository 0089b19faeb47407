"""Operands of types that an operator does not take, or not together."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import numpy as np

from tensorlogic.lower.onnx.graph import INT64, Graph, Tensor
from tensorlogic.mil.types import DTYPES, INT32, DType

Compute = TypeVar("Compute", bound=Callable[..., Any])

_WIDER = {
    **dict.fromkeys(map(DTYPES.get, ("int8", "int16", "uint8", "uint16")), INT32),
    **dict.fromkeys(map(DTYPES.get, ("uint32", "uint64")), INT64),
}
_BY_NAME = {np.dtype(dtype.numpy).name: dtype for dtype in DTYPES.values() if dtype.numpy is not None}


def common_type(*tensors: Tensor) -> DType:
    """The type that holds the values of all: theirs where they agree, float32 at least where they do not."""
    kinds = {tensor.dtype for tensor in tensors}
    if len(kinds) == 1:
        return kinds.pop()
    return _BY_NAME[np.result_type(np.float32, *[np.dtype(kind.numpy) for kind in kinds]).name]


def mixed(compute: Compute) -> Compute:
    """Let `compute` take tensors of several types: it works in one that holds all.

    The result is in the type of x, or in the declared one where the operation asks for that.
    """

    @wraps(compute)
    def call(g: Graph, *, x: Tensor, result_type: DType | None = None, **others: Any) -> Tensor:
        tensors = {name: value for name, value in others.items() if isinstance(value, Tensor)}
        common = common_type(x, *tensors.values())
        cast = {name: g.cast(tensor, common) for name, tensor in tensors.items()}
        return g.cast(compute(g, x=g.cast(x, common), **{**others, **cast}), result_type or x.dtype)

    return call  # type: ignore[return-value]


def widened(compute: Compute) -> Compute:
    """Let `compute`, which gives one tensor, take integers that engines rarely compute on: it gets them as wider ones.

    What it gives in the wider type is brought back to theirs.
    """

    @wraps(compute)
    def call(g: Graph, *values: Any, **named: Any) -> Tensor:
        narrow = next(
            (v.dtype for v in (*values, *named.values()) if isinstance(v, Tensor) and v.dtype in _WIDER), None
        )
        if narrow is None:
            return compute(g, *values, **named)  # type: ignore[no-any-return]
        result = compute(g, *[wide(g, v) for v in values], **{name: wide(g, v) for name, v in named.items()})
        return g.cast(result, narrow) if result.dtype == _WIDER[narrow] else result

    return call  # type: ignore[return-value]


def wide(g: Graph, value: Any) -> Any:
    """A value as an integer of a width that engines compute on, if it is one of another."""
    return g.cast(value, _WIDER.get(value.dtype, value.dtype)) if isinstance(value, Tensor) else value


def unsigned(g: Graph, x: Tensor) -> Tensor:
    """Integers among which negative ones are large: as indices, they are outside every tensor."""
    return g.cast(x, DTYPES["uint32"]) if x.dtype.name.startswith("int") else x
