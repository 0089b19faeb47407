"""Recurrences and fixpoints, compared with loops in PyTorch and with enumeration."""

from __future__ import annotations

import pytest
import torch

from tensorlogic.runtime import sizes as limits
from tensorlogic.runtime.equations import EquationError, Solver, solve
from tests.runtime.equations.harness import equations, solved

torch.manual_seed(3)
W, U, INPUTS, START = torch.randn(4, 4) / 2, torch.randn(4, 3), torch.randn(6, 3), torch.randn(4)


def states(first: torch.Tensor) -> list[torch.Tensor]:
    """The states of a plain recurrent network, by a loop."""
    found = [first]
    for each in INPUTS:
        found.append(torch.tanh(W @ found[-1] + U @ each))
    return found


NETWORK = "X[t + 1, i] <- tanh(W[i, j] * X[t, j] + U[i, k] * In[t, k])"
GIVEN = {"W": W, "U": U, "In": INPUTS, "B": START}


def test_a_recurrence_runs_to_the_end_of_what_it_reads() -> None:
    found = solved(f"{NETWORK}\nX[0, i] <- B[i]", **GIVEN)["X"]
    torch.testing.assert_close(found, torch.stack(states(START)))


def test_states_that_no_equation_says_are_zero_or_given() -> None:
    torch.testing.assert_close(solved(NETWORK, **GIVEN)["X"], torch.stack(states(torch.zeros(4))))
    given = torch.stack([START, *[torch.zeros(4)] * 6])
    torch.testing.assert_close(solved(NETWORK, X=given, **GIVEN)["X"], torch.stack(states(START)))


def test_a_recurrence_is_read_like_any_tensor() -> None:
    every = torch.stack(states(START))
    text = f"X[0, i] <- B[i]\n{NETWORK}\nLast[i] <- X[-1, i]\nAll[t] <- X[t, i]\nNext[t] <- X[t + 1, i] * In[t, k]"
    found = solved(text, **GIVEN)
    torch.testing.assert_close(found["Last"], every[-1])
    torch.testing.assert_close(found["All"], every.sum(1))
    torch.testing.assert_close(found["Next"], every[1:].sum(1) * INPUTS.sum(1))


def test_an_lstm_is_pytorch_s() -> None:
    cell = torch.nn.LSTM(3, 4)
    gates = zip("ifgo", cell.weight_ih_l0.chunk(4), cell.weight_hh_l0.chunk(4), strict=True)
    bias = dict(zip("ifgo", (cell.bias_ih_l0 + cell.bias_hh_l0).chunk(4), strict=True))
    tensors = {"In": INPUTS}
    lines = []
    for name, inputs, hidden in gates:
        tensors |= {f"W{name}": inputs, f"R{name}": hidden, f"b{name}": bias[name]}
        function = "tanh" if name == "g" else "sigmoid"
        lines.append(f"{name}[t + 1, n] <- {function}(W{name}[n, k] * In[t, k] + R{name}[n, m] * H[t, m] + b{name}[n])")
    lines += [
        "C[t + 1, n] <- f[t + 1, n] * C[t, n] + i[t + 1, n] * g[t + 1, n]",
        "H[t + 1, n] <- o[t + 1, n] * tanh(C[t + 1, n])",
    ]
    found = solved("\n".join(lines), **tensors)
    output, (hidden, memory) = cell(INPUTS)
    torch.testing.assert_close(found["H"][1:], output)
    torch.testing.assert_close(found["C"][-1], memory[0])
    found["H"][-1].sum().backward()
    ours = cell.weight_hh_l0.grad.clone()
    cell.zero_grad()
    hidden.sum().backward()
    torch.testing.assert_close(ours, cell.weight_hh_l0.grad)


ROWS = [
    ("F[t + 2] <- F[t + 1] + F[t]\nF[0] <- 0\nF[1] <- 1", {"t": 8}, {}, [0, 1, 1, 2, 3, 5, 8, 13, 21, 34]),
    ("P[t] <- 2 * P[t - 1]\nP[0] <- 1", {"t": 5}, {}, [1, 2, 4, 8, 16]),
    ("P[t] <- P[t - 1] + In[t]", {}, {"In": torch.tensor([5.0, 1, 2, 3])}, [0, 1, 3, 6]),
    ("P[t] <- P[t + 1] + In[t]", {}, {"In": torch.tensor([1.0, 2, 3])}, [6, 5, 3, 0]),
    ("P[t] <- 2 * P[t + 1]\nP[-1] <- 3", {"t": 3}, {}, [24, 12, 6, 3]),
    ("P[t] <- Q[t] * 2\nQ[t + 1] <- P[t] + In[t]", {}, {"In": torch.ones(3)}, [0, 2, 6, 14]),
    ("P[t + 1] <- P[t] + P[0]\nP[0] <- 2", {"t": 3}, {}, [2, 4, 6, 8]),
    ("P[t + 1] max= P[t] * 3\nP[0] max= -1", {"t": 2}, {}, [-1, -3, -9]),
]


