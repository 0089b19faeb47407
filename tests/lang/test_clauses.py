"""What is wrong with rules, queries, equations and learning before they run, and which words stay names."""

from __future__ import annotations

import pytest

from tensorlogic.errors import codes
from tensorlogic.lang import Source, parse
from tensorlogic.lang.analysis import analyze
from tests.lang.harness import BUILTINS, findings, under_the_caret
from tests.lang.test_findings import Case

PARENT = "relation Parent(x, y)\n"
CASES = [
    Case("relation R(x: Person)", codes.UNDEFINED_NAME, 1, "Person", "no entities `Person`", "entity Person"),
    Case("relation R(x: float32[2])", codes.WRONG_TYPE, 1, "float32[2]", "holds entities, numbers"),
    Case("entity P\nrelation P(x)", codes.DUPLICATE_NAME, 2, "P", "a kind of entity `P` is declared above"),
    Case(PARENT + "Parent(a)", codes.WRONG_ARGUMENTS, 2, "Parent(a)", "has 2 values, 1 given", "Parent(x, y)"),
    Case(PARENT + "Parent(a, X)", codes.UNSAFE_VARIABLE, 2, "X", "the variable `X`", "A fact"),
    Case(PARENT + "Parent(a, x)", codes.UNSAFE_VARIABLE, 2, "x", "the variable `x`", "A fact"),
    Case(PARENT + "P(X, Y) <- Parent(X, Z)", codes.UNSAFE_VARIABLE, 2, "Y", "the variable `Y`", "in the body"),
    Case(PARENT + "P(X) <- Parent(X, _), Y > 2", codes.UNSAFE_VARIABLE, 2, "Y", "the variable `Y`"),
    Case(PARENT + "P(X) <- not Parent(X, b)", codes.UNSAFE_VARIABLE, 2, "X", "the variable `X`"),
    Case(PARENT + "P(X) <- Parnt(X, Y)", codes.UNDEFINED_NAME, 2, "Parnt", "no relation `Parnt`", "`Parent`"),
    Case(
        PARENT + "P(X) <- Parent(X, _), not Q(X)\nQ(X) <- R(X)\nR(X) <- Parent(_, X), P(X)",
        codes.RULE_CYCLE, 2, "not Q(X)", "`P` depends on a negation of itself: P <- not Q <- R <- P", "Let Q not",
    ),
    Case(PARENT + "P(X) <- Parent(X, _), !P(X)", codes.RULE_CYCLE, 2, "!P(X)", "itself: P <- not P"),
    Case(
        PARENT + "P(X, count(Y)) <- P(Y, X)", codes.RULE_CYCLE, 2, "P(Y, X)",
        "`P` depends on an aggregate of itself: P <- an aggregate of P",
    ),
    Case(PARENT + "Parent(a, X)? where Z > 1", codes.UNSAFE_VARIABLE, 2, "Z", "the variable `Z`"),
    Case(PARENT + "P(X) <- Parent(X, zeros(X))", codes.WRONG_TYPE, 2, "zeros(X)", "only arithmetic"),
    Case(PARENT + "x = Parent", codes.WRONG_TYPE, 2, "Parent", "is a relation, not a value", "query Parent(x, y)"),
    Case(PARENT + 'x = Parent("a", "b")', codes.WRONG_TYPE, 2, "Parent", "is a relation, not a function", "?"),
    Case("P(a)", codes.UNDEFINED_NAME, 1, "P", "nothing is named `P`"),
    Case("zeros(X)?", codes.WRONG_TYPE, 1, "zeros", "`zeros` is no relation"),
    Case("fn f() { relation R(x) }", codes.MISPLACED_STATEMENT, 1, "relation R(x)", "at the top level"),
    Case("x = zeros(3) Y[i, k] <- x[i]", codes.UNSAFE_VARIABLE, 1, "k", "index `k` stands only on the left"),
    Case("x = zeros(3) Y[i] <- x[i] + x[i, j]", codes.WRONG_ARGUMENTS, 1, "x", "2 indices here, and 1 elsewhere"),
    Case("x = zeros(3) n = [0] Y[i] <- x[n[i]]", codes.WRONG_TYPE, 1, "n[i]", "no index of an equation", "X[places]"),
    Case("x = zeros(3) Y[i] <- x[2 * i]", codes.WRONG_TYPE, 1, "2 * i", "no index of an equation", "X[t + 1, i]"),
    Case("x = zeros(3) Y[i] <- [x[i]]", codes.WRONG_TYPE, 1, "[x[i]]", "no meaning in an equation"),
    Case("fn f(x) { x } x = zeros(3) Y[i] <- f(x[i])", codes.WRONG_TYPE, 1, "f", "no function of equations"),
    Case(PARENT + "Y[i, j] <- Parent[i, j]", codes.WRONG_TYPE, 2, "Parent", "of no kind of entity", "Person"),
    Case("embedding e { entities: P, dimension: 2 }", codes.WRONG_TYPE, 1, "P", "what is embedded"),
    Case("embedding e { dimension: 2 }", codes.WRONG_ARGUMENTS, 1, "e", "`e` also needs `entities`"),
    Case("learn { objektive: 1 }", codes.UNKNOWN_OPTION, 1, "objektive", "no setting `objektive`", "`objective`"),
    Case("learn { objective: 1, epochs: 1, epochs: 2 }", codes.DUPLICATE_NAME, 1, "epochs", "given twice"),
    Case("learn { objective: 1, optimizer: 3 }", codes.WRONG_TYPE, 1, "3", "no optimizer", "adam(lr: 0.01)"),
    Case("loop { learn { break objective: 1 } }", codes.MISPLACED_STATEMENT, 1, "break", "not inside a loop"),
    Case("fn f() { learn { return; objective: 1 } }", codes.MISPLACED_STATEMENT, 1, "return", "not inside a function"),
]  # fmt: skip


TWO_MEANINGS = {
    "x = 1 print(query Parent(x, Y))": (codes.AMBIGUOUS_NAME, 2, "x"),
    "y = 1 Parent(X, y)?": (codes.AMBIGUOUS_NAME, 2, "y"),
    "x = 1 Parent(x, 2) P(x) <- Parent(x, y)": None,
    "print(query Parent(x, y)) a = 1 print(query Parent(a, y))": None,
}


@pytest.mark.parametrize(("text", "warning"), TWO_MEANINGS.items())
def test_names_of_parameters_in_questions(text: str, warning: tuple[codes.Code, int, str] | None) -> None:
    found = analyze(parse(Source("t.tl", PARENT + text)), BUILTINS).diagnostics
    assert [(each.code, *under_the_caret(each)) for each in found] == ([warning] if warning else [])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.text)
def test_finding(case: Case) -> None:
    found = findings(case.text)[0]
    assert (found.code, *under_the_caret(found)) == (case.code, case.line, case.caret)
    assert case.message in found.message
    assert case.help in (found.help or "")
