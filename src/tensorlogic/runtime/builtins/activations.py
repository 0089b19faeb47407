"""Activation functions of tensors of floats, element by element unless they take an axis."""

from __future__ import annotations

from typing import Any

from tensorlogic.lang.inference import rules
from tensorlogic.runtime.convert import as_int, as_tensor
from tensorlogic.runtime.lazy import functional, torch
from tensorlogic.runtime.registry import NATIVE, builtin, gives

KEEPING = ("relu", "relu6")
"""The activations that whole numbers stay whole under."""
_IN_TORCH = ("relu", "selu", "sigmoid")
"""Those that torch has itself too, which is nearer to the kernel."""


def _define(name: str, says: str) -> None:
    """A builtin that is torch's function of a tensor."""
    module = torch if name in _IN_TORCH else functional

    def each(x: Any) -> torch.Tensor:
        found: torch.Tensor = getattr(module, name)(as_tensor(x))
        return found

    each.__name__, each.__doc__ = name, says
    NATIVE[each] = f"{'torch' if name in _IN_TORCH else 'functional'}.{name}"
    gives(rules.like() if name in KEEPING else rules.floats_like())(builtin(each))


for _name, _says in {
    "relu": "x where it is positive, else 0; of integers too.",
    "relu6": "x, but not below 0 and not above 6.",
    "sigmoid": "1 / (1 + exp(-x)).",
    "logsigmoid": "log(sigmoid(x)); small x do not become minus infinity.",
    "silu": "x times sigmoid(x), also called swish (Elfwing et al., 2017).",
    "mish": "x times tanh(softplus(x)) (Misra, 2019).",
    "softplus": "log(1 + exp(x)); large x do not overflow.",
    "softsign": "x / (1 + |x|).",
    "selu": "1.0507 x where x is positive, else 1.7581 (exp(x) - 1) (Klambauer et al., 2017).",
    "hardsigmoid": "x / 6 + 1 / 2, but not below 0 and not above 1.",
    "hardswish": "x times hardsigmoid(x) (Howard et al., 2019).",
}.items():
    _define(_name, _says)


@builtin
@gives(rules.like())
def step(x: Any) -> torch.Tensor:
    """1 where x is above 0, else 0, in the type of x: what makes a tensor of degrees one of truth values."""
    tensor = as_tensor(x)
    return (tensor > 0).to(tensor.dtype)


@builtin
@gives(rules.floats_like())
def leaky_relu(x: Any, slope: float = 0.01) -> torch.Tensor:
    """x where it is positive, else x times `slope` (Maas et al., 2013)."""
    return functional.leaky_relu(as_tensor(x), slope)


@builtin
@gives(rules.floats_like())
def elu(x: Any, alpha: float = 1.0) -> torch.Tensor:
    """x where it is positive, else alpha (exp(x) - 1) (Clevert et al., 2015)."""
    return functional.elu(as_tensor(x), alpha)


@builtin
@gives(rules.floats_like())
def gelu(x: Any, approximate: str = "none") -> torch.Tensor:
    """x times the normal distribution function of x (Hendrycks and Gimpel, 2016).

    With ``approximate: "tanh"`` it is 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))), as GPT-2 computes it.
    """
    return functional.gelu(as_tensor(x), approximate=approximate)


@builtin
@gives(rules.floats_like())
def softmax(x: Any, axis: int = -1) -> torch.Tensor:
    """exp(x), scaled so that the sum along an axis is 1; large x do not overflow."""
    return torch.softmax(as_tensor(x), as_int(axis))


@builtin
@gives(rules.floats_like())
def log_softmax(x: Any, axis: int = -1) -> torch.Tensor:
    """The logarithm of softmax(x) along an axis, more exact than ``log(softmax(x))``."""
    return torch.log_softmax(as_tensor(x), as_int(axis))


@builtin
def glu(x: Any, axis: int = -1) -> torch.Tensor:
    """The first half along an axis, whose size is even, times the sigmoid of the second (Dauphin et al., 2016)."""
    return functional.glu(as_tensor(x), as_int(axis))
