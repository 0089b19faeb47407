"""Mathematics, element by element: numbers give numbers, tensors give tensors of their shape.

Tensors of integers become float32 where the result is no integer. Where there is no real value, as for log(-1), a
number is an error and an element of a tensor becomes NaN. Two tensors are broadcast together, and their types promoted.
"""

from __future__ import annotations

import math
from typing import Any

from tensorlogic.lang.inference import rules
from tensorlogic.runtime import operators
from tensorlogic.runtime.convert import as_number, as_pair, as_tensor
from tensorlogic.runtime.lazy import is_tensor, torch
from tensorlogic.runtime.registry import NATIVE, builtin, builtin_named, gives


def _define(name: str, says: str) -> None:
    """A builtin that is Python's function of a number, and torch's of a tensor."""
    of_number = getattr(math, name)

    def each(x: Any) -> Any:
        if x.__class__ is float or x.__class__ is int:
            return of_number(x)
        return getattr(torch, name)(as_tensor(x))

    each.__name__, each.__doc__ = name, says
    NATIVE[each] = f"torch.{name}"
    gives(rules.of_tensors(_rule(name)))(builtin(each))


def _rule(name: str) -> rules.Rule:
    if name.startswith("is"):
        return rules.of_type("bool")
    return rules.like() if name in ("floor", "ceil", "trunc") else rules.floats_like()


for _name, _says in {
    "exp": "e to the power x.",
    "expm1": "exp(x) - 1, exact for small x.",
    "log": "The natural logarithm.",
    "log1p": "log(1 + x), exact for small x.",
    "log2": "The logarithm to the base 2.",
    "log10": "The logarithm to the base 10.",
    "sqrt": "The square root.",
    "sin": "The sine of an angle in radians.",
    "cos": "The cosine of an angle in radians.",
    "tan": "The tangent of an angle in radians.",
    "asin": "The angle in radians, from -pi / 2 to pi / 2, whose sine is x.",
    "acos": "The angle in radians, from 0 to pi, whose cosine is x.",
    "atan": "The angle in radians, from -pi / 2 to pi / 2, whose tangent is x.",
    "sinh": "The hyperbolic sine.",
    "cosh": "The hyperbolic cosine.",
    "tanh": "The hyperbolic tangent.",
    "asinh": "The inverse of the hyperbolic sine.",
    "acosh": "The inverse of the hyperbolic cosine.",
    "atanh": "The inverse of the hyperbolic tangent.",
    "erf": "The error function, 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x.",
    "floor": "The largest integer that is not larger; of a number an int.",
    "ceil": "The smallest integer that is not smaller; of a number an int.",
    "trunc": "The integer part, towards zero; of a number an int.",
    "isnan": "Whether x is NaN, no number.",
    "isinf": "Whether x is infinite.",
    "isfinite": "Whether x is a number that is not infinite.",
}.items():
    _define(_name, _says)


def _define_of_torch(name: str, says: str) -> None:
    """A builtin that Python has no function of numbers for: theirs is torch's, of float64."""

    def each(x: Any) -> Any:
        if isinstance(x, int | float):
            return getattr(torch, name)(torch.tensor(x, dtype=torch.float64)).item()
        return getattr(torch, name)(as_tensor(x))

    each.__name__, each.__doc__ = name, says
    NATIVE[each] = f"torch.{name}"
    gives(rules.of_tensors(rules.of_type("bool") if name in TRUTHS else rules.floats_like()))(builtin(each))


TRUTHS = ("logical_not", "signbit")
"""Those that give truth values."""

for _name, _says in {
    "deg2rad": "An angle in degrees as radians.",
    "rad2deg": "An angle in radians as degrees.",
    "exp2": "2 to the power x.",
    "erfc": "1 - erf(x), exact for large x.",
    "erfinv": "The inverse of the error function, for x from -1 to 1.",
    "lgamma": "The logarithm of the absolute value of the gamma function.",
    "digamma": "The derivative of `lgamma`.",
    "logit": "log(x / (1 - x)), the inverse of `sigmoid`, for x from 0 to 1.",
    "sinc": "sin(pi x) / (pi x), and 1 for 0.",
    "frac": "What x has behind the point, with its sign; of floats.",
    "signbit": "Whether x has the sign minus, as -0.0 has.",
    "logical_not": "Whether x is false, or 0.",
}.items():
    _define_of_torch(_name, _says)


