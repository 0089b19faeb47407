"""The table of builtins.

A builtin is a Python function: its signature is its rule, its docstring its page in the reference.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final, TypeVar

from tensorlogic.lang.inference.rules import Rule

F = TypeVar("F", bound=Callable[..., Any])

FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {}
CONSTANTS: Final[dict[str, Any]] = {"pi": math.pi}
RULES: Final[dict[Callable[..., Any], Rule]] = {}
NATIVE: Final[dict[Callable[..., Any], str]] = {}
"""The builtins that are, of one tensor, a function of torch; where `lang` calls for it by this name."""
METHODS: Final[set[Callable[..., Any]]] = set()
"""The builtins that call a method of their first value."""


def builtin(function: F) -> F:
    """Make a function a builtin of its name, without the ``_`` that keeps it apart from one of Python's."""
    return builtin_named(function.__name__.rstrip("_"))(function)


def calling_a_method(function: F) -> F:
    """Make a function a builtin that calls the method of its name, and knows what becomes of the result."""
    METHODS.add(function)
    return builtin(function)


def gives(rule: Rule) -> Callable[[F], F]:
    """Say what is known of a builtin's value before it runs; without, it is what the Python function declares."""

    def register(function: F) -> F:
        RULES[function] = rule
        return function

    return register


def builtin_named(*names: str) -> Callable[[F], F]:
    """Make a function a builtin of other names, such as ``f16::zeros``."""

    def register(function: F) -> F:
        FUNCTIONS.update(dict.fromkeys(names, function))
        return function

    return register
