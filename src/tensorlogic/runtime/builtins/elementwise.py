"""Mathematics, element by element: numbers give numbers, tensors give tensors."""

from __future__ import annotations

import math
from typing import Any

from tensorlogic.runtime.convert import as_tensor
from tensorlogic.runtime.lazy import torch
from tensorlogic.runtime.operators import power
from tensorlogic.runtime.registry import builtin


def _each(name: str, value: Any) -> Any:
    """Python's function of a number, or torch's of a tensor."""
    if isinstance(value, int | float):
        return getattr(math, name)(value)
    return getattr(torch, name)(as_tensor(value))


@builtin
def exp(x: Any) -> Any:
    """e to the power x."""
    return _each("exp", x)


@builtin
def log(x: Any) -> Any:
    """The natural logarithm."""
    return _each("log", x)


@builtin
def sqrt(x: Any) -> Any:
    """The square root."""
    return _each("sqrt", x)


@builtin
def sin(x: Any) -> Any:
    """The sine of an angle in radians."""
    return _each("sin", x)


@builtin
def cos(x: Any) -> Any:
    """The cosine of an angle in radians."""
    return _each("cos", x)


@builtin
def tan(x: Any) -> Any:
    """The tangent of an angle in radians."""
    return _each("tan", x)


@builtin
def tanh(x: Any) -> Any:
    """The hyperbolic tangent."""
    return _each("tanh", x)


@builtin
def floor(x: Any) -> Any:
    """The largest integer that is not larger; of a number an int."""
    return _each("floor", x)


@builtin
def ceil(x: Any) -> Any:
    """The smallest integer that is not smaller; of a number an int."""
    return _each("ceil", x)


@builtin
def round_(x: Any) -> Any:
    """The nearest integer, of two equally near the even one; of a number an int."""
    return round(x) if isinstance(x, int | float) else torch.round(as_tensor(x))


@builtin
def abs_(x: Any) -> Any:
    """The value without its sign."""
    return abs(x) if isinstance(x, int | float) else as_tensor(x).abs()


@builtin
def pow_(x: Any, exponent: Any) -> Any:
    """x to the power `exponent`, the same as ``x ** exponent``."""
    return power(x, exponent)
