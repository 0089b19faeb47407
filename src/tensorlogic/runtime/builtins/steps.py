"""Single steps of optimizers, for programs that train by hand."""

from __future__ import annotations

from typing import Any

from tensorlogic.runtime.convert import as_number, as_tensor
from tensorlogic.runtime.lazy import torch
from tensorlogic.runtime.learning.gradients import like_learnable, no_grad
from tensorlogic.runtime.registry import builtin


@builtin
def sgd_step(parameter: Any, gradient: Any, lr: float = 0.01) -> torch.Tensor:
    """parameter - lr * gradient, both of one shape: a step of gradient descent, as a new tensor.

    The result is learnable, with no gradient yet, where the parameter is: ``w = sgd_step(w, w.grad)``.
    """
    with no_grad():
        return like_learnable(parameter, as_tensor(parameter) - as_number(lr) * as_tensor(gradient))


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
    The new parameter is learnable, with no gradient yet, where the old one is.
    """
    with no_grad():
        return _adam_step(parameter, as_tensor(gradient), m, v, as_number(lr), beta1, beta2, eps, step)


def _adam_step(
    parameter: Any, g: torch.Tensor, m: Any, v: Any, lr: float, beta1: Any, beta2: Any, eps: Any, step: Any
) -> dict[str, torch.Tensor]:
    first, second = as_number(beta1), as_number(beta2)
    mean = first * as_tensor(m) + (1 - first) * g
    square = second * as_tensor(v) + (1 - second) * g * g
    count = as_number(step)
    away = (square / (1 - second**count)).sqrt() + as_number(eps)
    moved = as_tensor(parameter) - lr * (mean / (1 - first**count)) / away
    return {"parameter": like_learnable(parameter, moved), "m": mean, "v": square}
