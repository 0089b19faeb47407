"""Single steps of optimizers, for programs that train by hand."""

from __future__ import annotations

from typing import Any

from tensorlogic.runtime.convert import as_number, as_tensor
from tensorlogic.runtime.lazy import torch
from tensorlogic.runtime.registry import builtin


@builtin
def sgd_step(parameter: Any, gradient: Any, lr: float = 0.01) -> torch.Tensor:
    """parameter - lr * gradient, both of one shape: a step of gradient descent, as a new tensor."""
    return as_tensor(parameter) - as_number(lr) * as_tensor(gradient)


@builtin
def adam_step(
    parameter: Any,
    gradient: Any,
    m: Any,
    v: Any,
    lr: float = 0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    step: int = 1,
) -> dict[str, torch.Tensor]:
    """A step of Adam (Kingma and Ba, 2015): a record of the new `parameter`, `m` and `v`, all of one shape.

    `m` and `v` are the running means of the gradient and of its square, zeros to begin with; `step` counts from 1.
    """
    g = as_tensor(gradient)
    first, second = as_number(beta1), as_number(beta2)
    mean = first * as_tensor(m) + (1 - first) * g
    square = second * as_tensor(v) + (1 - second) * g * g
    count = as_number(step)
    away = (square / (1 - second**count)).sqrt() + as_number(eps)
    moved = as_tensor(parameter) - as_number(lr) * (mean / (1 - first**count)) / away
    return {"parameter": moved, "m": mean, "v": square}
