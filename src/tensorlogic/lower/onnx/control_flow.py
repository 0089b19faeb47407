"""Choices and loops."""

from __future__ import annotations

from typing import Any

from tensorlogic.lower.onnx.dtypes import widened
from tensorlogic.lower.onnx.graph import INT64, Graph, Shape, Tensor
from tensorlogic.lower.onnx.registry import implements
from tensorlogic.lower.onnx.state import Body, Cell, assign, cells_of, values_of
from tensorlogic.mil.ops import control_flow as ops
from tensorlogic.mil.types import BOOL


@implements(ops.select)
@widened
def select(g: Graph, cond: Tensor, a: Tensor, b: Tensor) -> Tensor:
    if a.dtype == BOOL:  # which engines have no choice of
        return g.op("Or", g.op("And", cond, a), g.op("And", g.op("Not", cond), b))  # type: ignore[no-any-return]
    return g.op("Where", cond, a, b, dtype=a.dtype)  # type: ignore[no-any-return]


@implements(ops.cond)
def cond(g: Graph, pred: Tensor | bool, true_branch: Body, false_branch: Body) -> tuple[Any, ...]:
    """States are further results."""
    if isinstance(pred, bool):
        return true_branch(g) if pred else false_branch(g)
    cells = cells_of(true_branch, false_branch)
    before = values_of(cells)
    branches = []
    for body in (true_branch, false_branch):
        assign(cells, before)
        inner = Graph(g)
        results = [*body(inner), *values_of(cells)]
        branches.append(inner.proto(results))
    chosen = g.results("If", results, _fact(g, (pred,)), then_branch=branches[0], else_branch=branches[1])
    return _left(chosen, cells)


@implements(ops.while_loop)
def while_loop(g: Graph, loop_vars: tuple[Any, ...], condition: Body, body: Body) -> tuple[Any, ...]:
    """States are further variables."""
    cells = cells_of(condition, body)
    first = _fact(g, condition(g, *loop_vars))
    start = [*loop_vars, *values_of(cells)]
    inner = Graph(g)
    inner.input(INT64, (), "iteration")
    inner.input(BOOL, (), "again")
    variables = _left(tuple(inner.input_like(each, shape=_of_any_sizes(each)) for each in start), cells)
    results = body(inner, *variables)
    again = _fact(inner, condition(inner, *results))
    after = [*results, *values_of(cells)]
    block = inner.proto([again, *after])
    return _left(g.results("Loop", after, None, first, *start, body=block), cells)


def _of_any_sizes(x: Tensor) -> Shape:
    """Sizes may change from turn to turn; the rank does not."""
    return None if x.shape is None else (None,) * len(x.shape)


def _fact(g: Graph, condition: tuple[Any, ...]) -> Tensor:
    """What a condition yields as a scalar: programs may have vectors of one element."""
    (result,) = condition
    return g.op("Reshape", result, [])  # type: ignore[no-any-return]


def _left(values: tuple[Any, ...], cells: list[Cell]) -> tuple[Any, ...]:
    """Give the last values to the states; what is left."""
    split = len(values) - len(cells)
    assign(cells, values[split:])
    return values[:split]
