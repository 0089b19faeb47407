"""What is refused, of which kind, with what is said."""

import pytest

from tensorlogic.logic import KnowledgeError
from tests.logic.texts import atom, knowledge

DECLARED = """
entity Person = alice bob
entity Pet
relation Parent(x: Person, y: Person)
relation Age(x: Person, n: int)
relation Owns(x: Person, y: Pet)
relation P(x)
relation Q(x)
relation R(x, y)
relation N(n: int)
Parent(alice, bob)
P(a)
R(a, 2)
N(1)
"""
ROWS = [
    ("Parent(alice)", "arity", "Parent has 2 values, not 1"),
    ("P(X) <- R(X)", "arity", "R has 2 values, not 1"),
    ("P(X) <- Parnt(X, Y)", "unknown", "there is no relation Parnt"),
    ("Parent(alice, carol)", "closed", "carol is no Person, and Person is closed"),
    ("P(X) <- Parent(X, carol)", "closed", "carol is no Person, and Person is closed"),
    ("Age(alice, old)", "type", 'n of Age is of type int, not "old"'),
    ("Owns(alice, 3)", "type", "y of Owns is of type Pet, not 3"),
    ("N(True)", "type", "n of N is of type int, not true"),
    ("P(X) <- Age(Y, X), Owns(Z, X)", "type", "X is of type int as n of Age, of type Pet as y of Owns"),
    ("P(X) <- Q(Y)", "unsafe", "X in P(X) may be anything"),
    ("P(X)", "unsafe", "X in P(X) may be anything"),
    ("P(X) <- Q(X), Y < 3", "unsafe", "Y in Y < 3 may be anything"),
    ("P(X) <- not Q(X)", "unsafe", "X in P(X) may be anything"),
    ("P(X) <- X == Y + 1, Y == X - 1", "unsafe", "X in P(X) may be anything"),
    ("P(sum(X)) <- Q(Y)", "unsafe", "X in P(sum(X)) may be anything"),
]
WHEN_ASKED = [
    ("P(X) <- Q(X), not P(X)", "cycle", "P depends on a negation of itself: P <- not P"),
    ("Q(X) <- P(X)\nP(X) <- R(X, Y), not Q(X)", "cycle", "P depends on a negation of itself: P <- not Q <- P"),
    ("N(count(X)) <- N(X)", "cycle", "N depends on an aggregate of itself: N <- an aggregate of N"),
    ("P(Y) <- R(X, N), Y == N / 0", "value", "2 / 0 divides by zero"),
    ("P(Y) <- R(X, N), Y == X + 1", "type", "a + 1 is no arithmetic with numbers"),
    ("P(X) <- R(X, N), X < N", "type", "a < 2 compares neither two numbers nor two texts"),
    ("N(M) <- N(X), M == X + 1", "limit", "N has more than 2,500 facts: there is no memory for them"),
    ("N(M) <- R(Y, X), M == 10 ** X ** 20", "value", "10 ** 1048576 is too large a number"),
]


@pytest.mark.parametrize(("line", "kind", "message"), ROWS)
def test_at_once(line, kind, message):
    with pytest.raises(KnowledgeError) as caught:
        knowledge(DECLARED + line)
    problem = caught.value.problems[0]
    assert (problem.kind, problem.message) == (kind, message)
    assert problem.origin == len(DECLARED.split("\n")) - 2


@pytest.mark.parametrize(("lines", "kind", "message"), WHEN_ASKED)
def test_when_asked(lines, kind, message):
    made = knowledge(DECLARED + lines)
    made.memory = 1_000_000
    with pytest.raises(KnowledgeError) as caught:
        [made.rows(relation) for relation in "PQN"]
    (problem,) = caught.value.problems
    assert (problem.kind, problem.message) == (kind, message)
    assert problem.origin == len((DECLARED + lines).strip().split("\n")) - 1


def test_all_that_is_wrong_with_a_rule_is_said_at_once():
    with pytest.raises(KnowledgeError) as caught:
        knowledge(DECLARED + "P(X) <- Parnt(Y), Age(alice, old)")
    assert [problem.kind for problem in caught.value.problems] == ["unknown", "type", "unsafe"]
    assert caught.value.problems[0].help == "Did you mean Parent?"


def test_facts_are_told_all_or_none():
    made = knowledge(DECLARED)
    with pytest.raises(KnowledgeError):
        made.tell("Parent", [("bob", "alice"), ("bob", "carol")])
    assert made.rows("Parent") == [("alice", "bob")]


def test_a_query_is_checked_too():
    with pytest.raises(KnowledgeError, match="there is no relation Parnt"):
        knowledge(DECLARED).ask(atom("Parnt(X, Y)"))
