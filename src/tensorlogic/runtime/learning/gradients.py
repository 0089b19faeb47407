"""Gradients for programs that train by hand."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from tensorlogic.errors import SourceError
from tensorlogic.errors.codes import NO_MEMBER, WRONG_TYPE
from tensorlogic.runtime.kinds import kind, with_article
from tensorlogic.runtime.lazy import torch
from tensorlogic.runtime.learning.weights import is_learnable


def as_learnable(tensor: torch.Tensor) -> torch.Tensor:
    """A copy of a tensor that gradients are kept of; where it came from does not matter to it."""
    if not tensor.is_floating_point():
        message = f"only floats can be learnable, not {with_article(kind(tensor))}"
        raise SourceError(WRONG_TYPE, message, help="Cast it: … as float32.")
    return tensor.detach().clone().requires_grad_()


def like_learnable(old: Any, new: torch.Tensor) -> torch.Tensor:
    """The value that takes the place of `old`: learnable, and without a gradient yet, if that is learnable."""
    return as_learnable(new) if is_learnable(old) else new


def no_grad() -> AbstractContextManager[Any]:
    """What surrounds a ``no_grad`` block: nothing in it is followed for gradients."""
    return torch.no_grad()


def gradient(tensor: torch.Tensor) -> torch.Tensor:
    """The member ``grad``. Errors: the tensor is not learnable, or no ``backward`` has reached it."""
    if not is_learnable(tensor):
        message = "only a learnable tensor has a gradient"
        raise SourceError(NO_MEMBER, message, help="Declare it: tensor w: float32[3] learnable.")
    if tensor.grad is None:
        message = "there is no gradient yet"
        help = "Call backward(loss) first, with a loss that depends on the tensor."
        raise SourceError(NO_MEMBER, message, help=help)
    return tensor.grad
