"""Two values together, element by element: two numbers give a number, others a tensor.

Tensors are broadcast together, and their types promoted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorlogic.lang.inference import rules
from tensorlogic.runtime.convert import as_number, as_pair
from tensorlogic.runtime.lazy import torch
from tensorlogic.runtime.registry import builtin, gives


def _define(name: str, says: str) -> None:
    """A builtin that is torch's function of two tensors."""

    def each(a: Any, b: Any) -> Any:
        if _is_plain(a) and _is_plain(b):
            return _function(name)(*_numbers(a, b, name in OF_FLOATS)).item()
        return _function(name)(*as_pair(a, b))

    each.__name__, each.__doc__ = name, says
    gives(rules.paired("bool" if name in TRUTHS else None, floats=name in OF_FLOATS))(builtin(each))


def _function(name: str) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
    found: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] = getattr(torch, name)
    return found


def _is_plain(value: Any) -> bool:
    return isinstance(value, int | float)


def _numbers(a: Any, b: Any, floats: bool) -> tuple[torch.Tensor, ...]:
    both = torch.tensor([a, b])
    return (torch.tensor([a, b], dtype=torch.float64) if floats or both.is_floating_point() else both).unbind()


OF_FLOATS = ("hypot", "copysign", "logaddexp", "xlogy")
"""Those that make floats of whole numbers."""
TRUTHS = ("logical_and", "logical_or", "logical_xor")
"""Those that give truth values."""

for _name, _says in {
    "floor_divide": "a / b, rounded down: -7 and 2 give -4. The operator `/` cuts integers off towards zero.",
    "remainder": "What is left of a when b is taken from it as often as it goes, with the sign of b; ``a % b``.",
    "fmod": "What is left of a when b is taken from it as often as it goes, with the sign of a.",
    "hypot": "sqrt(a^2 + b^2), of floats, without leaving their range on the way.",
    "copysign": "a with the sign of b.",
    "heaviside": "0 where a is negative, 1 where it is positive, and b where it is 0; both of one type.",
    "logaddexp": "log(exp(a) + exp(b)), of floats, without leaving their range on the way.",
    "xlogy": "a log(b), and 0 where a is 0.",
    "fmax": "The larger of each two elements, and the other where one is NaN, which `maximum` keeps.",
    "fmin": "The smaller of each two elements, and the other where one is NaN, which `minimum` keeps.",
    "gcd": "The greatest common divisor, of integers.",
    "lcm": "The least common multiple, of integers.",
    "logical_and": "Whether both are true, or not 0.",
    "logical_or": "Whether one is true, or not 0.",
    "logical_xor": "Whether one is true, or not 0, and the other is not.",
    "bitwise_and": "The bits that both have, of integers or truth values.",
    "bitwise_or": "The bits that one has, of integers or truth values.",
    "bitwise_xor": "The bits that one has and the other has not, of integers or truth values.",
    "bitwise_left_shift": "a with its bits moved to the left by b places, of integers.",
    "bitwise_right_shift": "a with its bits moved to the right by b places, of integers.",
}.items():
    _define(_name, _says)


@builtin
@gives(rules.paired("bool"))
def isclose(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8) -> Any:
    """Whether each two elements are at most atol + rtol * |b| apart. `allclose` is for all of them."""
    found = torch.isclose(*as_pair(a, b), as_number(rtol), as_number(atol))
    return bool(found) if _is_plain(a) and _is_plain(b) else found


@builtin
def equal(a: Any, b: Any) -> bool:
    """Whether two tensors have one shape and the same elements."""
    return torch.equal(*as_pair(a, b))


@builtin
def isin(x: Any, values: Any) -> Any:
    """Whether each element is one of some values: a tensor of truth values of the shape of x; of a number a bool."""
    found = torch.isin(*as_pair(x, values))
    return bool(found) if _is_plain(x) else found
