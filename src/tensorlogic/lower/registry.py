"""Which function implements which declared operation, for one target."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from tensorlogic.mil.declare import Op

Implementation = TypeVar("Implementation", bound=Callable[..., Any])


class Registry:
    """The implementations of one target."""

    def __init__(self) -> None:
        self._implementations: dict[Op, Callable[..., Any]] = {}

    def implements(self, op: Op) -> Callable[[Implementation], Implementation]:
        """Register the decorated function, whose parameters are those of the declaration."""

        def register(function: Implementation) -> Implementation:
            self._implementations[op] = function
            return function

        return register

    def implementation(self, op: Op) -> Callable[..., Any] | None:
        """The function for `op`, to be called with keyword arguments, or None."""
        return self._implementations.get(op)
