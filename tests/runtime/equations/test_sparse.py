"""Sparse relations as tensors: the same results as dense ones, without the zeros where a product needs none."""

from __future__ import annotations

import pytest
import torch

from tests.runtime.equations.harness import solved

A = (torch.rand(6, 6, generator=torch.Generator().manual_seed(1)) < 0.3).double()
X, V = torch.arange(18.0, dtype=torch.float64).reshape(6, 3), torch.arange(6.0, dtype=torch.float64)

ROWS = [
    ("Y[i] <- A[i, j] * V[j]", A @ V),
    ("Y[j] <- V[i] * A[i, j]", A.T @ V),
    ("Y[k, i] <- A[i, j] * X[j, k]", (A @ X).T),
    ("Y[i, k] <- 2 * A[i, j] * A[j, m] * X[m, k]", 2 * A @ A @ X),
    ("Y[i, k] <- A[i, j] * A[j, k]", A @ A),
    ("Y[i, j] <- A[i, j] * V[j]", A * V),
    ("Y[i] <- relu(A[i, j])", A.sum(1)),
    ("Y[j] <- A[2, j] + A[j, j]", A[2] + A.diag()),
    ("Y[j] <- A[j, 0] - A[j + 1, 0]", A[:-1, 0] - A[1:, 0]),
    ("Y[i] max= A[i, j] * V[j]", (A * V).amax(1)),
    ("Y[i] <- step(A[i, j] * V[j] + A[i, j] * Y[j])", None),
]


@pytest.mark.parametrize(("text", "wanted"), ROWS)
def test_a_sparse_tensor_gives_what_a_dense_one_gives(text: str, wanted: torch.Tensor | None) -> None:
    found = solved(text, A=A.to_sparse(), X=X, V=V)["Y"]
    torch.testing.assert_close(found, solved(text, A=A, X=X, V=V)["Y"] if wanted is None else wanted)


def test_a_large_relation_is_never_made_dense() -> None:
    size = 10_000_000
    places = torch.tensor([[0, 1, size - 1], [1, 2, 0]])
    relation = torch.sparse_coo_tensor(places, torch.ones(3), (size, size), check_invariants=True)
    values = torch.zeros(size, requires_grad=True)
    found = solved("Y[i] <- A[i, j] * X[j] + 1", A=relation, X=values)["Y"]
    found[0].backward()
    assert found.sum().item() == size
    assert values.grad.nonzero().tolist() == [[1]]
