"""Knowledge graphs and graph networks: scores of triples, ranks, messages between nodes.

A triple is a head, a relation and a tail; the higher its score, the more likely it is. Vectors [size] give a score [1],
stacks of them [..., size] one for each: [...]. So all candidates for a tail are scored at once.
"""

from __future__ import annotations

from typing import Any

from tensorlogic.runtime.convert import as_int, as_number, as_tensor, one_of
from tensorlogic.runtime.lazy import torch
from tensorlogic.runtime.registry import builtin, builtin_named


@builtin_named("transe_score", "predict_tail_transe", "predict_head_transe")
def transe_score(head: Any, relation: Any, tail: Any, norm: str = "L2") -> torch.Tensor:
    """TransE (Bordes et al., 2013): minus the length of head + relation - tail along the last axis.

    `norm` is "L2", the root of the sum of squares, or "L1", the sum of absolute values.
    """
    power = {"L1": 1, "L2": 2}
    chosen = power[one_of(power, norm, "the norm of transe_score")]
    away = as_tensor(head) + as_tensor(relation) - as_tensor(tail)
    return _score(-torch.linalg.vector_norm(away, chosen, -1))


@builtin_named("distmult_score", "predict_tail_distmult", "predict_head_distmult")
def distmult_score(head: Any, relation: Any, tail: Any) -> torch.Tensor:
    """DistMult (Yang et al., 2015): the sum of head * relation * tail along the last axis."""
    return _score((as_tensor(head) * as_tensor(relation) * as_tensor(tail)).sum(-1))


@builtin_named("complex_score", "predict_tail_complex", "predict_head_complex")
def complex_score(
    head_re: Any, head_im: Any, relation_re: Any, relation_im: Any, tail_re: Any, tail_im: Any
) -> torch.Tensor:
    """ComplEx (Trouillon et al., 2016): the real part of the sum of head * relation * conjugate of tail.

    Real and imaginary parts are given by themselves; they are computed in float32.
    """
    h, r, t = (
        torch.complex(as_tensor(re).float(), as_tensor(im).float())
        for re, im in ((head_re, head_im), (relation_re, relation_im), (tail_re, tail_im))
    )
    return _score((h * r * t.conj()).real.sum(-1))


def _score(scores: torch.Tensor) -> torch.Tensor:
    return scores.reshape(1) if scores.ndim == 0 else scores


@builtin
def compute_rank(score: Any, higher: int) -> int:
    """The rank of a candidate, where `higher` others score higher: 1 is the best. `score` is not looked at."""
    return as_int(higher) + 1


@builtin
def compute_mrr(rank: Any) -> float:
    """The reciprocal of a rank; of several ranks [n] the mean of their reciprocals (MRR), from 0 to 1."""
    return float((1 / as_tensor(rank)).mean())


@builtin
def compute_hits_at_k(rank: Any, k: int) -> Any:
    """1 for a rank among the best k, else 0; of several ranks [n] the share of those that are (Hits@k)."""
    if isinstance(rank, int):
        return int(0 < rank <= as_int(k))
    ranks = as_tensor(rank)
    return float(((ranks > 0) & (ranks <= as_int(k))).float().mean())


@builtin
def compute_mean_rank(total: Any, count: int) -> float:
    """The mean rank: a sum of ranks over how many they are."""
    return float(as_number(total)) / as_int(count)


@builtin
def aggregate_neighbors(features: Any, count: Any, kind: str = "mean") -> torch.Tensor:
    """The sum of the features of a node's neighbours, for the kind "mean" divided by `count`, how many they are."""
    return as_tensor(features) / count if kind == "mean" else as_tensor(features)


@builtin
def relational_aggregate(node: Any, relation: Any, neighbor: Any, weight: Any = None) -> torch.Tensor:
    """A node with the message of a neighbour: node + relation * neighbor, each [..., size].

    With a `weight` [size, size], the message is (relation * neighbor) @ weight.
    """
    message = as_tensor(relation) * as_tensor(neighbor)
    return as_tensor(node) + (message if weight is None else message @ as_tensor(weight))


@builtin
def graph_attention(query: Any, key: Any, value: Any, count: Any = None) -> torch.Tensor:
    """sigmoid(sum(query * key)) * value, with the sum along the last axis. `count` is not used."""
    return torch.sigmoid((as_tensor(query) * as_tensor(key)).sum(-1, keepdim=True)) * as_tensor(value)


@builtin
def normalize_features(x: Any, kind: str = "l2") -> torch.Tensor:
    """x divided by its length, the 2-norm of all its elements, unless that is below 1e-8.

    Any `kind` but "l2" leaves x as it is. `normalize` takes an axis.
    """
    tensor = as_tensor(x)
    length = torch.linalg.vector_norm(tensor)
    return tensor / length if kind == "l2" and length > 1e-8 else tensor
