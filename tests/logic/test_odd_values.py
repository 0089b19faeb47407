"""Constants of all types, numbers at their ends, and values that rules compute: the same in rows and in columns."""

import math

import pytest

from tensorlogic.logic import Atom, KnowledgeError, Rule, Signature, Variable
from tests.logic.texts import atom, knowledge

X, Y = Variable("X"), Variable("Y")
INFINITE, NAN = math.inf, math.nan
HELD = pytest.mark.parametrize("large", [10**9, 0], ids=["in rows", "in columns"])
DECLARED = "relation N(x)\nrelation M(x)\n"
ANSWERS = [
    ("a constant that is equal to another in Python", "M(1) <- M(True)\nM(True)", [], "M(1)", [{}]),
    ("NaN is after the numbers", "", [3.0, NAN, 1.0, -INFINITE, "a", True], "N(X)",
        [True, -INFINITE, 1.0, 3.0, NAN, "a"]),
    ("of 1 and 1.0, the integer is first", "M(Y) <- N(X), Y == X * 1.0\nM(Y) <- N(X), Y == X * 1", [2, 1], "M(X)",
        [1, 1.0, 2, 2.0]),
    ("infinities add up to no number", "M(sum(X)) <- N(X)", [INFINITE, -INFINITE], "M(X)", [NAN]),
    ("infinity and a number", "M(avg(X)) <- N(X)", [INFINITE, 1], "M(X)", [INFINITE]),
    ("the greatest of NaN and a number, whatever comes first", "M(max(X)) <- N(X)", [1.0, NAN], "M(X)", [NAN]),
    ("the least of them", "M(min(X)) <- N(X)", [NAN, 1.0], "M(X)", [NAN]),
    ("what is compared comes before what is computed", "M(Y) <- N(X), Y == 10 / X, X != 0", [0, 5], "M(X)", [2]),
    ("so does what is negated, in what is asked for too",
        "relation Z(x)\nZ(0)\nrelation P(x)\nP(X) <- N(X)\nM(Y) <- N(X), Y == 10 / X, not Z(X), P(Y)",
        [0, 2, 5], "M(X)", [2, 5]),
    ("0 ** 100000", "M(Y) <- N(X), Y == X ** 100000", [0, 1, -1], "M(X)", [0, 1]),
]  # fmt: skip
PROBLEMS = [
    ("M(sum(X)) <- N(X)", [1e308, 1.5e308], "value", "sum of 2 numbers is too large a number"),
    ("M(sum(X)) <- N(X)", [10**400, 1.5], "value", "sum of 2 numbers is too large a number"),
    ("M(avg(X)) <- N(X)", [10**400], "value", "avg of 1 numbers is too large a number"),
    ("M(Y) <- N(X), Y == X * X", [2**13_000], "value",
        "an integer of 13,001 bits * an integer of 13,001 bits is too large a number"),
    ("M(Y) <- N(X), Y == 2 * (X + a)", [1], "type", "1 + a is no arithmetic with numbers"),
    ("relation F(x: float)\nF(Y) <- N(X), Y == X + 1", [1], "type", "x of F is of type float, not 2"),
    ("relation F(x: int)\nF(avg(X)) <- N(X)", [1, 2], "type", "x of F is of type int, not 1.5"),
    ("relation F(x: int)\nF(X) <- N(X)", ["a"], "type", 'x of F is of type int, not "a"'),
    ("entity P = a b\nrelation F(x: P)\nF(X) <- N(X)", ["a", "z"], "closed", "z is no P, and P is closed"),
]  # fmt: skip


def made(text, values, large):
    known = knowledge(DECLARED + text)
    known.large = large
    known.tell("N", [(value,) for value in values])
    return known


@HELD
@pytest.mark.parametrize(("text", "values", "query", "want"), [row[1:] for row in ANSWERS], ids=[r[0] for r in ANSWERS])
def test_answers(large, text, values, query, want):
    found = made(text, values, large).ask(atom(query))
    assert list(map(repr, found)) == [repr(each if each == {} else {"X": each}) for each in want]


@HELD
@pytest.mark.parametrize(("text", "values", "kind", "message"), PROBLEMS)
def test_problems(large, text, values, kind, message):
    known = made(text, values, large)
    with pytest.raises(KnowledgeError) as caught:
        [known.rows(name) for name in ("M", "F") if name in text]
    (problem,) = caught.value.problems
    assert (problem.kind, problem.message) == (kind, message)
    assert problem.origin is not None


def test_an_integer_that_is_too_large_for_a_float():
    with pytest.raises(KnowledgeError, match="an integer of 3,322 bits is too large for a float"):
        knowledge("relation F(x: float)").tell("F", [(10**1000,)])


@HELD
def test_relations_without_values(large):
    known = knowledge("relation R(x)\nR(1)")
    known.large = large
    for name in "PQS":
        known.declare(Signature(name, ()))
    known.add(Rule(Atom("P", ()), (Atom("R", (X,)),)))
    known.add(Rule(Atom("Q", ()), (Atom("P", ()), Atom("S", ()))))
    assert [known.rows(name) for name in "PQS"] == [[()], [], []]
    assert [known.holds(Atom(name, ())) for name in "PQS"] == [True, False, False]


@HELD
def test_a_name_is_not_taken_for_what_changed(large):
    known = knowledge("relation P(x)\nP(a)")
    known.large = large
    known.declare(Signature("ΔP", (("x", None),)))
    known.tell("ΔP", [("b",)])
    known.add(Rule(Atom("P", (Y,)), (Atom("P", (X,)), Atom("ΔP", (Y,)))))
    assert (known.rows("P"), known.rows("ΔP")) == ([("a",), ("b",)], [("b",)])


def test_a_variable_that_begins_with_an_underscore_is_not_told():
    known = knowledge("relation R(x, y)\nR(a, b)\nR(a, c)")
    assert known.ask(Atom("R", (X, Variable("_1")))) == [{"X": "a"}]
    assert known.explain(Atom("R", (X, Variable("_1")))).atom == Atom("R", ("a", "b"))


def test_a_proof_asks_nothing_of_rules_that_it_does_not_need():
    known = knowledge("relation N(x)\nrelation M(x)\nN(0)\nM(Y) <- N(X), Y == 1 / X\nrelation P(x)\nP(X) <- N(X)")
    assert known.explain(atom("P(0)")).rule is not None
