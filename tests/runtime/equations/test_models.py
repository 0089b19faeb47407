"""Whole models as equations, each held against an independent one."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch

from tensorlogic.runtime.equations import Solver
from tests.runtime.equations.harness import equations, solved

ENCODER = """
Q[b, h, p, e] <- WQ[h, e, d] * X[b, p, d] + BQ[h, e]
K[b, h, p, e] <- WK[h, e, d] * X[b, p, d] + BK[h, e]
V[b, h, p, e] <- WV[h, e, d] * X[b, p, d] + BV[h, e]
A[b, h, p, q] <- softmax(Q[b, h, p, e] * K[b, h, q, e] / sqrt(8.0), over=q)
C[b, p, h, e] <- A[b, h, p, q] * V[b, h, q, e]
O[b, p, d] <- WO[d, h, e] * C[b, p, h, e] + BO[d]
N[b, p, d] <- layer_norm(X[b, p, d] + O[b, p, d], over=d) * G1[d] + S1[d]
F[b, p, f] <- relu(W1[f, d] * N[b, p, d] + B1[f])
R[b, p, d] <- N[b, p, d] + W2[d, f] * F[b, p, f] + B2[d]
Y[b, p, d] <- layer_norm(R[b, p, d], over=d) * G2[d] + S2[d]
"""


def weights(layer: torch.nn.TransformerEncoderLayer, heads: int) -> dict[str, torch.Tensor]:
    attention, size = layer.self_attn, layer.linear1.in_features
    shape = (3, heads, size // heads)
    found = {"WO": attention.out_proj.weight.view(size, heads, -1), "BO": attention.out_proj.bias}
    found |= dict(zip(("WQ", "WK", "WV"), attention.in_proj_weight.view(*shape, size), strict=True))
    found |= dict(zip(("BQ", "BK", "BV"), attention.in_proj_bias.view(*shape), strict=True))
    for number, linear, norm in ((1, layer.linear1, layer.norm1), (2, layer.linear2, layer.norm2)):
        found |= {f"W{number}": linear.weight, f"B{number}": linear.bias}
        found |= {f"G{number}": norm.weight, f"S{number}": norm.bias}
    return found


def test_a_transformer_layer_is_pytorch_s() -> None:
    torch.manual_seed(0)
    layer = torch.nn.TransformerEncoderLayer(32, 4, 64, dropout=0.0, batch_first=True)
    for parameter in layer.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    inputs = torch.randn(2, 7, 32)
    found = Solver(equations(ENCODER), wanted=["Y"])({"X": inputs, **weights(layer, 4)})["Y"]
    wanted = layer(inputs)
    torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-5)
    ours = torch.autograd.grad(found.square().sum(), list(layer.parameters()))
    theirs = torch.autograd.grad(wanted.square().sum(), list(layer.parameters()))
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("layout", ["dense", "sparse"])
def test_a_graph_network_layer(layout: str) -> None:
    random = np.random.default_rng(1)
    links, features, own, other = (
        (random.random((9, 9)) < 0.2) * 1.0,
        random.standard_normal((9, 5)),
        random.standard_normal((4, 5)),
        random.standard_normal((4, 5)),
    )
    tensors = {"A": links, "X": features, "W": own, "U": other}
    given = {name: torch.from_numpy(value) for name, value in tensors.items()}
    given["A"] = given["A"].to_sparse() if layout == "sparse" else given["A"]
    text = "H[n, f] <- relu(W[f, d] * X[n, d] + U[f, d] * A[n, m] * X[m, d] / (0.5 + D[n]))\nD[n] <- A[n, m]"
    wanted = np.maximum(features @ own.T + (links @ features @ other.T) / (0.5 + links.sum(1, keepdims=True)), 0)
    np.testing.assert_allclose(solved(text, **given)["H"].to_dense(), wanted, rtol=1e-10)


def test_a_kernel_machine() -> None:
    random = np.random.default_rng(2)
    support, points, signs = random.random((6, 3)), random.random((4, 3)), random.choice([-1.0, 1.0], 6)
    text = """
    K[p, s] <- exp(-2.0 * (X[p, d] - S[s, d]) ** 2)
    Y[p] <- A[s] * K[p, s] + 0.25
    """
    tensors = {"X": points, "S": support, "A": signs}
    found = solved(text, **{name: torch.from_numpy(value) for name, value in tensors.items()})["Y"]
    wanted = [
        sum(a * np.exp(-2 * ((x - s) ** 2).sum()) for s, a in zip(support, signs, strict=True)) + 0.25 for x in points
    ]
    np.testing.assert_allclose(found, wanted, rtol=1e-10)


def test_the_marginals_of_a_bayesian_network_are_exact() -> None:
    """Cloudy, sprinkler, rain, wet grass: P(rain | wet), against the sum over all sixteen worlds."""
    cloudy = torch.tensor([0.5, 0.5])
    sprinkler = torch.tensor([[0.5, 0.5], [0.9, 0.1]])
    rain = torch.tensor([[0.8, 0.2], [0.2, 0.8]])
    wet = torch.tensor([[[1.0, 0.0], [0.1, 0.9]], [[0.1, 0.9], [0.01, 0.99]]])
    text = """
    Joint[r] <- C[c] * S[c, s] * R[c, r] * W[s, r, 1]
    Marginal[r] <- Joint[r] / Evidence
    Evidence <- Joint[r]
    """
    found = solved(text, C=cloudy, S=sprinkler, R=rain, W=wet)["Marginal"]
    worlds = np.zeros(2)
    for c, s, r in product(range(2), repeat=3):
        worlds[r] += float(cloudy[c] * sprinkler[c, s] * rain[c, r] * wet[s, r, 1])
    np.testing.assert_allclose(found, worlds / worlds.sum(), rtol=1e-6)
    assert found[1].item() == pytest.approx(0.7079, abs=1e-4)
