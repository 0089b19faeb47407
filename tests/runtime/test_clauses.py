"""Programs of relations, equations and learning, and what they print, written down by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tensorlogic.errors import codes
from tests.runtime.harness import failure, output, under_the_caret

FAMILY = """entity Person = {alice, bob, carol}
relation Parent(x: Person, y: Person)
Parent(alice, bob)
Parent(bob, carol)
Grandparent(X, Z) <- Parent(X, Y), Parent(Y, Z)
Ancestor(X, Y) <- Parent(X, Y)
Ancestor(X, Z) <- Parent(X, Y), Ancestor(Y, Z)
Childless(X) <- Person(X), not Parent(X, Y)
"""
RELATIONS = {
    "print(query Ancestor(alice, X))": '[{X: "bob"}, {X: "carol"}]',
    "print(query Grandparent(X, Y))": '[{X: "alice", Y: "carol"}]',
    "print(query Childless(X), Person)": '[{X: "carol"}] ["alice", "bob", "carol"]',
    "found = Parent(X, Y)? where X != alice, Y == carol\nprint(found[0].X)": "bob",
    "print(len(query Parent(alice, _)), query Parent(carol, _))": "1 []",
    "Parent(alice, carol) print(query Parent(X, _))": '[{X: "alice"}, {X: "bob"}]',
    "print(if query Parent(alice, bob) { 1 } else { 2 })": "1",
    'for p in Person { print(p, len(query Ancestor(p, X))) }': "alice 2\nbob 1\ncarol 0",
    "Parent(alice, X)?": "Query: Parent(alice, X)\n  Found 1 solution(s)\n  Solution 1:\n    X = bob",
    "Parent(alice, bob)?": "Query: Parent(alice, bob)\n  Found 1 solution(s)\n  Solution 1: Yes",
    "Parent(carol, X)?": "Query: Parent(carol, X)\n  No solutions found",
    "explain Ancestor(alice, carol)?":
        "Ancestor(alice, carol)  by line 7\n    Parent(alice, bob)\n"
        "    Ancestor(bob, carol)  by line 6\n        Parent(bob, carol)",
    "explain Parent(carol, X)?": "Parent(carol, X) does not hold",
    "infer backward Parent(bob, X)?": "Query: Parent(bob, X)\n  Found 1 solution(s)\n  Solution 1:\n    X = carol",
    "relation Age(p: Person, n: int)\nAge(bob, 40) n = 2 Age(carol, 5 * n + 3)\nOlder(P, N + 1) <- Age(P, N)\n"
    "Oldest(max(N)) <- Age(P, N)\nprint(query Older(X, N), query Oldest(N), query Age(p, n) where n < 20)":
        '[{X: "bob", N: 41}, {X: "carol", N: 14}] [{N: 40}] [{p: "carol", n: 13}]',
    "Long(X) <- Person(X), len(X) > 3\nprint(query Long(X))": '[{X: "alice"}, {X: "carol"}]',
    "fn both(a) { query Ancestor(a, X) }\nmain { print(both(\"bob\")) }": '[{X: "carol"}]',
    "B[x, z] <- Parent[x, y] * Parent[y, z]\nprint(B)": "[[0.0, 0.0, 1.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]",
    "relation Anc(x: Person, y: Person)\nAnc[x, z] <- step(Parent[x, z] + Parent[x, y] * Anc[y, z])\n"
    "print(query Anc(alice, X))": '[{X: "bob"}, {X: "carol"}]',
    'embedding e { entities: Person, dimension: 2, init: ones }\nD[x, y] <- e[x, k] * e[y, k]\n'
    'print(D[0], e["bob"], e[1], len(e))': "[2.0, 2.0, 2.0] [1.0, 1.0] [1.0, 1.0] 3",
    "embedding e { entities: {x, y, z}, dimension: 1, init: zeros }\nno_grad { e[:][1, 0] = 5 }\n"
    'print(e[["y", "x", "y"]], e[["z"]].shape)': "[[5.0], [0.0], [5.0]] [1, 1]",
}  # fmt: skip

EQUATIONS = {
    "W = [[1.0, 2.0], [3.0, 4.0]] x = [1.0, 1.0] Y[i] <- W[i, j] * x[j]\nprint(Y)": "[3.0, 7.0]",
    "W = [[1.0, 2.0], [3.0, 4.0]] Y[i] max= W[i, j]\nprint(Y)": "[2.0, 4.0]",
    "W = [[1.0, 2.0], [3.0, 4.0]] s <- W[i, j]\nprint(s)": "10.0",
    "W = [[1.0, 2.0], [3.0, 4.0]] Y[i] <- W[i, 0] Y[i] <- 2 * W[0, i]\nprint(Y)": "[3.0, 7.0]",
    "x = [0.0, 0.0] S[i] <- softmax(x[i] * sqrt(4.0), over: i)\nprint(S)": "[0.5, 0.5]",
    "U = [1.0, 1.0, 1.0] h[0] <- 0.0 * U[0] h[t + 1] <- h[t] + U[t]\nprint(h)": "[0.0, 1.0, 2.0, 3.0]",
    "x = [1.0, 2.0] for i in range(2) { y[i] <- x[i] * 2 x = y }\nprint(x)": "[4.0, 8.0]",
}


@pytest.mark.parametrize(("text", "want"), RELATIONS.items())
def test_relations(text: str, want: str) -> None:
    assert output(FAMILY + text) == want


@pytest.mark.parametrize(("text", "want"), EQUATIONS.items())
def test_equations(text: str, want: str) -> None:
    assert output(text) == want


def test_facts_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "facts.csv").write_text("x,y\na,b\nb,c\n", encoding="utf-8")
    assert output('relation R(x, y) from "facts.csv"\nprint(query R(a, X))') == '[{X: "b"}]'
    assert failure('relation R(x) from "../facts.csv"').code == codes.NOT_ALLOWED
    assert failure('relation R(x) from "none.csv"').code == codes.FILE_NOT_FOUND


def test_a_program_that_runs_again_knows_nothing_yet() -> None:
    assert [output("relation R(x)\nR(a)\nprint(query R(X))") for _ in range(2)] == ['[{X: "a"}]'] * 2


FAILURES = [
    ("relation R(n: int)\nR(0)\nP(1 / N) <- R(N)\nprint(query P(X))", codes.RUN_FAILED, 3, "P(1 / N) <- R(N)",
        "1 / 0 divides by zero"),
    ("relation R(n: int)\nrelation F(x: float)\nR(1)\nF(N + 1) <- R(N)\nF(X)?", codes.WRONG_TYPE, 4, "F(N + 1) <- R(N)",
        "x of F is of type float, not 2"),
    ("relation R(n: int)\nR(1)\nR(N * 2) <- R(N)\nR(X)?", codes.RUN_FAILED, 3, "R(N * 2) <- R(N)",
        "too large a number"),
    ("entity E\nrelation R(x)\nrelation S(x: E)\nR(a)\nS(X) <- R(X)\nT[x] <- S[x]", codes.WRONG_TYPE, 6, "S",
        "`a` was derived, but no fact says that it is one of `E`"),
    ("relation R(x)\nP(X) <- R(X), not P(X)\nprint(1)", codes.RULE_CYCLE, 2, "not P(X)", "P <- not P"),
    ("entity P = {a}\nrelation R(x: P)\nR(b)", codes.WRONG_TYPE, 3, "R(b)", "b is no P"),
    ("relation R(n: int)\nR(a)", codes.WRONG_TYPE, 2, "R(a)", "of type int"),
    ("relation R(x)\nR(zeros(2))", codes.WRONG_TYPE, 2, "R(zeros(2))", "a relation holds texts"),
    (
        "x = [1.0, 2.0] y = zeros(3)\nz[i] <- x[i] + y[i]",
        codes.WRONG_SHAPE,
        2,
        "z[i] <- x[i] + y[i]",
        "the index `i` is 2 of `x`",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code", "line", "caret", "message"), FAILURES)
def test_failure(text: str, code: codes.Code, line: int, caret: str, message: str) -> None:
    found = failure(text)
    assert (found.code, *under_the_caret(found)) == (code, line, caret)
    assert message in found.message


LINE = "X = [[1.0], [2.0]] y = [[2.0], [4.0]]\ntensor w: float32[1, 1] learnable\n"
LEARNING = {
    # Two examples y = 2 x; one step of size 0.1 from w = 0: the gradient of mean((x w - y)²) is -10.
    "learn { p = X @ w objective: mean((p - y) ** 2), optimizer: sgd(lr: 0.1), epochs: 1 }\nprint(w, p)":
        "[[1.0]] [[0.0], [0.0]]",
    "learn { optimizer: sgd(lr: 0.1), epochs: 1\nfor i in range(epochs) { backward(mean((X @ w - y) ** 2)) } }\n"
    "print(w)":
        "[[1.0]]",
    "learn { P[i] <- X[i, j] * w[j, 0] objective: mean((P - [2.0, 4.0]) ** 2), optimizer: sgd(lr: 0.1), epochs: 1 }\n"
    "print(w)": "[[1.0]]",
    "backward(mean((X @ w - y) ** 2)) print(w.grad) no_grad { w -= 0.1 * w.grad }\nprint(w)": "[[-10.0]]\n[[1.0]]",
    "fn f() { let n = 0 learn { n = n + 1 let m = n objective: sum(w), optimizer: sgd(lr: 1), epochs: 3 } n }\n"
    "print(f(), w)": "3 [[-3.0]]",
    "learn { objective: mean((X @ w - y) ** 2), optimizer: sgd(lr: 0), epochs: 1, batch: 1 }\nprint(w)": "[[0.0]]",
    "entity P = {a, b}\nembedding e { entities: P, dimension: 1, init: zeros }\n"
    'learn { objective: sum(e["a"]), optimizer: sgd(lr: 1), epochs: 2 }\nprint(e["a"], e["b"])': "[-2.0] [0.0]",
}  # fmt: skip


@pytest.mark.parametrize(("text", "want"), LEARNING.items())
def test_learning(text: str, want: str) -> None:
    assert output(LINE + text) == want
