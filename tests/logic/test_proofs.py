"""Proofs: shortest ones, in full, from facts that were told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorlogic.logic import Atom, written
from tests.logic.naive import ARITY, atoms, known, programs
from tests.logic.test_answers import COUNT, FAMILY, SALES
from tests.logic.test_same_meaning import ROUNDS
from tests.logic.texts import atom, knowledge

ROWS = [
    (FAMILY, "Parent(alice, bob)", ["Parent(alice, bob)"]),
    (FAMILY, "Parent(bob, alice)", []),
    (
        FAMILY,
        "Ancestor(alice, X)",
        ["Ancestor(alice, bob)", "  Parent(alice, bob)"],
    ),
    (
        FAMILY,
        "Ancestor(alice, dan)",
        [
            "Ancestor(alice, dan)",
            "  Parent(alice, bob)",
            "  Ancestor(bob, dan)",
            "    Parent(bob, dan)",
        ],
    ),
    (FAMILY, "Childless(dan)", ["Childless(dan)", "  Person(dan)", "  not Parent(dan, Y)"]),
    (SALES, "Number(pen, N)", ["Number(pen, 2)", "  Sale(pen, 1, 2.0)", "  Sale(pen, 2, 2.0)"]),
    (COUNT, "Count(1)", ["Count(1)", "  Count(0)", "  0 < 5", "  1 == 0 + 1"]),
]


def lines(proof, depth=0):
    if proof is not None:
        yield "  " * depth + written(proof.atom)
        for child in proof.children:
            yield from lines(child, depth + 1)


@pytest.mark.parametrize("large", [10**9, 0], ids=["in rows", "in columns"])
@pytest.mark.parametrize(("program", "goal", "wanted"), ROWS)
def test_proofs(program, goal, wanted, large):
    made = knowledge(program)
    made.large = large
    assert list(lines(made.explain(atom(goal)))) == wanted


def test_the_shortest_of_many_ways():
    edges = [(i, i + 1) for i in range(50)] + [(0, 20), (20, 49), (10, 50)]
    made = knowledge("relation E(x, y)\nrelation P(x, y)\nP(X, Y) <- E(X, Y)\nP(X, Z) <- P(X, Y), P(Y, Z)")
    made.tell("E", edges)
    proof = made.explain(Atom("P", (0, 50)))
    facts = [line.strip() for line in lines(proof) if line.strip().startswith("E")]
    assert facts == ["E(0, 20)", "E(20, 49)", "E(49, 50)"]


@ROUNDS
@given(program=programs(), goal=atoms(list(ARITY), st.sampled_from(("a", "b", "c"))))
def test_a_proof_is_one(program, goal):
    """It has told facts for leaves, every step of it is a use of its rule, and there is one where the goal holds."""
    facts, rules = program
    made = known(facts, rules, 0)
    proof = made.explain(goal)
    assert (proof is not None) == made.holds(goal)
    waiting = [proof] if proof else []
    while waiting:
        atom, rule, children = waiting.pop()
        if not isinstance(atom, Atom):
            assert not children
        elif rule is None:
            assert atom.terms in facts[atom.relation]
        else:
            assert rule in rules
            assert rule.head.relation == atom.relation
            assert {type(each.atom) for each in children} == {type(each) for each in rule.body}
            waiting += children
