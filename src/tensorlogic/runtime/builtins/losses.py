"""Losses: how far predictions are from what they should be, as one number."""

from __future__ import annotations

from typing import Any

from tensorlogic.runtime.convert import as_tensor
from tensorlogic.runtime.lazy import torch
from tensorlogic.runtime.registry import builtin


@builtin
def cross_entropy(logits: Any, target: Any) -> torch.Tensor:
    """The mean of -log(softmax(logits)) at the targets: logits [batch, classes], classes' numbers [batch].

    A target of floats [batch, classes] is a distribution.
    """
    wanted = as_tensor(target)
    return torch.nn.functional.cross_entropy(as_tensor(logits), wanted if wanted.is_floating_point() else wanted.long())


@builtin
def nll_loss(log_probabilities: Any, target: Any) -> torch.Tensor:
    """The mean of minus the logarithms [batch, classes] at the targets [batch]."""
    return torch.nn.functional.nll_loss(as_tensor(log_probabilities), as_tensor(target).long())


@builtin
def binary_cross_entropy(score: Any, target: Any) -> torch.Tensor:
    """The mean of -y log(s) - (1 - y) log(1 - s) with s = sigmoid(score): scores are logits, targets 0 to 1."""
    scores = as_tensor(score)
    wanted = as_tensor(target).to(scores.dtype).expand_as(scores)
    return torch.nn.functional.binary_cross_entropy_with_logits(scores, wanted)


@builtin
def mse_loss(prediction: Any, target: Any) -> torch.Tensor:
    """The mean of the squared differences."""
    return (as_tensor(prediction) - as_tensor(target)).square().mean()


@builtin
def l1_loss(prediction: Any, target: Any) -> torch.Tensor:
    """The mean of the absolute differences."""
    return (as_tensor(prediction) - as_tensor(target)).abs().mean()


@builtin
def huber_loss(prediction: Any, target: Any, delta: float = 1.0) -> torch.Tensor:
    """The mean of half the squared differences, where they are larger than `delta` of their absolute values."""
    return torch.nn.functional.huber_loss(as_tensor(prediction), as_tensor(target), delta=delta)


@builtin
def kl_divergence(log_probabilities: Any, target: Any) -> torch.Tensor:
    """The sum of target * (log(target) - log_probabilities), for each row of [batch, …] on average."""
    return torch.nn.functional.kl_div(as_tensor(log_probabilities), as_tensor(target), reduction="batchmean")


@builtin
def margin_ranking_loss(positive: Any, negative: Any, margin: float = 1.0) -> torch.Tensor:
    """relu(margin + negative - positive): 0 where what is right scores higher by `margin`."""
    return torch.relu(margin + as_tensor(negative) - as_tensor(positive))


@builtin
def cosine_similarity(a: Any, b: Any, axis: int = -1) -> torch.Tensor:
    """The cosine of the angle between vectors along an axis: 1 where they point the same way."""
    return torch.nn.functional.cosine_similarity(as_tensor(a), as_tensor(b), dim=axis)
