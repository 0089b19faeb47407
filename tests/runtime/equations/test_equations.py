"""Single equations and a few together: every row is compared with what one would write in PyTorch or NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch

from tensorlogic.runtime.equations import Solver, solve
from tests.runtime.equations.harness import equations, solved

N = {"i": 3, "j": 4, "k": 5, "b": 2, "d": 6}


def made(*names: str) -> torch.Tensor:
    """Numbers of both signs, a dimension for each index."""
    shape = [N[name] for name in names]
    seed = sum(ord(name) * 7**place for place, name in enumerate(names))
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape))


A, W, X, V, M = made("i", "j"), made("i", "j"), made("j", "k"), made("j"), made("b", "i", "j")
Q, K, B, U, S = made("b", "i", "d"), made("b", "j", "d"), made("i"), made("k"), torch.tensor(1.5, dtype=torch.float64)
T4, Z = made("b", "i", "j", "d"), torch.zeros(0, 4, dtype=torch.float64)
TENSORS = {"A": A, "W": W, "X": X, "V": V, "M": M, "Q": Q, "K": K, "B": B, "U": U, "S": S, "T": T4, "Z": Z}


class Row(NamedTuple):
    text: str
    want: Callable[[], Any]


ROWS = [
    Row("Y[i, k] <- W[i, j] * X[j, k]", lambda: W @ X),
    Row("Y[k, i] <- W[i, j] * X[j, k]", lambda: (W @ X).T),
    Row("Y[i, k] <- X[j, k] * W[i, j]", lambda: W @ X),
    Row("Y[i] <- W[i, j] * V[j]", lambda: W @ V),
    Row("Y[i] <- V[j] * W[i, j]", lambda: W @ V),
    Row("Y[k] <- V[j] * X[j, k]", lambda: V @ X),
    Row("Y <- V[j] * V[j]", lambda: V @ V),
    Row("Y[i, j] <- A[i, j] * W[i, j]", lambda: A * W),
    Row("Y[j, i] <- B[i] * V[j]", lambda: torch.outer(V, B)),
    Row("Y[i] <- W[i, j] * A[i, j]", lambda: (W * A).sum(1)),
    Row("Y[b, i, k] <- M[b, i, j] * X[j, k]", lambda: M @ X),
    Row("Y[b, i, j] <- Q[b, i, d] * K[b, j, d]", lambda: Q @ K.mT),
    Row("Y[j, b, i] <- Q[b, i, d] * K[b, j, d]", lambda: (Q @ K.mT).permute(2, 0, 1)),
    Row("Y[b, d] <- M[b, i, j] * T[b, i, j, d]", lambda: np.einsum("bij,bijd->bd", M, T4)),
    Row("Y[b, i] <- Q[b, i, d] * Q[b, i, d]", lambda: (Q**2).sum(2)),
    Row("Y[d, b] <- Q[b, i, d] * B[i]", lambda: np.einsum("bid,i->db", Q, B)),
    Row("Y[i, k] <- W[i, j] * X[j, k] * V[j] * U[k]", lambda: np.einsum("ij,jk,j,k->ik", W, X, V, U)),
    Row("Y <- W[i, j] * X[j, k] * A[i, j] * U[k] * B[i]", lambda: np.einsum("ij,jk,ij,k,i->", W, X, A, U, B)),
    Row("Y <- W[i, j]", lambda: W.sum()),
    Row("Y[j] <- W[i, j] * X[j, k]", lambda: W.sum(0) * X.sum(1)),
    Row("Y[i] <- 2 * W[i, j] * 0.5 * V[j] / 4", lambda: W @ V / 4),
    Row("Y[i] <- relu(W[i, j] * V[j] + B[i])", lambda: (W @ V + B).relu()),
    Row("Y[i] <- W[i, j] * V[j] + B[i] - 1", lambda: W @ V + B - 1),
    Row("Y[i] <- -W[i, j] * V[j]", lambda: -(W @ V)),
    Row("Y[i] <- B[i] / S", lambda: B / 1.5),
    Row("Y[i] <- W[i, j] * V[j] / (B[i] ** 2)", lambda: W @ V / B**2),
    Row("Y[i] <- W[i, j] / V[j]", lambda: (W / V).sum(1)),
    Row("Y <- (W[i, j] - A[i, j]) ** 2", lambda: ((W - A) ** 2).sum()),
    Row("Y[i] <- sqrt(W[i, j] ** 2)", lambda: W.norm(dim=1)),
    Row("Y[i] <- A[i, j] * tanh(X[j, k] * U[k])", lambda: A @ (X @ U).tanh()),
    Row("Y[i] <- B[i] * exp(W[i, j] * V[j])", lambda: B * (W @ V).exp()),
    Row("Y[i] <- sigmoid(tanh(W[i, j]))", lambda: W.sum(1).tanh().sigmoid()),
    Row("Y <- (relu(W[i, j] * V[j]) - B[i]) ** 2", lambda: (((W @ V).relu() - B) ** 2).sum()),
    Row(
        "Y[i, j] <- softmax(Q[b, i, d] * K[b, j, d] / sqrt(8.0), over=j)",
        lambda: ((Q @ K.mT).sum(0) / 8**0.5).softmax(1),
    ),
    Row("Y[i, j] <- softmax(W[i, j], over=i)", lambda: W.softmax(0)),
    Row("Y[i, j] <- softmax(W[i, j], over=(i, j))", lambda: W.flatten().softmax(0).reshape(3, 4)),
    Row("Y[j] <- softmax(V[j])", lambda: V.softmax(0)),
    Row("Y[i, k] <- softmax(W[i, j], over=j) * X[j, k]", lambda: W.softmax(1) @ X),
    Row("Y[i, j] <- log_softmax(W[i, j], over=j)", lambda: W.log_softmax(1)),
    Row("Y[i, j] <- layer_norm(W[i, j], over=j, eps=0.1)", lambda: torch.nn.functional.layer_norm(W, (4,), eps=0.1)),
    Row("Y[i, j] <- normalize(W[i, j], over=i)", lambda: torch.nn.functional.normalize(W, dim=0)),
    Row("Y[i, j] <- maximum(W[i, j], B[i])", lambda: torch.maximum(W, B[:, None])),
    Row("Y[j] <- maximum(V[j], 0.25)", lambda: V.clamp_min(0.25)),
    Row("Y[i] max= A[i, j] * V[j]", lambda: (A * V).amax(1)),
    Row("Y[i] min= A[i, j] + B[i]", lambda: A.amin(1) + B),
    Row("Y[i] max= A[i, j] + V[j]", lambda: (A + V).amax(1)),
    Row("Y[i] avg= A[i, j] * V[j]", lambda: (A * V).mean(1)),
    Row("Y avg= A[i, j] + B[i]", lambda: A.mean() + B.mean()),
    Row("Y[i] max= relu(A[i, j] * V[j])", lambda: (A * V).amax(1).relu()),
    Row("Y[i] avg= relu(A[i, j])", lambda: A.mean(1).relu()),
    Row("Y[i] <- step(W[i, j] * V[j])", lambda: ((W @ V) > 0).double()),
    Row("Y[j] <- (V[j] > 0) * V[j]", lambda: V.relu()),
    Row("Y[i] <- B[i] * (2 + 3) ** 2", lambda: B * 25),
    Row("Y[j] <- Z[i, j]", lambda: torch.zeros(4)),
    Row("Y[j] <- V[j + 1] - V[j]", lambda: V[1:] - V[:-1]),
    Row("Y[j] <- V[j - 1]", lambda: np.concatenate([[0], V])),
    Row("Y[j] <- V[j] + V[j - 1]", lambda: np.concatenate([[0], V[1:] + V[:-1]])),
    Row("Y[j] <- V[j + 7]", lambda: torch.zeros(0)),
    Row("Y[-1] <- S", lambda: [1.5]),
    Row("Y[j + 1] <- V[j]", lambda: np.concatenate([[0], V])),
    Row("Y[i] <- W[i, 2] + W[0, -1]", lambda: W[:, 2] + W[0, 3]),
    Row("Y <- (W[i, j + 1] - W[i, j]) ** 2", lambda: ((W[:, 1:] - W[:, :-1]) ** 2).sum()),
    Row("Y <- G[i, i]\nG[i, k] <- W[i, j] * W[k, j]", lambda: (W**2).sum()),
    Row("Y[i] <- G[i, i] * B[i]\nG[i, k] <- W[i, j] * W[k, j]", lambda: (W**2).sum(1) * B),
    Row("Y[i] <- W[i, j] * V[j]\nY[i] <- B[i]", lambda: W @ V + B),
    Row("Y[i] <- W[i, j] * V[j]\nY[k] <- B[k]", lambda: W @ V + B),
    Row("Y[i] <- relu(B[i])\nY[i] <- -2 * B[i]", lambda: B.relu() - 2 * B),
    Row("Y[i] max= A[i, j]\nY[i] max= B[i]", lambda: torch.maximum(A.amax(1), B)),
    Row("Y[0] max= -1.0\nY[1] max= -2.0", lambda: [-1.0, -2.0]),
    Row("Y[0, i] <- B[i]\nY[1, i] <- 2 * B[i]", lambda: torch.stack([B, 2 * B])),
    Row("Y[0, i] <- B[i]\nY[2, j] <- 2", lambda: torch.stack([B, 0 * B, 0 * B + 2])),
    Row("Y[i] <- H[i] * C\nH[i] <- W[i, j] * C\nC <- V[j]", lambda: W.sum(1) * V.sum() ** 2),
    Row("Y[i, k] <- B[i]", lambda: B[:, None].expand(3, 5)),
    Row("Y[i, k] <- 1.5", lambda: np.full((3, 5), 1.5)),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.text)
def test_an_equation_is_what_pytorch_computes(row: Row) -> None:
    text = row.text
    sizes = {"k": 5, "i": 3} if text.endswith(("Y[i, k] <- B[i]", "<- 1.5")) else {"j": 3} if "Y[2, j]" in text else {}
    got = solved(text, sizes, **TENSORS)["Y"]
    want = torch.as_tensor(np.asarray(row.want()))
    assert got.shape == want.shape
    torch.testing.assert_close(
        got, want, check_dtype=False, rtol=1e-5 if got.dtype == torch.float32 else 1e-10, atol=1e-10
    )


TYPES = [
    ("Y[i] <- A[i] * A[i]", torch.int64, torch.int64),
    ("Y[i] <- 2.0 * A[i]", torch.int64, torch.int64),
    ("Y[i] <- 0.5 * A[i]", torch.int64, torch.float32),
    ("Y[i] <- A[i] / 2", torch.int64, torch.float32),
    ("Y[i] <- exp(A[i])", torch.int64, torch.float32),
    ("Y avg= A[i]", torch.int64, torch.float32),
    ("Y[i] <- A[i]", torch.bool, torch.float32),
    ("Y[i] <- A[i] * 3", torch.float16, torch.float16),
    ("Y[i] <- A[i] * B[i]", torch.float16, torch.float64),
]


@pytest.mark.parametrize(("text", "given", "wanted"), TYPES)
def test_types(text: str, given: torch.dtype, wanted: torch.dtype) -> None:
    other = torch.ones(2, dtype=torch.float64)
    assert solved(text, A=torch.tensor([1, 0]).to(given), B=other)["Y"].dtype == wanted


def test_gradients_go_through() -> None:
    weights, inputs = made("i", "j").requires_grad_(), made("j")
    text = "Y[i] <- sigmoid(W[i, j] * X[j])\nL <- Y[i] ** 2"
    found = Solver(equations(text))

    def loss(w: torch.Tensor) -> torch.Tensor:
        return found({"W": w, "X": inputs})["L"]

    assert torch.autograd.gradcheck(loss, (weights,))


def test_plans_are_made_once_for_each_set_of_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    from tensorlogic.runtime.equations import solving

    made_plans = []
    real = solving.plan
    monkeypatch.setattr(solving, "plan", lambda *given: made_plans.append(given) or real(*given))
    solver = Solver(equations("Y[i] <- W[i, j] * X[j]"))
    for size in (2, 3, 2, 3):
        assert solver({"W": torch.ones(4, size), "X": torch.ones(size)})["Y"].tolist() == [size] * 4
    assert len(made_plans) == 2


def test_only_what_is_wanted_comes_back() -> None:
    found = solve(equations("Y[i] <- H[i]\nH[i] <- B[i]"), {"B": B}, wanted=["Y"])
    assert list(found) == ["Y"]


def test_what_is_made_is_made_where_the_tensors_are() -> None:
    text = "Y[0, i] <- B[i]\nY[2, i] <- maximum(B[i], 0.5)\nZ[i, k] <- B[i]\nZ[i, k] <- 1"
    text += "\nR[t + 1, i] <- 0.5 * R[t, i] + B[i]"
    found = solve(equations(text), {"B": B.to("meta")}, {"k": 2, "t": 2})
    assert {name: (each.device.type, list(each.shape)) for name, each in found.items()} == {
        "Y": ("meta", [3, 3]),
        "Z": ("meta", [3, 2]),
        "R": ("meta", [3, 3]),
    }
