"""What a difference between outputs comes to: whether the answer is another one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor

from tensorlogic.advisor.verification.differences import Difference, compare

TOP: Final = 5
_VOCABULARY: Final = 10_000
"""So many numbers in a row are scores of words, not features."""
_EQUAL: Final = 1e-5
"""Scores that differ by less, as a part of the largest, are equal: f32 does not tell them apart after many sums."""


@dataclass(frozen=True)
class Ranking:
    """Rows of scores, of which the first or the first five decide."""

    rows: int
    top1: int
    """Rows whose highest score is of another class."""
    top5: int
    """Rows whose five highest are other classes, in whatever order."""
    lead: float
    """How far the highest score of the reference is ahead of the next, where that is least."""
    lost: float
    """How far it was ahead, in the reference, of what is the highest now, where that is most."""

    def __or__(self, other: Ranking) -> Ranking:
        return Ranking(
            self.rows + other.rows,
            self.top1 + other.top1,
            self.top5 + other.top5,
            min(self.lead, other.lead),
            max(self.lost, other.lost),
        )


@dataclass(frozen=True)
class Agreement:
    """An output beside its reference, over all samples: the worst of each."""

    name: str
    difference: Difference
    largest: float
    """The largest difference of a finite element."""
    cosine: float
    """Of the angle between the two; NaN where a number is not finite."""
    psnr: float
    """The ratio of the reference's largest number to the root mean square of the differences, in decibels."""
    ranking: Ranking | None = None
    labels: int = 0
    """Samples whose label is another."""

    @property
    def ok(self) -> bool:
        """Whether the answer is the same, as far as can be told."""
        other = self.labels or self.difference.changed or (self.ranking is not None and self.ranking.top1)
        return not other and not self.difference.kinds

    def __or__(self, other: Agreement) -> Agreement:
        both = self.ranking is not None and other.ranking is not None
        return Agreement(
            self.name,
            self.difference | other.difference,
            max(self.largest, other.largest),
            _least(self.cosine, other.cosine),
            _least(self.psnr, other.psnr),
            self.ranking | other.ranking if both else None,  # type: ignore[operator]
            self.labels + other.labels,
        )


def agreement(name: str, found: Any, wanted: Any) -> Agreement:
    """An output of one sample beside its reference: a tensor, a label, or numbers by label."""
    if isinstance(wanted, Mapping):
        ours, theirs = (torch.tensor([float(each[label]) for label in wanted]) for each in (found, wanted))
        return _agreement(name, ours, theirs, ranked=True)
    if not isinstance(wanted, Tensor):
        return Agreement(name, Difference(1), 0.0, 1.0, math.inf, labels=int(found != wanted))
    return _agreement(name, found, wanted)


def _agreement(name: str, found: Tensor, wanted: Tensor, ranked: bool = False) -> Agreement:
    difference = compare(found, wanted) or Difference()
    if found.shape != wanted.shape:
        return Agreement(name, difference, math.inf, math.nan, -math.inf)
    if not wanted.is_floating_point():
        return Agreement(name, difference, float((found.double() - wanted.double()).abs().max()), 1.0, math.inf)
    ours, theirs = found.double().flatten(), wanted.double().flatten()
    apart = (ours - theirs).abs()
    apart = apart[apart.isfinite()]
    return Agreement(
        name,
        difference,
        float(apart.max()) if len(apart) else math.inf,
        _cosine(ours, theirs),
        _psnr(ours, theirs),
        _ranking(_rows(found, ranked), _rows(wanted, ranked)),
    )


def _cosine(ours: Tensor, theirs: Tensor) -> float:
    lengths = float(ours.norm() * theirs.norm())
    return float(ours @ theirs) / lengths if lengths else float(torch.equal(ours, theirs))


def _psnr(ours: Tensor, theirs: Tensor) -> float:
    """Without limit where nothing differs, or all does."""
    noise, peak = float((ours - theirs).square().mean().sqrt()), float(theirs.abs().max())
    if not noise:
        return math.inf
    ratio = peak / noise
    return 20 * math.log10(ratio) if ratio > 0 else -math.inf if ratio == 0 else math.nan


def _rows(tensor: Tensor, ranked: bool) -> Tensor | None:
    """Rows of scores; None for what is no scores, such as a picture."""
    if tensor.numel() == 0 or tensor.dim() == 0:
        return None
    alone = tensor.numel() == max(tensor.shape)  # all other axes are of size 1
    rows = tensor.reshape(1, -1) if alone else tensor.reshape(-1, tensor.shape[-1])
    scores = ranked or alone or tensor.dim() == 2 or rows.shape[1] >= _VOCABULARY or _is_probability(rows)
    return rows.float() if scores and rows.shape[1] > 1 else None


def _is_probability(rows: Tensor) -> bool:
    sums = rows.double().sum(-1)
    return bool((rows >= 0).all() and (sums - 1).abs().max() < 0.01)


def _ranking(found: Tensor | None, wanted: Tensor | None) -> Ranking | None:
    """Rows beside their reference; of equal scores, either is the highest."""
    if found is None or wanted is None:
        return None
    most = min(TOP, wanted.shape[1])
    best, scores = wanted.topk(most).values, wanted.gather(1, found.topk(most).indices)
    equal = _EQUAL * wanted.abs().amax(-1, keepdim=True)
    behind = best - scores.sort(descending=True).values > equal
    lost = best[:, 0] - scores[:, 0]
    changed = lost > equal[:, 0]
    lead = float((best[:, 0] - best[:, 1]).min())
    return Ranking(len(wanted), int(changed.sum()), int(behind.any(-1).sum()), lead, float((lost * changed).max()))


def _least(one: float, other: float) -> float:
    return math.nan if math.isnan(one) or math.isnan(other) else min(one, other)
