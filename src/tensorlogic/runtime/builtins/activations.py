"""Activation functions, element by element unless they say along which axis."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from tensorlogic.lang.inference import rules
from tensorlogic.runtime.convert import as_tensor
from tensorlogic.runtime.lazy import torch
from tensorlogic.runtime.registry import builtin, gives


@cache
def _function(name: str) -> Callable[[torch.Tensor], torch.Tensor]:
    """torch's own function where it has one, which is nearer to the kernel."""
    found: Callable[[torch.Tensor], torch.Tensor] = getattr(torch, name, None) or getattr(torch.nn.functional, name)
    return found


KEEPING = ("relu", "relu6")
"""The activations that whole numbers stay whole under."""


def _define(name: str, says: str) -> None:
    """A builtin that is torch's function of a tensor."""

    def each(x: Any) -> torch.Tensor:
        found: torch.Tensor = _function(name)(x if x.__class__ is torch.Tensor else as_tensor(x))
        return found

    each.__name__, each.__doc__ = name, says
    gives(rules.like() if name in KEEPING else rules.floats_like())(builtin(each))


for _name, _says in {
    "relu": "x where it is positive, else 0.",
    "relu6": "x, but not below 0 and not above 6.",
    "sigmoid": "1 / (1 + exp(-x)).",
    "logsigmoid": "The logarithm of sigmoid(x).",
    "silu": "x times sigmoid(x), also called swish.",
    "mish": "x times tanh(softplus(x)).",
    "softplus": "log(1 + exp(x)).",
    "softsign": "x / (1 + |x|).",
    "selu": "Scaled exponential linear unit: 1.0507 x where x is positive, else 1.7581 (exp(x) - 1).",
    "hardsigmoid": "x / 6 + 1 / 2, but not below 0 and not above 1.",
    "hardswish": "x times hardsigmoid(x).",
}.items():
    _define(_name, _says)


@builtin
@gives(rules.floats_like())
def leaky_relu(x: Any, slope: float = 0.01) -> torch.Tensor:
    """x where it is positive, else x times `slope`."""
    return torch.nn.functional.leaky_relu(as_tensor(x), slope)


@builtin
@gives(rules.floats_like())
def elu(x: Any, alpha: float = 1.0) -> torch.Tensor:
    """x where it is positive, else alpha times (exp(x) - 1)."""
    return torch.nn.functional.elu(as_tensor(x), alpha)


@builtin
@gives(rules.floats_like())
def gelu(x: Any, approximate: str = "none") -> torch.Tensor:
    """x times the normal distribution function of x; with ``approximate: "tanh"`` by a formula with tanh."""
    return torch.nn.functional.gelu(as_tensor(x), approximate=approximate)


@builtin
@gives(rules.floats_like())
def softmax(x: Any, axis: int = -1) -> torch.Tensor:
    """exp(x), scaled so that the sum along an axis is 1."""
    return torch.softmax(as_tensor(x), axis)


@builtin
@gives(rules.floats_like())
def log_softmax(x: Any, axis: int = -1) -> torch.Tensor:
    """The logarithm of softmax(x)."""
    return torch.log_softmax(as_tensor(x), axis)


@builtin
def glu(x: Any, axis: int = -1) -> torch.Tensor:
    """The first half along an axis times the sigmoid of the second."""
    return torch.nn.functional.glu(as_tensor(x), axis)
