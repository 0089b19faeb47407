"""The functions and operators of equations, as rows."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from tensorlogic.runtime.lazy import functional, torch

Compute = Callable[..., Any]


class Function(NamedTuple):
    """A function of so many tensors; a normalising one also takes the dimensions that it normalises over."""

    compute: Compute
    arity: int = 1
    over: bool = False
    exact: bool = False
    """Whether integers give integers."""


def step(x: Any) -> Any:
    """1 where x is above 0, else 0, in the type of x."""
    return (x > 0).to(x.dtype)


def softmax(x: Any, dimensions: Sequence[int]) -> Any:
    """exp(x), scaled so that the sum over the dimensions is 1."""
    return log_softmax(x, dimensions).exp() if len(dimensions) > 1 else torch.softmax(x, dimensions[0])


def log_softmax(x: Any, dimensions: Sequence[int]) -> Any:
    """The logarithm of the softmax, without the loss of precision."""
    return x - x.logsumexp(dimensions, keepdim=True)


def layer_norm(x: Any, dimensions: Sequence[int], eps: float = 1e-5) -> Any:
    """x with mean 0 and variance 1 over the dimensions; `eps` is added to the variance."""
    variance, mean = torch.var_mean(x, list(dimensions), correction=0, keepdim=True)
    return (x - mean) * (variance + eps).rsqrt()


def normalize(x: Any, dimensions: Sequence[int], eps: float = 1e-12) -> Any:
    """x divided by its Euclidean length over the dimensions, which counts as `eps` at least."""
    return x / torch.linalg.vector_norm(x, dim=dimensions, keepdim=True).clamp_min(eps)


def _of_torch(*names: str) -> dict[str, Function]:
    return {name: Function(_named(name)) for name in names}


def _named(name: str) -> Compute:
    """A function of torch, which is not loaded before it is called."""

    def compute(x: Any) -> Any:
        return getattr(torch, name)(x)

    return compute


FUNCTIONS: dict[str, Function] = {
    **_of_torch("sigmoid", "tanh", "exp", "log", "sqrt", "rsqrt", "sin", "cos", "erf", "log1p", "expm1", "reciprocal"),
    "relu": Function(lambda x: torch.relu(x), exact=True),
    "abs": Function(lambda x: torch.abs(x), exact=True),
    "sign": Function(lambda x: torch.sign(x), exact=True),
    "square": Function(lambda x: torch.square(x), exact=True),
    "step": Function(step, exact=True),
    "gelu": Function(lambda x: functional.gelu(x)),
    "silu": Function(lambda x: functional.silu(x)),
    "softplus": Function(lambda x: functional.softplus(x)),
    "leaky_relu": Function(lambda x, slope=0.01: functional.leaky_relu(x, slope)),
    "elu": Function(lambda x, alpha=1.0: functional.elu(x, alpha)),
    "maximum": Function(lambda x, y: torch.maximum(x, y), arity=2, exact=True),
    "minimum": Function(lambda x, y: torch.minimum(x, y), arity=2, exact=True),
    "softmax": Function(softmax, over=True),
    "log_softmax": Function(log_softmax, over=True),
    "layer_norm": Function(layer_norm, over=True),
    "normalize": Function(normalize, over=True),
}
"""The functions that an equation may call."""

ELEMENTWISE: dict[str, Compute] = {
    "**": operator.pow,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
"""Operators that are no part of a sum of products: both sides keep all their indices. Comparisons give 1 or 0."""

OPERATORS = frozenset({"+", "-", "*", "/", *ELEMENTWISE})

PROJECTIONS: dict[str, Compute] = {
    "sum": lambda x, dimensions: x.sum(dimensions),
    "avg": lambda x, dimensions: x.sum(dimensions),  # of a product that has been divided by the number of elements
    "max": lambda x, dimensions: x.amax(dimensions),
    "min": lambda x, dimensions: x.amin(dimensions),
}
"""How indices that are missing on the left are taken together."""

PROJECTING: dict[str, str] = {
    "sum": "Y[i] <- X[i, j] sums over j.",
    "mean": "Y[i] avg= X[i, j] is the mean over j.",
    "max": "Y[i] max= X[i, j] is the largest over j.",
    "min": "Y[i] min= X[i, j] is the smallest over j.",
}
"""How an equation says what functions of whole tensors say elsewhere."""

TOGETHER: dict[str, Compute] = {
    "sum": operator.add,
    "avg": operator.add,
    "max": lambda x, y: torch.maximum(x, y),
    "min": lambda x, y: torch.minimum(x, y),
}
"""How several equations with one left side are taken together."""
