"""Which function implements which declared operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tensorlogic.lower.registry import Registry
from tensorlogic.mil.declare import Op

_registry = Registry()
implements = _registry.implements
implementation = _registry.implementation


def implement_rows(rows: Mapping[Op, Callable[..., Any]]) -> None:
    """Register a family of operations that are one call each; parameters are passed by position."""
    for op, function in rows.items():
        implements(op)(_by_position(op, function))


def _by_position(op: Op, function: Callable[..., Any]) -> Callable[..., Any]:
    names = tuple(op.parameters)

    def call(**arguments: Any) -> Any:
        return function(*[arguments[name] for name in names])

    return call
