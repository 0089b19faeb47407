"""Matrix products."""

from __future__ import annotations

import re

from tensorlogic.lower.onnx.dtypes import common_type, mixed
from tensorlogic.lower.onnx.graph import Graph, Tensor
from tensorlogic.lower.onnx.packed import packed_product
from tensorlogic.lower.onnx.registry import implements
from tensorlogic.mil.ops import linear as ops
from tensorlogic.mil.types import DType


@implements(ops.linear)
@mixed
def linear(g: Graph, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Gemm takes weights as they are stored; for MatMul, an engine keeps a transposed copy."""
    packed = packed_product(g, x, weight, bias)
    if packed is not None:
        return packed
    leading = [-1 if size is None else size for size in x.axes[:-1]]
    if not x.dtype.is_float or leading.count(-1) > 1 or 0 in leading:
        product: Tensor = g.op("MatMul", x, _transposed(g, weight))
        return product if bias is None else g.op("Add", product, bias)
    out, into = weight.sizes
    rows = x if len(leading) == 1 else g.op("Reshape", x, [-1, into])
    result: Tensor = g.op("Gemm", rows, weight, bias, transB=1)
    return result if rows is x else g.op("Reshape", result, [*leading, out])


@implements(ops.matmul)
def matmul(g: Graph, x: Tensor, y: Tensor, transpose_x: bool, transpose_y: bool) -> Tensor:
    left = _transposed(g, x) if transpose_x else x
    right = _transposed(g, y) if transpose_y else y
    return g.op("MatMul", left, right)  # type: ignore[no-any-return]


@implements(ops.matmul_mixed)
def matmul_mixed(g: Graph, x: Tensor, y: Tensor, transpose_x: bool, transpose_y: bool, result_type: DType) -> Tensor:
    common = common_type(x, y)
    return g.cast(matmul(g, g.cast(x, common), g.cast(y, common), transpose_x, transpose_y), result_type)


@implements(ops.einsum)
def einsum(g: Graph, values: tuple[Tensor, ...], equation: str) -> Tensor:
    """As a product of matrices where it is one: ONNX Runtime's own sums do not broadcast."""
    orders = _matrices(equation)
    if orders is None:
        return g.op("Einsum", *values, equation=equation)  # type: ignore[no-any-return]
    x, y = (_ordered(g, value, *order) for value, order in zip(values, orders, strict=False))
    return _ordered(g, g.op("MatMul", x, y), *orders[2])


def _matrices(equation: str) -> tuple[tuple[str, str], ...] | None:
    """The axes of both operands and of the result, before and after transposing, if the sum is one product."""
    found = re.fullmatch(r"(\w+),(\w+)->(\w+)", equation.replace(" ", ""))
    if found is None:
        return None
    x, y, result = found.groups()
    batch = "".join(axis for axis in result if axis in x and axis in y)
    row, column, summed = ("".join(group) for group in (set(x) - {*y}, set(y) - {*x}, {*x} & {*y} - {*result}))
    left, right, product = batch + row + summed, batch + summed + column, batch + row + column
    orders = (x, left), (y, right), (product, result)
    one_each = len(row) == len(column) == len(summed) == 1
    return orders if one_each and all(sorted(one) == sorted(other) for one, other in orders) else None


def _ordered(g: Graph, x: Tensor, axes: str, wanted: str) -> Tensor:
    """x, whose axes are called `axes`, with them in the order `wanted`."""
    if axes == wanted:
        return x
    return g.op("Transpose", x, perm=[axes.index(axis) for axis in wanted])  # type: ignore[no-any-return]


def _transposed(g: Graph, x: Tensor) -> Tensor:
    """With the last two axes exchanged; a vector has no second axis."""
    if x.rank < 2:
        return x
    *leading, rows, columns = range(x.rank)
    return g.op("Transpose", x, perm=[*leading, columns, rows])  # type: ignore[no-any-return]
