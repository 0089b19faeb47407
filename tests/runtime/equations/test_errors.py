"""Every way in which an equation can be wrong, and what is said of it."""

from __future__ import annotations

import pytest
import torch

from tensorlogic.runtime.equations import EquationError
from tests.runtime.equations.harness import solved

TENSORS = {
    "W": torch.ones(3, 4),
    "X": torch.ones(5),
    "V": torch.ones(4),
    "Weights": torch.ones(2),
    "E": torch.ones(3, 0),
    "Wide": torch.ones(1 << 20),
}
ROWS = [
    ("Y[i] <- W[i, j] * X[j]", "j has two sizes: 4 in W, 5 in X", "j", 0),
    ("Z <- V[j]\nY[i] <- W[i, j] * X[j]", "j has two sizes: 4 in W, 5 in X", "j", 1),
    ("Y[j] <- V[j]\nY[k] <- X[k]", "k has two sizes: 5 in X, 4 in Y", "k", 1),
    ("Y[i] <- V[j]", "the size of i is unknown: no tensor that is read here has it", "i", 0),
    ("Y[i] <- W[i]", "W has 2 dimensions, not 1", None, 0),
    ("Y[i] <- W[i, 7]", "W has no place 7: its size there is 4", None, 0),
    ("Y <- Q[0]", "there is no tensor Q", None, 0),
    ("Z <- V[i]\nY[i] <- Weight[i]", "there is no tensor Weight", None, 1),
    ("Y[i] <- relo(V[i])", "relo is no function of equations", None, 0),
    ("Y[i] <- relu(V[i], V[i])", "relu takes 1 of what an equation computes, not 2", None, 0),
    ("Y[i, j] <- softmax(W[i, j])", "softmax has to know over which index", None, 0),
    ("Y[i, j] <- softmax(W[i, j], over=q)", "softmax goes over q, which its argument does not have", "q", 0),
    ("Y[i] <- sigmoid(V[i], slope=3)", "sigmoid has no option slope", None, 0),
    ("Y[i] <- elu(V[i], slope=3)", "elu has no option slope", None, 0),
    ("Y[i] <- elu(V[i], alpha=beta)", "alpha of elu is a number", None, 0),
    ("Y[i] <- relu(V[i], over=i)", "relu does not go over an index", "i", 0),
    ("Y[i] max= E[i, j]", "there is no max over j: it has no elements", "j", 0),
    ("Y[i, i] <- V[i]", "i stands twice on the left", "i", 0),
    ("Y[i] <- V[i]\nY[i] max= V[i]", "Y has equations with different projections: max, sum", None, 0),
    ("Y[i] <- V[i]\nY[i, j] <- W[i, j]", "Y has 1 dimensions, not 2", None, 1),
    ("Y[i] <- V[i] * (1 / 0)", "1 / 0 has no value", None, 0),
    ("Y[t] <- Y[t - 1] + Y[t + 1] + V[t]", "Y needs both what is before and what is after", None, 0),
    ("Y[t, u] <- Y[t - 1, u] + Y[t, u - 1] + W[t, u]", "Y is a recurrence along two indices", "u", 0),
    ("Y[t] <- Y[t - 1] + Z[t] + V[t]\nZ[t] <- Y[t]", "the states of Y, Z at one place need one another", None, 0),
    ("Y[t + 1] <- Y[t] + Y[s] + V[t]", "Y is read over all of s while it is still being computed", "s", 0),
    ("Y[t + 1] <- Y[t] + Z * V[t]\nZ <- Y[t]", "Z takes part in a recurrence, but has no index", None, 0),
    ("Y[t + 1] <- Y[t] + Y[3] + V[t]", "Y is not known at 3 when it is read there", None, None),
]


@pytest.mark.parametrize(("text", "message", "index", "equation"), ROWS)
def test_errors(text: str, message: str, index: str | None, equation: int | None) -> None:
    with pytest.raises(EquationError) as caught:
        solved(text, **TENSORS)
    assert caught.value.message.startswith(message)
    assert (caught.value.index, caught.value.equation) == (index, equation)


@pytest.mark.parametrize(
    ("text", "help"),
    [
        ("Y <- Weight[i]", "Did you mean Weights?"),
        ("Y[i] <- elu(V[i], slope=3)", "It has: alpha."),
        ("Y <- relo(V[i])", "Did you mean relu?"),
        (
            "Y <- max(V[i])",
            "An index that only the right side has is projected: Y[i] max= X[i, j] is the largest over j.",
        ),
        ("Y[i, j] <- softmax(W[i, j])", "Write over: j."),
        ("Y[i] <- W[i]", "It was read as W[i]."),
        ("Y[i] <- V[j]", "Give i a size, or read a tensor that has it."),
    ],
)
def test_help(text: str, help: str) -> None:
    with pytest.raises(EquationError) as caught:
        solved(text, **TENSORS)
    assert caught.value.help == help


LARGE = [
    "Y[i, j, k] <- Wide[i] * Wide[j] * Wide[k]",
    "Y[i] max= Wide[i] * Wide[j] * Wide[k]",
    "Y <- (Wide[i] - Wide[j] - Wide[k]) ** 2",
    "Y[i, j, k] <- 1.0 + 0 * Wide[i]",
    "Y[i] <- Y[j] * Wide[i] * Wide[j]\nZ[i, k, j] <- Y[i]",
]


@pytest.mark.parametrize("text", LARGE)
def test_what_is_too_large_is_refused_before_it_is_made(text: str) -> None:
    with pytest.raises(EquationError, match=r"needs .*this machine has"):
        solved(text, {"j": 1 << 20, "k": 1 << 20}, **TENSORS)
