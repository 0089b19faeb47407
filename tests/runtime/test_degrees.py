"""Degrees of truth: in the limit they are deduction, and what they are before is computed by hand here."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tensorlogic.errors import codes
from tensorlogic.logic import Atom, Rule, Variable
from tensorlogic.runtime.degrees import Relaxation
from tests.logic.naive import ARITY, X, Y, atoms, known, naive, programs
from tests.runtime.harness import failure, output, under_the_caret

ROUNDS = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
COLD = [None, lambda: 0, lambda: 1e-3, lambda: torch.tensor(1e-3)]


@pytest.mark.parametrize("temperature", COLD, ids=["none", "zero", "cold", "cold tensor"])
@ROUNDS
@given(
    program=programs(),
    queries=st.lists(atoms(list(ARITY), st.sampled_from((X, Y, "a", "b", "c"))), min_size=1, max_size=3),
)
def test_without_heat_random_programs_are_deduced(temperature, program, queries):
    facts, rules = program
    knowledge = known(facts, [rule._replace(temperature=temperature) for rule in rules], 10**9)
    wanted = naive(facts, rules)
    for query in [*queries, *(Atom(name, (X, Y)[:arity]) for name, arity in ARITY.items())]:
        free = tuple(dict.fromkeys(term for term in query.terms if isinstance(term, Variable)))
        found = Relaxation(knowledge.theory(Rule(Atom("?", free), (query,)))).answers({})
        assert {degree.item() for _, degree in found} <= ({1.0} if free else {0.0, 1.0})
        true = [row for row, degree in found if degree.item()]
        assert true == [tuple(each.values()) for each in knowledge.ask(query)]
        assert set(true) <= {tuple(row) for row in wanted[query.relation]} or query.terms != free


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


FAMILY = """entity Person = {alice, bob, carol}
relation Parent(x: Person, y: Person)
"""
KNOWS = """entity P = {a, b, c}
relation Knows(x: P, y: P)
k = [[0.0, 0.8, 0.0], [0.0, 0.0, 0.5], [0.0, 0.0, 0.0]]
Knows[x, y] <- k[x, y]
"""
DEGREES: dict[str, list[float]] = {
    # A rule hands the degrees of its body on; true and false give deduction.
    "Far(X, Z) <- Knows(X, Y), Knows(Y, Z)\nr = infer gradient Far(X, Y)?": [0.4],
    "Not(X, Y) <- P(X), P(Y), not Knows(X, Y), X != Y\nr = infer gradient Not(a, Y)?": [0.2, 1.0],
    # What nobody knows: `not` of a sum over all.
    "Lonely(X) <- P(X), not Knows(X, Y)\nr = infer gradient Lonely(X)?": [0.2, 0.5, 1.0],
    # Several ways add up to 1 at most, several rules are the larger one.
    "Knows(a, c)\nAny(X) <- Knows(X, Y)\nr = infer gradient Any(X)?": [1.0, 0.5],
    "E(X, Y) <- Knows(X, Y) E(Y, X) <- Knows(X, Y) E(X, X) <- P(X)\nr = infer gradient E(b, X)?": [0.8, 1.0, 0.5],
    # Recursion: 0.8 directly, 0.4 on the way over b.
    "R(X, Y) <- Knows(X, Y) R(X, Z) <- Knows(X, Y), R(Y, Z)\nr = infer gradient R(a, X)?": [0.8, 0.4],
    # A temperature: sigmoid((x - 1/2) / T), also where nothing is known.
    "Far(X, Z) <- Knows(X, Y), Knows(Y, Z) with temperature: 0.1\nr = infer gradient Far(a, X)?":
        [sigmoid(-5.0), sigmoid(-5.0), sigmoid(-1.0)],
    "t = 0.2 F(X) <- Knows(X, b) with temperature: t / 2\nt = 1.0 r = infer gradient F(a)?": [sigmoid(0.6)],
    "F(X) <- Knows(X, Y) with temperature: 0\nr = infer gradient F(X)?": [1.0],
    "F(X) <- Knows(X, Y) with temperature: 0\nr = infer gradient F(b)?": [0.0],
    # Constants and comparisons are masks.
    "F(b, X) <- Knows(a, X), X != c\nr = infer gradient F(X, Y)? where Y == b": [0.8],
    "F(X) <- Knows(a, X), len(X) < 2\nr = infer gradient F(X)?": [0.8],
    "r = infer gradient Knows(X, _)?": [0.8, 0.5],
    "relation Age(p: P, n: int)\nAge(a, 7) Age(b, 9)\nF(X, Y) <- Knows(X, Y), Age(X, N), Age(Y, M), M == N + 2\n"
    "r = infer gradient F(X, Y)?": [0.8],
}  # fmt: skip


@pytest.mark.parametrize(("text", "want"), DEGREES.items())
def test_degrees(text: str, want: list[float]) -> None:
    printed = output(f"{KNOWS}{text}\nfor each in r {{ print(each.degree) }}")
    assert [float(line) for line in printed.splitlines()] == pytest.approx(want, rel=1e-5)


METHODS = {
    "print(infer forward Parent(X, Y)?, infer backward Parent(bob, Y)?)":
        '[{X: "alice", Y: "bob"}, {X: "bob", Y: "carol"}] [{Y: "carol"}]',
    "print(infer symbolic G(X, Y)?)":
        '[{X: "alice", Y: "carol", proof: "G(alice, carol)  by line 4\n    Parent(alice, bob)\n'
        '    Parent(bob, carol)"}]',
    "infer gradient G(alice, X)?":
        "Query: G(alice, X)\n  Found 1 solution(s)\n  Solution 1:\n    X = carol\n    degree = 1.0",
    "infer symbolic Parent(bob, X)?":
        "Query: Parent(bob, X)\n  Found 1 solution(s)\n  Solution 1:\n    X = carol\nParent(bob, carol)",
    "relation N(n)\nN(1) N(2.0)\nprint(infer gradient N(1)?, infer gradient N(1.0)?, infer gradient N(2.0)?)":
        "[{degree: 1.0}] [{degree: 0.0}] [{degree: 1.0}]",
    "print(infer gradient G(alice, bob)?)": "[{degree: 0.0}]",
    "S(X, Z) <- Parent(X, Y), Parent(Y, Z) with temperature: 0.5\nprint(query S(X, Y))": '[{X: "alice", Y: "carol"}]',
}  # fmt: skip


@pytest.mark.parametrize(("text", "want"), METHODS.items())
def test_ways_to_infer(text: str, want: str) -> None:
    rules = "Parent(alice, bob) Parent(bob, carol)\nG(X, Z) <- Parent(X, Y), Parent(Y, Z)\n"
    assert output(FAMILY + rules + text) == want


LEARNING = {
    # An embedding is learnt so that a question that needs two steps gets true, and another one false.
    "embedding": """entity P = {a, b, c}