@builtin
@gives(rules.of_tensors(rules.like()))
def bitwise_not(x: Any) -> Any:
    """The bits that x does not have, of integers or truth values: of an integer -x - 1."""
    return ~x if x.__class__ is int else as_tensor(x).bitwise_not()


@builtin
@gives(rules.of_tensors(rules.like()))
def round_(x: Any) -> Any:
    """The nearest integer, of two equally near the even one: 0.5 becomes 0. Of a number an int."""
    return round(x) if isinstance(x, int | float) else torch.round(as_tensor(x))


@builtin
@gives(rules.same_kind)
def abs_(x: Any) -> Any:
    """The value without its sign."""
    return abs(x) if isinstance(x, int | float) else as_tensor(x).abs()


@builtin
@gives(rules.of_tensors(rules.same_kind))
def sign(x: Any) -> Any:
    """-1 where x is negative, 1 where it is positive, and 0 for 0."""
    return (x > 0) - (x < 0) if isinstance(x, int | float) else as_tensor(x).sign()


@builtin
@gives(rules.same_kind)
def square(x: Any) -> Any:
    """x times x."""
    return operators.multiply(x, x) if isinstance(x, int | float) else as_tensor(x).square()


@builtin
@gives(rules.of_tensors(rules.floats_like()))
def rsqrt(x: Any) -> Any:
    """1 / sqrt(x)."""
    return 1 / math.sqrt(x) if isinstance(x, int | float) else as_tensor(x).rsqrt()


@builtin
@gives(rules.of_tensors(rules.floats_like()))
def reciprocal(x: Any) -> Any:
    """1 / x."""
    return 1 / x if isinstance(x, int | float) else as_tensor(x).reciprocal()


@builtin
@gives(rules.power)
def pow_(x: Any, exponent: Any) -> Any:
    """x to the power `exponent`, the same as ``x ** exponent``; of two ints an int, unless the exponent is negative."""
    return operators.power(x, exponent)


@builtin
@gives(rules.operator("+"))
def add(a: Any, b: Any) -> Any:
    """a + b."""
    return _operand(a) + _operand(b)


@builtin
@builtin_named("subtract")
@gives(rules.operator("-"))
def sub(a: Any, b: Any) -> Any:
    """a - b."""
    return _operand(a) - _operand(b)


@builtin
@builtin_named("multiply")
@gives(rules.operator("*"))
def mul(a: Any, b: Any) -> Any:
    """a * b, element by element."""
    return operators.multiply(_operand(a), _operand(b))


@builtin
@builtin_named("divide")
@gives(rules.operator("/"))
def div(a: Any, b: Any) -> Any:
    """a / b, the same as the operator: of two integers the integer part, cut off towards zero."""
    return operators.divide(_operand(a), _operand(b))


def _operand(value: Any) -> Any:
    return value if isinstance(value, int | float) else as_tensor(value)


@builtin
def atan2(y: Any, x: Any) -> Any:
    """The angle in radians of the point (x, y) from the x axis, from -pi to pi."""
    if is_tensor(y) or is_tensor(x):
        return torch.atan2(*as_pair(y, x))
    return math.atan2(as_number(y), as_number(x))


@builtin
@gives(rules.larger)
def maximum(a: Any, b: Any) -> torch.Tensor:
    """The larger of each two elements. `max` is for a whole tensor."""
    return torch.maximum(*as_pair(a, b))


@builtin
@gives(rules.larger)
def minimum(a: Any, b: Any) -> torch.Tensor:
    """The smaller of each two elements. `min` is for a whole tensor."""
    return torch.minimum(*as_pair(a, b))


@builtin
@builtin_named("clamp")
@gives(rules.clipped)
def clip(x: Any, low: float | None = None, high: float | None = None) -> Any:
    """x, but not below `low` and not above `high`; either may be left out: ``clip(x, high: 1)``."""
    if isinstance(x, int | float):
        above = x if low is None else max(x, low)
        return above if high is None else min(above, high)
    return as_tensor(x) if low is None and high is None else torch.clamp(as_tensor(x), low, high)
