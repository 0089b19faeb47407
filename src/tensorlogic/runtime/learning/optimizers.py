"""The optimizers, those of PyTorch. To add one, write a function of its settings, and name it below."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from tensorlogic.runtime.lazy import torch

if TYPE_CHECKING:
    from torch.optim import Optimizer

Make = Callable[[list["torch.Tensor"]], "Optimizer"]
"""What makes the optimizer of these tensors."""


def sgd(
    lr: float = 0.001,
    momentum: float = 0.0,
    dampening: float = 0.0,
    nesterov: bool = False,
    weight_decay: float = 0.0,
) -> Make:
    """Gradient descent, with a velocity of the past gradients where there is momentum (Sutskever et al., 2013)."""
    return partial(
        torch.optim.SGD, lr=lr, momentum=momentum, dampening=dampening, nesterov=nesterov, weight_decay=weight_decay
    )


def adam(
    lr: float = 0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    amsgrad: bool = False,
) -> Make:
    """Steps of the running mean of the gradient over that of its size (Kingma and Ba, 2015)."""
    betas = (beta1, beta2)
    return partial(torch.optim.Adam, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, amsgrad=amsgrad)


def adamw(
    lr: float = 0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    weight_decay: float = 0.01,
    amsgrad: bool = False,
) -> Make:
    """Adam whose weight decay is apart from the gradient (Loshchilov and Hutter, 2019)."""
    betas = (beta1, beta2)
    return partial(torch.optim.AdamW, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, amsgrad=amsgrad)


OPTIMIZERS: Final[dict[str, Callable[..., Make]]] = {f.__name__: f for f in (sgd, adam, adamw)}
SYNONYMS: Final = {"epsilon": "eps", "learning_rate": "lr"}
"""Other names of settings, which programs use."""
