"""Which function implements which declared operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from tensorlogic.mil.declare import Op

Implementation = TypeVar("Implementation", bound=Callable[..., Any])

_implementations: dict[Op, Callable[..., Any]] = {}


def implements(op: Op) -> Callable[[Implementation], Implementation]:
    """Register the decorated function, whose parameters are those of the declaration."""

    def register(function: Implementation) -> Implementation:
        _implementations[op] = function
        return function

    return register


def implement_rows(rows: Mapping[Op, Callable[..., Any]]) -> None:
    """Register a family of operations that are one call each; parameters are passed by position."""
    for op, function in rows.items():
        _implementations[op] = _by_position(op, function)


def _by_position(op: Op, function: Callable[..., Any]) -> Callable[..., Any]:
    names = tuple(op.parameters)

    def call(**arguments: Any) -> Any:
        return function(*[arguments[name] for name in names])

    return call


def implementation(op: Op) -> Callable[..., Any] | None:
    """The function for `op`, to be called with keyword arguments, or None."""
    return _implementations.get(op)
