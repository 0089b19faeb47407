"""Activation functions."""

from __future__ import annotations

from typing import Any

from tensorlogic.runtime.convert import as_tensor
from tensorlogic.runtime.lazy import torch
from tensorlogic.runtime.registry import builtin


@builtin
def relu(x: Any) -> torch.Tensor:
    """x where it is positive, else 0."""
    return torch.relu(as_tensor(x))


@builtin
def sigmoid(x: Any) -> torch.Tensor:
    """1 / (1 + exp(-x))."""
    return torch.sigmoid(as_tensor(x))


@builtin
def softmax(x: Any, axis: int = -1) -> torch.Tensor:
    """exp(x), scaled so that the sum along an axis is 1."""
    return torch.softmax(as_tensor(x), axis)


@builtin
def gelu(x: Any, approximate: str = "none") -> torch.Tensor:
    """x times the normal distribution function of x; with ``approximate: "tanh"`` by a formula with tanh."""
    return torch.nn.functional.gelu(as_tensor(x), approximate=approximate)
