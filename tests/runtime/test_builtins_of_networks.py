"""Builtins of networks against PyTorch's modules, NumPy, or values written down."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from tensorlogic.runtime.builtins import FUNCTIONS
from tests.runtime.harness import failure, output

RANDOM = np.random.default_rng(7)


def random(*shape: int) -> torch.Tensor:
    return torch.from_numpy(RANDOM.normal(size=shape).astype(np.float32))


X, W, B = random(2, 3), random(4, 3), random(4)
IMAGE, KERNEL = random(2, 4, 6, 5), random(6, 4, 3, 3)
TABLE = random(5, 3)
CLASSES = torch.tensor([2, 0])
Q, K, V = random(2, 3, 4), random(2, 5, 4), random(2, 5, 4)


def module(layer: nn.Module, x: torch.Tensor, **weights: torch.Tensor) -> torch.Tensor:
    """What a module of PyTorch makes of x with these weights."""
    with torch.no_grad():
        for name, value in weights.items():
            getattr(layer, name).copy_(value)
        result: torch.Tensor = layer(x)
        return result


def rotated(x: np.ndarray, first: int, base: float = 10000.0) -> np.ndarray:
    """Neighbouring pairs as complex numbers, turned by their place."""
    places, size = x.shape[-3], x.shape[-1]
    angles = np.arange(first, first + places)[:, None] * base ** (-np.arange(0, size, 2) / size)
    pairs = (x[..., ::2] + 1j * x[..., 1::2]) * np.exp(1j * angles)[:, None]
    return np.stack([pairs.real, pairs.imag], -1).reshape(x.shape)


def attended(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, allowed: np.ndarray | None = None) -> np.ndarray:
    scores = (q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])).numpy()
    scores = scores if allowed is None else np.where(allowed, scores, -np.inf)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    return (weights / weights.sum(-1, keepdims=True)) @ v.numpy()


HEADS = random(3, 2, 4)
ROWS: list[tuple[str, list[Any], dict[str, Any], Callable[[], Any]]] = [
    ("linear", [X, W, B], {}, lambda: X @ W.T + B),
    ("linear", [X, W], {}, lambda: X @ W.T),
    ("embedding", [TABLE, torch.tensor([[1, 4]])], {}, lambda: TABLE[torch.tensor([[1, 4]])]),
    ("embedding", [TABLE, [0, 2]], {}, lambda: TABLE[[0, 2]]),
    ("embedding", [TABLE, 3], {}, lambda: TABLE[3:4]),
    ("conv2d", [IMAGE, KERNEL], {"stride": 2, "padding": [1, 0]},
     lambda: module(nn.Conv2d(4, 6, 3, 2, (1, 0), bias=False), IMAGE, weight=KERNEL)),
    ("conv1d", [random(1, 2, 5) * 0 + 1, torch.ones(1, 2, 3)], {"padding": 1}, lambda: [[[4.0, 6, 6, 6, 4]]]),
    ("conv_transpose2d", [IMAGE, KERNEL.transpose(0, 1)], {"stride": 2},
     lambda: module(nn.ConvTranspose2d(4, 6, 3, 2, bias=False), IMAGE, weight=KERNEL.transpose(0, 1))),
    ("max_pool2d", [IMAGE, 2], {}, lambda: nn.MaxPool2d(2)(IMAGE)),
    ("avg_pool2d", [IMAGE, [2, 3]], {"stride": 1, "padding": 1}, lambda: nn.AvgPool2d((2, 3), 1, 1)(IMAGE)),
    ("adaptive_avg_pool2d", [IMAGE, 1], {}, lambda: IMAGE.numpy().mean((2, 3), keepdims=True)),
    ("interpolate", [IMAGE, [12, 10]], {}, lambda: IMAGE.numpy().repeat(2, 2).repeat(2, 3)),
    ("pad", [X, [1, 2]], {"value": 9}, lambda: np.pad(X, [(0, 0), (1, 2)], constant_values=9)),
    ("pad", [X, [1, 1]], {"mode": "replicate"}, lambda: np.pad(X, [(0, 0), (1, 1)], "edge")),
    ("fused_add_relu", [X, -X * 2], {}, lambda: np.maximum(-X, 0)),
    ("fused_mul_relu", [X, X], {}, lambda: X * X),
    ("fused_affine", [X, 2.0, 1.0], {}, lambda: X * 2 + 1),
    ("fused_gelu_linear", [X, W.T, B], {}, lambda: nn.GELU()(X) @ W.T + B),
    ("layer_norm", [X], {}, lambda: nn.LayerNorm(3)(X).detach()),
    ("layer_norm", [X, [2, 3]], {}, lambda: nn.LayerNorm([2, 3])(X).detach()),
    ("layer_norm", [X, W[0], W[1], 1e-3], {}, lambda: module(nn.LayerNorm(3, 1e-3), X, weight=W[0], bias=W[1])),
    ("layer_norm", [X, 1e-3], {}, lambda: nn.LayerNorm(3, 1e-3)(X).detach()),
    ("layer_norm", [X, [3], 1e-3], {}, lambda: nn.LayerNorm(3, 1e-3)(X).detach()),
    ("rms_norm", [X, W[0]], {}, lambda: X / (X.square().mean(-1, keepdim=True) + 1e-6).sqrt() * W[0]),
    ("batch_norm", [IMAGE], {}, lambda: nn.BatchNorm2d(4)(IMAGE).detach()),
    ("batch_norm", [X, W[0], W[1]], {"mean": W[2], "variance": W[3].abs()},
     lambda: (X - W[2]) / (W[3].abs() + 1e-5).sqrt() * W[0] + W[1]),
    ("group_norm", [IMAGE, 2], {}, lambda: nn.GroupNorm(2, 4)(IMAGE).detach()),
    ("normalize", [X], {}, lambda: X / X.norm(dim=-1, keepdim=True)),
    ("dropout", [X, 0.5, False], {}, lambda: X),
    ("silu", [X], {}, lambda: X / (1 + (-X).exp())),
    ("mish", [X], {}, lambda: X * np.tanh(np.log1p(np.exp(X)))),
    ("softplus", [X], {}, lambda: np.log1p(np.exp(X))),
    ("hardsigmoid", [X], {}, lambda: np.clip(X / 6 + 0.5, 0, 1)),
    ("hardswish", [X], {}, lambda: X * np.clip(X / 6 + 0.5, 0, 1)),
    ("leaky_relu", [X, 0.2], {}, lambda: np.where(X > 0, X, X * 0.2)),
    ("elu", [X], {}, lambda: np.where(X > 0, X, np.expm1(X))),
    ("relu6", [X * 9], {}, lambda: np.clip(X * 9, 0, 6)),
    ("step", [X], {}, lambda: (X > 0).to(X.dtype)),
    ("glu", [IMAGE, 1], {}, lambda: IMAGE[:, :2] / (1 + (-IMAGE[:, 2:]).exp())),
    ("log_softmax", [X], {}, lambda: X - X.exp().sum(-1, keepdim=True).log()),
    ("causal_mask", [3], {}, lambda: np.tri(3)),
    ("padding_mask", [[1, 3], 3], {}, lambda: [[1, 0, 0], [1, 1, 1]]),
    ("combine_masks", [torch.tensor([1, 1, 0]), torch.tensor([1, 0, 0])], {}, lambda: [1, 0, 0]),
    ("apply_mask", [X, torch.tensor([1, 0, 1])], {}, lambda: np.where([True, False, True], X, -10000)),
    ("attention", [Q, K, V], {}, lambda: attended(Q, K, V)),
    ("attention", [Q, K, V, torch.ones(3, 5).tril(2)], {}, lambda: attended(Q, K, V, np.tri(3, 5, 2) > 0)),
    ("attention", [K, K, V], {"causal": True}, lambda: attended(K, K, V, np.tri(5) > 0)),
    ("attention", [K, K, V, torch.tensor([1, 1, 1, 1, 0])], {"causal": True},
     lambda: attended(K, K, V, (np.tri(5) > 0) & (np.arange(5) < 4))),
    ("attention", [K.repeat_interleave(2, 0), K, V], {}, lambda: attended(K, K, V).repeat(2, 0)),
    ("attention_with_cache", [Q[0], K[0], V[0], torch.eye(4)], {},
     lambda: attended(Q[0], K[0], V[0], np.tri(3, 5, 2) > 0)),
    ("attention_with_cache", [Q[0], K[0], V[0], torch.eye(4)], {"heads": 2}, lambda: np.concatenate(
        [attended(Q[0, :, c], K[0, :, c], V[0, :, c], np.tri(3, 5, 2) > 0) for c in (slice(2), slice(2, 4))], -1)),
    ("rope", [HEADS], {}, lambda: rotated(HEADS.numpy(), 0)),
    ("rope", [HEADS, 5], {}, lambda: rotated(HEADS.numpy(), 5)),
    ("positional_encoding", [3, 4], {}, lambda: [[(math.sin, math.cos)[i % 2](p / 10000 ** (i / 4)) for i in range(4)]
                                                 for p in range(3)]),
    ("cross_entropy", [X, CLASSES], {}, lambda: nn.CrossEntropyLoss()(X, CLASSES)),
    ("nll_loss", [X, CLASSES], {}, lambda: -(X[0, 2] + X[1, 0]) / 2),
    ("binary_cross_entropy", [X, torch.ones(2, 3)], {}, lambda: np.log1p(np.exp(-X)).mean()),
    ("mse_loss", [X, 0.0], {}, lambda: np.square(X).mean()),
    ("l1_loss", [X, 0.0], {}, lambda: np.abs(X).mean()),
    ("huber_loss", [X, torch.zeros(2, 3)], {}, lambda: nn.HuberLoss()(X, torch.zeros(2, 3))),
    ("kl_divergence", [X.log_softmax(-1), X.flip(0).softmax(-1)], {},
     lambda: nn.KLDivLoss(reduction="batchmean")(X.log_softmax(-1), X.flip(0).softmax(-1))),
    ("margin_ranking_loss", [2.0, 1.5], {"margin": 1.0}, lambda: 0.5),
    ("cosine_similarity", [X[0], X[0] * 3], {}, lambda: 1.0),
    ("temperature", [X, 2.0], {}, lambda: X / 2),
    ("top_k", [torch.tensor([1.0, 3, 2, 0]), 2], {}, lambda: [-np.inf, 3, 2, -np.inf]),
    ("top_p", [torch.log(torch.tensor([0.1, 0.5, 0.15, 0.25])), 0.6], {},
     lambda: [-np.inf, np.log(0.5), -np.inf, np.log(0.25)]),
    ("top_p", [torch.tensor([1.0, 3, 2]), 0.0], {}, lambda: [-np.inf, 3, -np.inf]),
    ("temperature_sample", [torch.tensor([[9.0, 0, 0], [1, 3, 2]]), 0.0], {}, lambda: 1),
    ("transe_score", [torch.tensor([1.0, 2]), torch.tensor([2.0, 2]), torch.tensor([0.0, 0])], {}, lambda: [-5.0]),
    ("transe_score", [torch.tensor([1.0, 2]), torch.tensor([2.0, 2]), torch.tensor([0.0, 0]), "L1"], {},
     lambda: [-7.0]),
    ("distmult_score", [X, X, X], {}, lambda: (X**3).sum(-1)),
    ("complex_score", [X[0], X[1], W[0], W[1], W[2], W[3]], {}, lambda: [
        (X[0] * W[0] * W[2] + X[0] * W[1] * W[3] + X[1] * W[0] * W[3] - X[1] * W[1] * W[2]).sum()]),
    ("compute_rank", [0.5, 3], {}, lambda: 4),
    ("compute_mrr", [[1, 2, 4]], {}, lambda: 1.75 / 3),
    ("compute_hits_at_k", [[1, 2, 4, 11]], {"k": 3}, lambda: 0.5),
    ("compute_hits_at_k", [3, 3], {}, lambda: 1),
    ("compute_mean_rank", [10, 4], {}, lambda: 2.5),
    ("aggregate_neighbors", [X, 2], {}, lambda: X / 2),
    ("relational_aggregate", [X, X, X], {}, lambda: X + X * X),
    ("graph_attention", [X[0], X[1], W[0]], {}, lambda: W[0] / (1 + (-(X[0] * X[1]).sum()).exp())),
    ("normalize_features", [X], {}, lambda: X / X.norm()),
    ("cndl_gelu", [X], {}, lambda: nn.GELU("tanh")(X)),
    ("cndl_embedding", [[0, 2], TABLE], {}, lambda: TABLE[[0, 2]]),
    ("cndl_matmul", [X, W.T], {}, lambda: X @ W.T),
    ("cndl_rope", [X[:, :2], 1], {}, lambda: [
        [X[p, 0] * math.cos(p + 1) - X[p, 1] * math.sin(p + 1), X[p, 0] * math.sin(p + 1) + X[p, 1] * math.cos(p + 1)]
        for p in range(2)]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "arguments", "options", "want"), ROWS)
def test_against_another_tool(
    name: str, arguments: list[Any], options: dict[str, Any], want: Callable[[], Any]
) -> None:
    found, expected = FUNCTIONS[name](*arguments, **options), np.asarray(want(), np.float64)
    assert np.asarray(found).shape == expected.shape
    np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-5, atol=1e-5)


PROGRAMS = {
    "x = ones(3, 1, 4) print(all(rope(x, precompute_rope_cos(4, 8), precompute_rope_sin(4, 8), "
    "offset: 2) ≈ rope(x, 2)))":
        "true",
    "c = KVCache::new(2) c.append(1, ones(2, 3), zeros(2, 3)) c.append(1, ones(1, 3), ones(1, 3))\n"
    "print(c.get_k(1).shape, c.get_v(1), c.layers, c)": "[3, 3] [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0]] 2 "
    "<KVCache: 2 layers>",
    "c = KVCache::new_f16(1) c.set(0, [1.0], [2.0]) c.set(0, [3.0], [4.0]) print(c.get_k(0), c.get_v(0))":
        "[3.0] [4.0]",
    "c = Tensor::create_cache(10, [2, 3]) c = c.append(ones(4, 2, 3)) c = c.append(ones(2, 3)) print(c.shape)":
        "[5, 2, 3]",
    "print(append([1, 2], 3), append([[1, 2]], [[3, 4], [5, 6]]))": "[1, 2, 3] [[1, 2], [3, 4], [5, 6]]",
    "seed(1) x = dropout(ones(1000)) print(max(x), abs(mean(x) - 1) < 0.2, any(x == 0))": "2.0 true true",
    "seed(1) n = 0 for i in range(200) { n += sample([0.1, 0.9]) } print(n > 150, n < 200)": "true true",
    "seed(3) a = temperature_sample([1.0, 2.0, 3.0], 1.0) seed(3) print(a == temperature_sample([1.0, 2.0, 3.0]))":
        "true",
    "print(top_k_sample([1.0, 5.0, 2.0], 1), top_p_sample([1.0, 50.0, 2.0], 0.5))": "1 1",
    "print_top_k([0.5, 2.0, 1.0], 2)":
        "      Top 2 logits:\n        [    1] =     2.0000\n        [    2] =     1.0000",
    "x = [[1.0, 2.0]] print(x.linear([[1.0, 1.0], [0.0, 2.0]]).relu())": "[[3.0, 4.0]]",
}  # fmt: skip


@pytest.mark.parametrize(("program", "want"), PROGRAMS.items())
def test_program(program: str, want: str) -> None:
    assert output(program) == want


FAILURES = {
    "embedding(ones(3, 2), [3])": "there is no row 3 in a table of 3",
    "rope(ones(2, 3))": "rope takes [..., places, heads, even size], not float32[2, 3]",
    "rope(ones(5, 1, 2), ones(3, 2), ones(3, 2))": "the tables have 3 places from 0 on, x has 5",
    "KVCache::new(2).get_k(1)": "layer 1 has no keys and values yet",
    "KVCache::new(2).get_k(2)": "there is no layer 2 in a cache of 2",
    "top_k([1.0, 2.0], 3)": "k is from 1 to 2, the number of tokens, not 3",
    "top_p([1.0, 2.0], 2.0)": "p is from 0 to 1, not 2.0",
    "temperature([1.0], 0)": "a temperature is above 0, not 0",
    "sample([0.5, 0.1])": "probabilities are one row of numbers",
    "attention_with_cache(ones(2, 3), ones(2, 3), ones(2, 3), ones(3, 3), heads: 2)":
        "float32[2, 3] does not have 2 heads",
    'transe_score([1.0], [1.0], [1.0], "L3")': 'the norm of transe_score is "L1" or "L2", not "L3"',
    "causal_mask(1000000000)": "needs",
    "KVCache::new(1000000000000000)": "needs",
}  # fmt: skip


@pytest.mark.parametrize(("program", "says"), FAILURES.items())
def test_a_failure_says_why(program: str, says: str) -> None:
    assert says in failure(program).message
