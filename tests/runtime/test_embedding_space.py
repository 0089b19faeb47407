"""Reasoning in the space of embeddings, with nothing but equations: exact with one-hot vectors, else almost."""

from __future__ import annotations

import numpy as np
import pytest

from tensorlogic.errors import codes
from tests.runtime.harness import failure, output

PEOPLE = """entity P = {a, b, c, d}
relation Parent(x: P, y: P)
relation Tall(x: P)
relation Found(x: P, y: P)
Parent(a, b) Parent(b, c) Parent(b, d)
Tall(b) Tall(d)
embedding e { entities: P, dimension: entity_dim(P), init: onehot }
R[i, j] <- Parent[x, y] * e[x, i] * e[y, j]
"""
COLD = "T = 0.01\n"
EXACT = {
    # Superposition: a set of entities is the sum of their vectors, and a dot product asks who is in it.
    "S[k] <- Tall[x] * e[x, k]  D[x] <- S[k] * e[x, k]\nprint(D)": "[0.0, 1.0, 0.0, 1.0]",
    # An embedded relation, and retrieval from it.
    "D[x, y] <- e[x, i] * R[i, j] * e[y, j]\nFound[x, y] <- step(D[x, y] - 0.5)\nprint(query Found(X, Y))":
        '[{X: "a", Y: "b"}, {X: "b", Y: "c"}, {X: "b", Y: "d"}]',
    # An embedded rule chains embedded relations without going back to entities.
    "G[i, k] <- R[i, j] * R[j, k]\nD[x, y] <- e[x, i] * G[i, k] * e[y, k]\n"
    "Found[x, y] <- step(D[x, y] - 0.5)\nprint(query Found(X, Y))": '[{X: "a", Y: "c"}, {X: "a", Y: "d"}]',
    # So does one with recursion, and one with two relations.
    "A[i, k] <- R[i, k]  A[i, k] <- R[i, j] * A[j, k]\nD[x, y] <- e[x, i] * A[i, k] * e[y, k]\n"
    "Found[x, y] <- step(D[x, y] - 0.5)\nprint(query Found(a, Y))": '[{Y: "b"}, {Y: "c"}, {Y: "d"}]',
    "S[j, l] <- Tall[y] * e[y, j] * e[y, l]  G[i, l] <- R[i, j] * S[j, l]\n"
    "D[x, y] <- e[x, i] * G[i, k] * e[y, k]\nFound[x, y] <- step(D[x, y] - 0.5)\nprint(query Found(X, Y))":
        '[{X: "a", Y: "b"}, {X: "b", Y: "d"}]',
    # A temperature for each equation; deduction takes what is above a half.
    f"{COLD}Found[x, y] <- sigmoid((e[x, i] * R[i, j] * e[y, j] - 0.5) / T)\nprint(query Found(b, Y), R[0, 1])":
        '[{Y: "c"}, {Y: "d"}] 1.0',
    # A rule on what an equation gives, an equation on what the rule gives.
    "Found[x, y] <- step(e[x, i] * R[i, j] * R[j, k] * e[y, k] - 0.5)\nrelation Has(x: P)\nHas(X) <- Found(X, Y)\n"
    "n[x] <- 2 * Has[x]\nprint(n, query Has(X))": '[2.0, 0.0, 0.0, 0.0] [{X: "a"}]',
    'relation_embedding r { relations: all, dimension: 3, init: onehot }\nprint(r["Tall"], len(r))':
        "[0.0, 1.0, 0.0] 3",
    'print(entity_onehot(P, "c"), entity_onehot("P", 0), entity_dim("P"))':
        "[0.0, 0.0, 1.0, 0.0] [1.0, 0.0, 0.0, 0.0] 4",
}  # fmt: skip


@pytest.mark.parametrize(("text", "want"), EXACT.items())
def test_one_hot_vectors_deduce(text: str, want: str) -> None:
    assert output(PEOPLE + text) == want


def test_one_hot_vectors_deduce_random_facts() -> None:
    numbers = np.random.default_rng(5).integers(0, 9, (30, 2))
    facts = " ".join(f"Next(p{x}, p{y})" for x, y in numbers)
    names = ", ".join(f"p{i}" for i in range(9))
    text = f"""entity P = {{{names}}}
relation Next(x: P, y: P)
relation Far(x: P, y: P)
{facts}
Third(X, W) <- Next(X, Y), Next(Y, Z), Next(W, Z)
T = 0.001
embedding e {{ entities: P, dimension: 9, init: onehot }}
R[i, j] <- Next[x, y] * e[x, i] * e[y, j]
G[i, l] <- R[i, j] * R[j, k] * R[l, k]
Far[x, y] <- sigmoid((e[x, i] * G[i, l] * e[y, l] - 0.5) / T)
print(query Third(X, Y))
print(query Far(X, Y))
"""
    deduced, found = output(text).splitlines()
    matrix = np.zeros((9, 9))
    matrix[tuple(numbers.T)] = 1
    assert deduced == found
    assert deduced.count("X:") == np.count_nonzero(matrix @ matrix @ matrix.T)


RANDOM = """entity P
relation Parent(x: P, y: P)
relation Grand(x: P, y: P)
for i in range(30) {{ Parent("p" + str(i), "p" + str((7 * i + 1) % 30)) }}
Grand(X, Z) <- Parent(X, Y), Parent(Y, Z)
seed(1)
embedding e {{ entities: P, dimension: {dimension}, init: unit }}
R[i, j] <- Parent[x, y] * e[x, i] * e[y, j]
G[i, k] <- R[i, j] * R[j, k]
first[x, y] <- e[x, i] * R[i, j] * e[y, j] - Parent[x, y]
second[x, y] <- e[x, i] * G[i, k] * e[y, k] - Grand[x, y]
print(max(abs(first)), max(abs(second)))
"""


def errors(dimension: int) -> list[float]:
    return [float(each) for each in output(RANDOM.format(dimension=dimension)).split()]


def test_random_vectors_deduce_better_the_longer_they_are() -> None:
    found = np.array([errors(dimension) for dimension in (64, 512, 4096)])
    assert (found[:-1] > 1.5 * found[1:]).all()
    assert (found[-1] < 0.5).all()  # a step at a half then deduces exactly


FAILURES = [
    ("embedding f { entities: P, dimension: 3, init: onehot }", codes.WRONG_SHAPE, "3 dimensions are too few for 4"),
    ('entity_onehot(P, "e")', codes.NO_MEMBER, "no entity"),
    ("entity_onehot(P, 4)", codes.NO_MEMBER, "no entity number 4"),
    ("entity_dim(3)", codes.WRONG_TYPE, "takes a kind of entity"),
    ('entity_dim("Q")', codes.UNDEFINED_NAME, "no entity Q"),
]


@pytest.mark.parametrize(("text", "code", "message"), FAILURES)
def test_failure(text: str, code: codes.Code, message: str) -> None:
    found = failure(PEOPLE + text)
    assert found.code == code
    assert message in found.message
