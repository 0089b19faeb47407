"""Losses: how far predictions are from what they should be.

The result is a number, the mean over all examples, unless said otherwise.
"""

from __future__ import annotations

from typing import Any

from tensorlogic.lang.inference import reducing
from tensorlogic.runtime.convert import as_int, as_tensor
from tensorlogic.runtime.lazy import torch
from tensorlogic.runtime.registry import builtin, gives


@builtin
@gives(reducing.averaged("logits", "target"))
def cross_entropy(logits: Any, target: Any) -> torch.Tensor:
    """The mean of -log(softmax(logits)) at the targets: logits [batch, classes], targets [batch].

    Targets are the indices of classes; one of floats [batch, classes] is a distribution. A single example has no batch
    axis.
    """
    wanted = as_tensor(target)
    return torch.nn.functional.cross_entropy(as_tensor(logits), wanted if wanted.is_floating_point() else wanted.long())


@builtin
@gives(reducing.averaged("log_probabilities", "target"))
def nll_loss(log_probabilities: Any, target: Any) -> torch.Tensor:
    """The mean of minus the logarithms of probabilities [batch, classes] at the classes `target` [batch]."""
    return torch.nn.functional.nll_loss(as_tensor(log_probabilities), as_tensor(target).long())


@builtin
@gives(reducing.averaged("score", "target"))
def binary_cross_entropy(score: Any, target: Any) -> torch.Tensor:
    """The mean of -t log(s) - (1 - t) log(1 - s) for targets t from 0 to 1, with s = sigmoid(score).

    Scores are logits, not probabilities (PyTorch: binary_cross_entropy_with_logits). Targets are broadcast to them.
    """
    scores = as_tensor(score)
    wanted = as_tensor(target).to(scores.dtype).expand_as(scores)
    return torch.nn.functional.binary_cross_entropy_with_logits(scores, wanted)


@builtin
@gives(reducing.averaged("prediction", "target"))
def mse_loss(prediction: Any, target: Any) -> torch.Tensor:
    """The mean of the squared differences; prediction and target are broadcast together."""
    return (as_tensor(prediction) - as_tensor(target)).square().mean()


@builtin
@gives(reducing.averaged("prediction", "target"))
def l1_loss(prediction: Any, target: Any) -> torch.Tensor:
    """The mean of the absolute differences; prediction and target are broadcast together."""
    return (as_tensor(prediction) - as_tensor(target)).abs().mean()


@builtin
@gives(reducing.averaged("prediction", "target"))
def huber_loss(prediction: Any, target: Any, delta: float = 1.0) -> torch.Tensor:
    """The mean of d^2 / 2 where a difference d is at most `delta`, else of delta (abs(d) - delta / 2) (Huber, 1964)."""
    return torch.nn.functional.huber_loss(as_tensor(prediction), as_tensor(target), delta=delta)


@builtin
@gives(reducing.averaged("log_probabilities", "target"))
def kl_divergence(log_probabilities: Any, target: Any) -> torch.Tensor:
    """The Kullback-Leibler divergence: the sum of target (log(target) - log_probabilities) over the batch size.

    Both are [batch, …]: logarithms of what is predicted, and the probabilities that are right.
    """
    return torch.nn.functional.kl_div(as_tensor(log_probabilities), as_tensor(target), reduction="batchmean")


@builtin
def margin_ranking_loss(positive: Any, negative: Any, margin: float = 1.0) -> torch.Tensor:
    """relu(margin + negative - positive), for each pair: 0 where what is right scores higher by `margin`."""
    return torch.relu(margin + as_tensor(negative) - as_tensor(positive))


@builtin
def cosine_similarity(a: Any, b: Any, axis: int = -1) -> torch.Tensor:
    """The cosine of the angle between vectors along an axis, from -1 to 1: 1 where they point the same way."""
    return torch.nn.functional.cosine_similarity(as_tensor(a), as_tensor(b), dim=as_int(axis))


@builtin
@gives(reducing.averaged("prediction", "target"))
def smooth_l1_loss(prediction: Any, target: Any, beta: float = 1.0) -> torch.Tensor:
    """The mean of d^2 / (2 beta) where a difference d is less than `beta`, else of abs(d) - beta / 2."""
    return torch.nn.functional.smooth_l1_loss(as_tensor(prediction), as_tensor(target), beta=beta)


@builtin
def triplet_margin_loss(anchor: Any, positive: Any, negative: Any, margin: float = 1.0, p: float = 2) -> torch.Tensor:
    """The mean of relu(d(anchor, positive) - d(anchor, negative) + margin), with d the p-norm along the last axis.

    All three are [..., size] (Schroff et al., 2015).
    """
    given = as_tensor(anchor), as_tensor(positive), as_tensor(negative)
    return torch.nn.functional.triplet_margin_loss(*given, margin=margin, p=p)


@builtin
def cosine_embedding_loss(a: Any, b: Any, target: Any, margin: float = 0.0) -> torch.Tensor:
    """The mean of 1 - c where the target is 1, and of relu(c - margin) where it is -1; c is the cosine similarity.

    a and b are [batch, size], `target` is [batch].
    """
    return torch.nn.functional.cosine_embedding_loss(as_tensor(a), as_tensor(b), as_tensor(target), margin)


@builtin
def hinge_embedding_loss(distance: Any, target: Any, margin: float = 1.0) -> torch.Tensor:
    """The mean of the distances where the target is 1, and of relu(margin - distance) where it is -1."""
    return torch.nn.functional.hinge_embedding_loss(as_tensor(distance), as_tensor(target), margin)