relation Likes(x: P, y: P)
seed(3)
embedding e { entities: P, dimension: 4, init: xavier }
tensor R: float32[4, 4] learnable = randn([4, 4])
Second(X, Z) <- Likes(X, Y), Likes(Y, Z), X != Y, Y != Z
learn {
    Likes[x, y] <- sigmoid(e[x, i] * R[i, j] * e[y, j])
    p = (infer gradient Second(a, c)?)[0].degree
    n = (infer gradient Likes(c, a)?)[0].degree
    objective: (1 - p) ** 2 + n ** 2, optimizer: adam(lr: 0.05), epochs: 150
}
print(query Second(a, c), query Likes(c, a), p > 0.9, n < 0.1)
""",
    # How much a rule counts is learnt: a fact in its body whose degree is.
    "weight": """entity P = {a, b, c}
entity Rules = {friends}
relation Likes(x: P, y: P)
relation Counts(r: Rules)
Likes(a, b) Likes(b, c)
Second(X, Z) <- Likes(X, Y), Likes(Y, Z), Counts(friends)
tensor w: float32[1] learnable = [-2.0]
learn {
    Counts[r] <- sigmoid(w[r])
    p = (infer gradient Second(a, c)?)[0].degree
    objective: (1 - p) ** 2, optimizer: sgd(lr: 5), epochs: 60
}
print(query Second(a, c), [] , p > 0.9, p < 1)
""",
    # So is a temperature: to get surer of what is above a half.
    "temperature": """relation Likes(x, y)
Likes(a, b)
tensor t: float32[] learnable = 0.0
F(X) <- Likes(X, Y) with temperature: exp(t)
learn {
    p = (infer gradient F(a)?)[0].degree
    objective: 1 - p, optimizer: sgd(lr: 0.5), epochs: 40
}
print(query Likes(a, b), query F(b), p > 0.9, exp(t) < 0.5)
""",
}


@pytest.mark.parametrize("text", LEARNING.values(), ids=LEARNING)
def test_learning_through_rules(text: str) -> None:
    assert output(text) == "[{}] [] true true"


FAILURES = [
    ("N(count(Y)) <- Knows(X, Y)\ninfer gradient N(X)?", codes.RUN_FAILED, "N(count(Y)) <- Knows(X, Y)", "count(Y)"),
    (
        "relation Age(p: P, n: int)\nOld(X, N + 1) <- Age(X, N)\ninfer gradient Old(a, X)?",
        codes.RUN_FAILED,
        "Old(X, N + 1) <- Age(X, N)",
        "makes new numbers",
    ),
    (
        "F(X) <- Knows(X, Y) with temperature: 0 - 1\ninfer gradient F(a)?",
        codes.RUN_FAILED,
        "F(X) <- Knows(X, Y) with temperature: 0 - 1",
        "a temperature is a number from 0 on",
    ),
    (
        "Q(X) <- Knows(X, Y) \nKnows[x, y] <- k[x, y] * Q[x]",
        codes.WRONG_TYPE,
        "Q",
        "is of no kind of entity",
    ),
    (
        "relation Q(x: P)\nQ(X) <- Knows(X, Y)\nKnows[x, y] <- k[x, y] * Q[x]",
        codes.RULE_CYCLE,
        "Knows",
        "`Knows` is computed by an equation from `Q`, which rules derive from `Knows`",
    ),
    (
        "relation Q(x: P)\nKnows[x, y] <- k[x, y] * Q[x]\nQ(X) <- Knows(X, Y)",
        codes.RULE_CYCLE,
        "Q(X) <- Knows(X, Y)",
        "`Knows` is computed by an equation from `Q`",
    ),
]


@pytest.mark.parametrize(("text", "code", "caret", "message"), FAILURES)
def test_failure(text: str, code: codes.Code, caret: str, message: str) -> None:
    found = failure(KNOWS + text)
    assert (found.code, under_the_caret(found)[1]) == (code, caret)
    assert message in found.message
