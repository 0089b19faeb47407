"""Gradients, for programs that train by hand: their `w.grad` is there after `backward`."""

from __future__ import annotations

from typing import Any

from tensorlogic.lang.inference.rules import floats_like
from tensorlogic.runtime.convert import as_tensor
from tensorlogic.runtime.lazy import torch
from tensorlogic.runtime.learning.gradients import as_learnable
from tensorlogic.runtime.learning.stepping import loss_value
from tensorlogic.runtime.learning.weights import propagate
from tensorlogic.runtime.registry import builtin, gives
from tensorlogic.runtime.session import CURRENT


@builtin
@gives(floats_like("t"))
def learnable(t: Any) -> torch.Tensor:
    """A copy of a tensor that `backward` and `learn` find the gradient of; whole numbers become float32."""
    tensor = as_tensor(t)
    return as_learnable(tensor if tensor.is_floating_point() else tensor.float())


@builtin
def backward(loss: Any) -> None:
    """Add the gradient of a loss, one number, to `w.grad` of every learnable tensor `w` that it depends on.

    In a `learn` block with a loop of its own, the gradients are new each time, and the optimizer then makes its step.
    Errors: the loss depends on nothing learnable, is not a single number, or is not finite.
    """
    optimizer = CURRENT.get().optimizer
    if optimizer is not None:
        optimizer.step(loss)
        return
    loss_value(loss)
    propagate(loss)


@builtin
def zero_grad(*parameters: Any) -> None:
    """Forget the gradients of learnable tensors, so that the next `backward` begins at 0."""
    for parameter in parameters:
        as_tensor(parameter).grad = None
