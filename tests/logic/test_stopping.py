"""What takes long can be stopped, and needs no more than it may."""

import subprocess
import sys

import pytest

from tensorlogic.logic import Atom, Interrupted, KnowledgeError, Rule, Variable
from tensorlogic.logic import Test as Predicate
from tests.logic.texts import atom, knowledge, literals

GRAPH = "relation E(x: int, y: int)\nrelation P(x: int, y: int)\nP(X, Y) <- E(X, Y)\nP(X, Z) <- P(X, Y), E(Y, Z)"
INTERRUPTED = """
import _thread, threading
from tests.logic.texts import knowledge
from tensorlogic.logic import Interrupted
made = knowledge({graph!r})
made.tell("E", [(i, (i * 7919 + j) % 4000) for i in range(4000) for j in range(3)])
threading.Timer(0.7, _thread.interrupt_main).start()
try:
    made.rows("P")
except Interrupted as error:
    print(error.facts["P"], error.rounds, error)
"""


def test_a_query_of_ten_million_facts_is_interrupted_and_says_how_far_it_got():
    done = subprocess.run([sys.executable, "-c", INTERRUPTED.format(graph=GRAPH)], capture_output=True, text=True)
    facts, rounds, said = done.stdout.split(maxsplit=2)
    assert 12_000 <= int(facts) < 16_000_000
    assert said.strip() == f"interrupted in round {int(rounds):,}: {int(facts):,} facts derived ({int(facts):,} of P)"


@pytest.mark.parametrize("large", [10**9, 0], ids=["in rows", "in columns"])
def test_what_is_known_stays_as_it_was(large):
    made = knowledge(GRAPH)
    made.large = large
    made.tell("E", [(i, i + 1) for i in range(100)])
    seen = []

    def interrupt(*row):
        seen.append(row)
        if len(seen) == 30:
            raise KeyboardInterrupt
        return True

    made.add(Rule(atom("P(X, Y)"), (*literals("E(X, Y)"), Predicate(interrupt, (Variable("X"), Variable("Y"))))))
    with pytest.raises(Interrupted):
        made.rows("P")
    assert len(made.rows("P")) == 5050


def test_a_join_is_made_in_pieces():
    """A cross product of 9 million pairs of which one is wanted."""
    made = knowledge("relation A(x: int)\nrelation B(x: int)\nrelation S(n: int)\nS(1) <- A(X), B(Y), X == Y")
    made.tell("A", [(i,) for i in range(5000)])
    made.tell("B", [(i,) for i in range(4999, 9999)])
    assert made.ask(Atom("S", (Variable("N"),))) == [{"N": 1}]


def test_it_loads_neither_numpy_nor_duckdb_before_they_are_needed():
    code = "import sys, tensorlogic.logic; print([n for n in ('numpy', 'duckdb', 'torch') if n in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


CHAIN = ", ".join(f"E(X{i}, X{i + 1})" for i in range(50))
LONG = [
    ("a chain of 50 variables", f"S(X0) <- {CHAIN}", [0, 1, 2, 3, 4, 5, 6, 7]),
    ("a cross product", "S(A) <- " + ", ".join(f"E({x}, {x}1)" for x in "ABCDEFGHIJ"), [0, 1, 2, 3, 4, 5, 6, 7]),
]


@pytest.mark.parametrize("large", [10**9, 0], ids=["in rows", "in columns"])
@pytest.mark.parametrize(("text", "want"), [row[1:] for row in LONG], ids=[row[0] for row in LONG])
def test_a_join_does_not_go_every_way(large, text, want):
    made = knowledge("relation E(x: int, y: int)\nrelation S(n: int)\n" + text)
    made.large = large
    made.tell("E", [(i, j) for i in range(8) for j in range(8)])
    assert [row[0] for row in made.rows("S")] == want


ENDLESS = [
    ("N(M) <- N(X), M == X + 1", "N has not ended after 1,000 rounds"),
    ("N(M) <- N(X), N(Y), M == X + Y + 1000 * X", "N has more than 10,000 facts and has not ended"),
    (
        "N(count(X)) <- A(X), A(Y), A(Z), A(U), A(V)",
        "N counts more than 166,666 solutions: there is no memory for them",
    ),
]


@pytest.mark.parametrize("large", [10**9, 0], ids=["in rows", "in columns"])
@pytest.mark.parametrize(("rule", "message"), ENDLESS)
def test_what_does_not_end_is_ended(large, rule, message, monkeypatch):
    monkeypatch.setattr("tensorlogic.logic.fixpoint.ROUNDS", 1000)
    made = knowledge(f"relation N(n: int)\nrelation A(n: int)\nN(1)\nN(2)\n{rule}")
    made.large, made.memory = large, 100_000_000
    made.tell("A", [(i,) for i in range(100)])
    with pytest.raises(KnowledgeError) as caught:
        made.rows("N")
    (problem,) = caught.value.problems
    assert (problem.kind, problem.message, problem.origin) == ("limit", message, 4)


def test_more_facts_than_there_is_memory_for_are_not_told():
    made = knowledge("relation A(n: int)")
    made.memory = 4000
    with pytest.raises(KnowledgeError, match="A has 11 facts: there is no memory for them"):
        made.tell("A", [(i,) for i in range(11)])
