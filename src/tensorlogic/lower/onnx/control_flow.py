"""Choices and loops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorlogic.lower.onnx.dtypes import widened
from tensorlogic.lower.onnx.graph import INT64, Graph, Tensor
from tensorlogic.lower.onnx.registry import implements
from tensorlogic.mil.ops import control_flow as ops
from tensorlogic.mil.types import BOOL

Body = Callable[..., tuple[Tensor, ...]]
"""Writes a block's operations into a graph, for tensors that stand for the block's inputs."""


@implements(ops.select)
@widened
def select(g: Graph, cond: Tensor, a: Tensor, b: Tensor) -> Tensor:
    if a.dtype == BOOL:  # which engines have no choice of
        return g.op("Or", g.op("And", cond, a), g.op("And", g.op("Not", cond), b))  # type: ignore[no-any-return]
    return g.op("Where", cond, a, b, dtype=a.dtype)  # type: ignore[no-any-return]


@implements(ops.cond)
def cond(g: Graph, pred: Tensor | bool, true_branch: Body, false_branch: Body) -> tuple[Tensor, ...]:
    if isinstance(pred, bool):
        return true_branch(g) if pred else false_branch(g)
    branches = []
    for body in (true_branch, false_branch):
        inner = Graph(g)
        results = body(inner)
        branches.append(inner.proto(results))
    return g.results("If", results, g.op("Reshape", pred, [-1]), then_branch=branches[0], else_branch=branches[1])


@implements(ops.while_loop)
def while_loop(g: Graph, loop_vars: tuple[Any, ...], condition: Body, body: Body) -> tuple[Any, ...]:
    (first,) = condition(g, *loop_vars)
    inner = Graph(g)
    inner.input(INT64, (), "iteration")
    inner.input(BOOL, (), "again")
    results = body(inner, *[inner.input_like(each) for each in loop_vars])
    (again,) = condition(inner, *results)
    block = inner.proto([again, *results])
    return g.results("Loop", results, None, first, *loop_vars, body=block)
