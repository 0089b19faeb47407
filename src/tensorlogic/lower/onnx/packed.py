"""Products with weights of four bits that stay as they are stored.

On a CPU, ONNX Runtime computes them in float32 from an eighth of the memory: one row in half the time, many rows in
the same time as with expanded weights. With eight bits it is several times slower; those are expanded.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorlogic.lower.onnx.compressed import Compressed
from tensorlogic.lower.onnx.graph import MICROSOFT, Array, Graph, Tensor
from tensorlogic.mil.ops import constexpr as ops
from tensorlogic.mil.program import Literal
from tensorlogic.mil.types import DTYPES, TensorType

_BLOCKS = (128, 64, 32, 16)
"""How many numbers of a row may share a scale."""

_FLOAT32 = 1
"""The least precision to compute in."""

_LOWEST = {DTYPES["int4"]: -8, DTYPES["uint4"]: 0}


def packed_product(g: Graph, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor | None:
    """x @ weight.T + bias for a weight [rows, columns]; None where it must be expanded for that."""
    stored: Any = weight.stored
    if not isinstance(stored, Compressed) or stored.op is not ops.constexpr_blockwise_shift_scale:
        return None
    if not g.shared.contrib or x.rank < 2:
        return None
    data, scale, offset = (stored.arguments[name] for name in ("data", "scale", "offset"))
    (rows, columns), scales = stored.shape, scale.value.value
    size = next((size for size in _BLOCKS if columns // scales.shape[1] % size == 0), None)
    numbers = data.literal
    if size is None or not _is_packed(numbers) or (bias is not None and bias.shape != (rows,)):
        return None
    grid, lowest = (rows, columns // size), _LOWEST[numbers.type.dtype]
    zeros = _spread(np.zeros((1, 1), np.int8) if offset is None else offset.value.value, grid) - lowest
    if zeros.dtype.kind == "f" or zeros.min() < 0 or zeros.max() > 15:
        return None
    counted = numbers.data ^ 0x88 if lowest else numbers.data  # from 0 on
    product: Tensor = g.op(
        "MatMulNBits",
        x,
        g.held(counted.reshape(*grid, size // 2), weight.name),
        g.constant(_spread(scales, grid), x.dtype),
        None if (zeros == 8).all() else _pairs(zeros),  # which it takes them to be
        None,
        bias,
        domain=MICROSOFT,
        K=columns,
        N=rows,
        bits=4,
        block_size=size,
        accuracy_level=_FLOAT32,
    )
    return product


def _is_packed(numbers: Literal | Tensor) -> bool:
    return isinstance(numbers, Literal) and isinstance(numbers.type, TensorType) and numbers.type.dtype in _LOWEST


def _spread(values: Array, grid: tuple[int, int]) -> Array:
    """A value for each block, from one for each of larger ones."""
    for axis, count in enumerate(grid):
        values = np.repeat(values, count // values.shape[axis], axis)
    return values


def _pairs(values: Array) -> Array:
    """Two numbers in a byte, each row in bytes of its own."""
    even = np.pad(values.astype(np.uint8), [(0, 0), (0, values.shape[1] % 2)])
    pairs: Array = even[:, ::2] | even[:, 1::2] << 4
    return pairs
