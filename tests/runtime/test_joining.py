"""Rules and equations that use one another, and what is wrong with them at its place."""

from __future__ import annotations

import pytest

from tensorlogic.errors import codes
from tests.runtime.harness import failure, output, under_the_caret

KNOWS = """entity P = {a, b, c}
relation Knows(x: P, y: P)
relation Old(x: P)
relation Has(x: P)
k = [[0.0, 0.8, 0.0], [0.0, 0.0, 0.5], [0.0, 0.0, 0.0]]
"""
GIVEN = KNOWS + "Knows[x, y] <- k[x, y]\n"
CHAINED = {
    # A relation that an equation gives keeps its degrees as a tensor; deduction takes what is above a half.
    "z[x] <- 2 * Knows[x, y]\nprint(z, query Knows(X, Y))": '[1.6, 1.0, 0.0] [{X: "a", Y: "b"}]',
    "Knows(c, a)\nz[x] <- Knows[x, y]\nprint(z, query Knows(X, Y))":
        '[0.8, 0.5, 1.0] [{X: "a", Y: "b"}, {X: "c", Y: "a"}]',
    # Where rules say something of it too, it is what they deduce.
    "Knows(X, Y) <- Knows(Y, X)\nz[x] <- Knows[x, y]\nprint(z)": "[1.0, 1.0, 0.0]",
    # An equation, a rule, an equation, a rule.
    "Has(X) <- Knows(X, Y)\nw[x] <- 3 * Has[x]\nOld[x] <- step(w[x] - 2)\nYoung(X) <- P(X), not Old(X)\n"
    "print(w, query Old(X), query Young(X))": '[3.0, 0.0, 0.0] [{X: "a"}] [{X: "b"}, {X: "c"}]',
    "Has[x] <- step(Knows[x, y] - 0.6) Old[x] <- step(Has[y] * Knows[y, x])\nprint(query Old(X))": '[{X: "b"}]',
    # What an equation says takes the place of what it said before.
    "for i in range(2) { Knows[x, y] <- k[x, y] * i print(query Knows(X, Y)) }": '[]\n[{X: "a", Y: "b"}]',
    "u = 1\nKnows[x, y] <- u - k[x, y]\nprint(len(query Knows(X, Y)), query Knows(b, c))": "7 []",
    # Numbers beyond 0 and 1 count as these.
    "u = 3\nKnows[x, y] <- u * k[x, y] - 1\nprint(query Knows(X, Y))\ns <- Knows[x, y]\nprint(s)":
        '[{X: "a", Y: "b"}]\n1.5',
    # Entities that come later are not true of it.
    "entity Q\nrelation Likes(x: Q)\nLikes(d)\nrelation Good(x: Q)\nv = [0.5]\nGood[x] <- v[x]\nLikes(e)\n"
    "s[x] <- Good[x] + Likes[x]\nprint(s, infer gradient Good(X)?)": '[1.5, 1.0] [{X: "d", degree: 0.5}]',
    # The name of an index is that of an entity where something is called with it, and else a value of the program.
    "x = 2.0\nu[x] <- Knows[x, y] * x\nv[x] <- P[x] * len(x)\nprint(u, v)": "[1.6, 1.0, 0.0] [1.0, 1.0, 1.0]",
    # A proof ends at what an equation says, and names its line.
    "Has(X) <- Knows(X, Y)\nexplain Has(X)?": "Has(a)  by line 7\n    Knows(a, b)  by line 6",
    "Knows(b, a)\nprint(query Knows(_, _), query Knows(X, _))": '[{}] [{X: "a"}, {X: "b"}]',
}  # fmt: skip


@pytest.mark.parametrize(("text", "want"), CHAINED.items())
def test_chained(text: str, want: str) -> None:
    assert output(GIVEN + text) == want


FAILURES = [
    ("Knows[x, y] <- zeros(2, 3)[x, y]", codes.WRONG_SHAPE, 6, "Knows", "of [3, 3] entities, the tensor of [2, 3]"),
    ("z[i] <- k[i, j]\ny[i] <- z[i] + Knows[i, j] * k[j, 7]", codes.WRONG_SHAPE, 7, "y[i]", "no place 7"),
    (
        "Has(X) <- Knows(X, Y), not Old(X)\nOld(X) <- Has(X)\ns <- Has[x]",
        codes.RULE_CYCLE,
        6,
        "not Old(X)",
        "depends on a negation of itself",
    ),
    (
        "Has(X) <- Knows(X, Y)\nKnows[x, y] <- k[x, y] * Has[x]",
        codes.RULE_CYCLE,
        7,
        "Knows",
        "computed by an equation from `Has`, which rules derive from `Knows`",
    ),
    (
        "Knows[x, y] <- k[x, y] * Has[x]\nHas(X) <- Knows(X, Y)",
        codes.RULE_CYCLE,
        7,
        "Has(X) <- Knows(X, Y)",
        "computed by an equation from `Has`",
    ),
    ("Has(X) <- Knows(X, Y), X < 3\nKnows(a, b)\ns <- Has[x]", codes.WRONG_TYPE, 6, "Has(X)", "a < 3 compares neither"),
    ("Knows[x, y] <- k[x, y] + 1 - Knows[x, y]", codes.WRONG_SHAPE, 6, "Knows[x, y]", "did not settle"),
    (
        'Has(X) <- Knows(X, Y) with temperature: "warm"\ninfer gradient Has(X)?',
        codes.RUN_FAILED,
        6,
        'Has(X) <- Knows(X, Y) with temperature: "warm"',
        "a temperature is a number",
    ),
]


@pytest.mark.parametrize(("text", "code", "line", "caret", "message"), FAILURES)
def test_failure(text: str, code: codes.Code, line: int, caret: str, message: str) -> None:
    found = failure(KNOWS + text)
    marked = under_the_caret(found)
    assert (found.code, marked[0]) == (code, line)
    assert marked[1].startswith(caret)
    assert message in found.message
