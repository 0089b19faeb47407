"""Random numbers: drawn on the host in float32, so that a seed gives the same ones on every device."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from tensorlogic.lower.torch.registry import implements
from tensorlogic.mil.ops import random as ops

Ints = tuple[int, ...]


@implements(ops.random_bernoulli)
def random_bernoulli(shape: Ints, prob: float, seed: int, result_type: torch.dtype) -> Tensor:
    return (_drawn(torch.rand, shape, seed) < prob).to(result_type)


@implements(ops.random_categorical)
def random_categorical(x: Tensor, mode: str, size: int, seed: int) -> Tensor:
    weights = _WEIGHTS[mode](x.float()).cpu()
    indices = torch.multinomial(weights.reshape(-1, x.shape[-1]), size, replacement=True, generator=_generator(seed))
    return indices.reshape(*x.shape[:-1], size).to(x.device, x.dtype)


_WEIGHTS: dict[str, Callable[[Tensor], Tensor]] = {
    "logits": lambda x: x.softmax(-1),
    "probs": lambda x: x,
}


@implements(ops.random_normal)
def random_normal(shape: Ints, mean: float, stddev: float, seed: int, result_type: torch.dtype) -> Tensor:
    return (mean + stddev * _drawn(torch.randn, shape, seed)).to(result_type)


@implements(ops.random_uniform)
def random_uniform(shape: Ints, low: float, high: float, seed: int, result_type: torch.dtype) -> Tensor:
    values = (low + (high - low) * _drawn(torch.rand, shape, seed)).to(result_type)
    # Rounding may reach `high`.
    return torch.where(values < high, values, low)


def _drawn(draw: Callable[..., Tensor], shape: Ints, seed: int) -> Tensor:
    numbers = draw(shape, generator=_generator(seed), dtype=torch.float32, device="cpu")
    return numbers.to(torch.get_default_device())


def _generator(seed: int) -> torch.Generator | None:
    """None stands for PyTorch's own, which starts elsewhere in every process."""
    return torch.Generator("cpu").manual_seed(seed) if seed >= 0 else None
