"""Which function writes which declared operation, as nodes of a graph: its first parameter, before the operation's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tensorlogic.lower.onnx.graph import Graph
from tensorlogic.lower.registry import Registry
from tensorlogic.mil.declare import Op

_registry = Registry()
implements = _registry.implements
implementation = _registry.implementation


def implement_rows(rows: Mapping[Op, str | Callable[..., Any]]) -> None:
    """Register a family of operations that are one node each, or one call; parameters are passed by position."""
    for op, row in rows.items():
        implements(op)(_by_position(op, row))


def _by_position(op: Op, row: str | Callable[..., Any]) -> Callable[..., Any]:
    names = tuple(op.parameters)

    def call(g: Graph, **arguments: Any) -> Any:
        values = [arguments[name] for name in names]
        return g.op(row, *values) if isinstance(row, str) else row(g, *values)

    return call