@pytest.mark.parametrize(("text", "sizes", "tensors", "wanted"), ROWS)
def test_sequences(text: str, sizes: dict[str, int], tensors: dict[str, torch.Tensor], wanted: list[float]) -> None:
    assert solved(text, sizes, **tensors)[text[0]].tolist() == wanted


def test_states_nobody_reads_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "X[t + 1, i] <- 0.5 * X[t, i] + B[i]\nY[i] <- X[-1, i]"
    monkeypatch.setattr(limits, "memory", lambda: 1_000)
    tensors = {"B": torch.ones(10)}
    found = solve(equations(text), tensors, {"t": 100}, wanted=["Y"])
    torch.testing.assert_close(found["Y"], torch.full((10,), 2.0))
    with pytest.raises(EquationError, match=r"float32\[101, 10\] needs"):
        solve(equations(text), tensors, {"t": 100})


def test_a_recurrence_without_an_end_runs_until_it_settles() -> None:
    text = "X[t + 1, i] <- 0.5 * X[t, i] + B[i]\nY[i] <- X[-1, i]"
    torch.testing.assert_close(solved(text, B=START)["Y"], 2 * START)


EDGES = [(0, 1), (1, 2), (2, 3), (4, 5), (5, 4)]


def reachable() -> torch.Tensor:
    found = torch.zeros(6, 6)
    for start in range(6):
        waiting = [start]
        while waiting:
            place = waiting.pop()
            for a, b in EDGES:
                if a == place and not found[start, b]:
                    found[start, b] = 1
                    waiting.append(b)
    return found


@pytest.mark.parametrize("dtype", [torch.bool, torch.float32, torch.int64])
@pytest.mark.parametrize(
    "text",
    [
        "R[x, z] <- step(P[x, z] + P[x, y] * R[y, z])",
        "R[x, y] <- step(P[x, y])\nR[x, z] <- step(R[x, y] * R[y, z])",
        "R[x, y] <- step(P[x, y] + S[x, y])\nS[x, z] <- step(P[x, y] * R[y, z])",
        "R[x, y] <- T[x, y]\nT[x, z] <- step(P[x, z] + P[x, y] * T[y, z])",
    ],
)
def test_recursion_runs_to_the_least_fixpoint(text: str, dtype: torch.dtype) -> None:
    relation = torch.zeros(6, 6, dtype=dtype)
    relation[tuple(zip(*EDGES, strict=True))] = 1
    torch.testing.assert_close(solved(text, P=relation)["R"], reachable(), check_dtype=False)


def test_numbers_settle_too_and_are_differentiable() -> None:
    links = torch.rand(5, 5, dtype=torch.float64)
    links = (links / links.sum(0)).requires_grad_()
    base = torch.full((5,), 0.03, dtype=torch.float64)
    found = solved("R[i] <- 0.85 * A[i, j] * R[j] + B[i]", A=links, B=base)["R"]
    exact = torch.linalg.solve(torch.eye(5, dtype=torch.float64) - 0.85 * links, base)
    torch.testing.assert_close(found, exact)
    (ours,) = torch.autograd.grad(found[0], links)
    (wanted,) = torch.autograd.grad(exact[0], links)
    torch.testing.assert_close(ours, wanted)


def test_what_never_settles_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tensorlogic.runtime.equations.recurrences.MOST_ROUNDS", 50)
    for text in ("R[i] <- R[i] + B[i]", "R[t + 1, i] <- R[t, i] + B[i]"):
        with pytest.raises(EquationError, match="R did not settle in 50 rounds"):
            solved(text, B=torch.ones(2))


def test_a_solver_is_used_again_with_other_states() -> None:
    solver = Solver(equations("P[t + 1] <- P[t] + In[t]"))
    assert solver({"In": torch.ones(3)})["P"].tolist() == [0, 1, 2, 3]
    assert solver({"In": torch.ones(1)})["P"].tolist() == [0, 1]
    assert solver({"In": torch.ones(1), "P": torch.tensor([7.0])})["P"].tolist() == [7, 8]
    assert solver({"In": torch.ones(1)})["P"].tolist() == [0, 1]
