"""Normalization, and dropout."""

from __future__ import annotations

from typing import Any

from tensorlogic.lang.inference import rules
from tensorlogic.runtime.convert import as_int, as_number, as_optional, as_tensor
from tensorlogic.runtime.lazy import is_tensor, torch
from tensorlogic.runtime.registry import builtin, gives
from tensorlogic.runtime.session import CURRENT


@builtin
@gives(rules.like())
def layer_norm(x: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> torch.Tensor:
    """x with the mean 0 and the variance 1 along its last axis, times `weight`, plus `bias` (Ba et al., 2016).

    x is [..., size], `weight` and `bias` are [size]; `eps` is added to the variance. Instead of a weight, a list of the
    sizes of the last axes may be given: then it goes over all of these. A number in place of the weight, or behind the
    list, is `eps`: ``layer_norm(x, 1e-6)``.
    """
    tensor = as_tensor(x)
    sizes = _sizes(weight)
    if isinstance(weight, float):
        weight, eps = None, weight
    elif sizes is not None and isinstance(bias, float):
        bias, eps = None, bias
    over = list(tensor.shape[-1:]) if sizes is None else sizes
    scale = None if sizes is not None or weight is None else as_tensor(weight).to(tensor.dtype)
    shift = None if bias is None else as_tensor(bias).to(tensor.dtype)
    return torch.nn.functional.layer_norm(tensor, over, scale, shift, eps)


def _sizes(weight: Any) -> list[int] | None:
    """The shape that stands where a weight may: whole numbers."""
    if is_tensor(weight) and not weight.is_floating_point() and weight.ndim == 1:
        weight = weight.tolist()
    return list(weight) if isinstance(weight, list) and all(type(size) is int for size in weight) else None


@builtin
@gives(rules.like())
def rms_norm(x: Any, weight: Any = None, eps: float = 1e-6) -> torch.Tensor:
    """x / sqrt(mean(x^2) + eps) along the last axis, times `weight` (Zhang and Sennrich, 2019).

    x is [..., size], `weight` [size].
    """
    tensor = as_tensor(x)
    scale = None if weight is None else as_tensor(weight).to(tensor.dtype)
    return torch.nn.functional.rms_norm(tensor, [tensor.shape[-1]], scale, eps)


@builtin
@gives(rules.like())
def batch_norm(
    x: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5, mean: Any = None, variance: Any = None
) -> torch.Tensor:
    """x with the mean 0 and the variance 1 in each channel, times `weight`, plus `bias` (Ioffe and Szegedy, 2015).

    x is [batch, channels, …], the others are [channels]. With `mean` and `variance`, as learnt while training, these
    are used instead of those of x.
    """
    at, spread, scale, shift = map(as_optional, (mean, variance, weight, bias))
    learnt = at is not None
    return torch.nn.functional.batch_norm(as_tensor(x), at, spread, scale, shift, training=not learnt, eps=eps)


@builtin
@gives(rules.like())
def group_norm(x: Any, groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> torch.Tensor:
    """x normalized in groups of channels, times `weight`, plus `bias` (Wu and He, 2018).

    x is [batch, channels, …], `weight` and `bias` are [channels], and `groups` divides the number of channels.
    """
    return torch.nn.functional.group_norm(as_tensor(x), groups, as_optional(weight), as_optional(bias), eps)


@builtin
@gives(rules.like())
def normalize(x: Any, axis: int = -1, eps: float = 1e-12) -> torch.Tensor:
    """x divided by its length, the 2-norm, along an axis; a length below `eps` counts as `eps`."""
    return torch.nn.functional.normalize(as_tensor(x), dim=as_int(axis), eps=as_number(eps))


@builtin
@gives(rules.dropped)
def dropout(x: Any, p: float = 0.5, training: bool = True) -> torch.Tensor:
    """x with elements made 0 at random, and the others divided by 1 - p (Srivastava et al., 2014).

    Each becomes 0 with the probability `p`. With ``training: false`` it is x itself.
    """
    tensor = as_tensor(x)
    if not training or p == 0:
        return tensor
    kept = torch.rand(tensor.shape, generator=CURRENT.get().generator) >= p
    return tensor * kept / (1 - p)


@builtin
@gives(rules.like())
def instance_norm(x: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> torch.Tensor:
    """x normalized in each channel of each example, times `weight`, plus `bias` (Ulyanov et al., 2016).

    x is [batch, channels, …], with several elements in each channel; `weight` and `bias` are [channels].
    """
    scale, shift = as_optional(weight), as_optional(bias)
    return torch.nn.functional.instance_norm(as_tensor(x), weight=scale, bias=shift, eps=eps)
