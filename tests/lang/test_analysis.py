"""What is known of a text: every name with its meaning, written down, whether there are errors or not."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from tensorlogic.lang import Analysis, Source, analyze, parse
from tensorlogic.lang.checked import Builtin, Function, Struct, Variable
from tensorlogic.lang.occurrences import Field, Occurrence
from tests.lang.harness import BUILTINS, CONSTANTS


def analyzed(text: str) -> Analysis:
    return analyze(parse(Source("t.tl", text)), BUILTINS, constants=CONSTANTS)


class Case(NamedTuple):
    text: str
    names: str
    """Every name: a declaration as ``kind name@line``, a use as ``name=line of its declaration``."""


CASES = [
    Case("x = 1\nx = x + 1", "variable x@1; x=1; x=1"),
    Case("x = 1\nx += 2", "variable x@1; x=1"),
    Case(
        "let x = 1\nif true {\nlet x = 2\nprint(x)\n}\nprint(x)",
        "variable x@1; variable x@3; print; x=3; print; x=1",
    ),
    Case(
        "x = [1]\nh[i] <- x[i]\ny[i] <- h[i]\nh[i] <- 1 * x[i]",
        "variable x@1; variable h@2; x=1; variable y@3; h=2; h=2; x=1",
    ),
    Case("print(pi)", "print; pi"),
    Case(
        "fn f(a, b) {\na + b\n}\nf(1, b: 2)",
        "function f@1; variable a@1; variable b@1; a=1; b=1; f=1; b=1",
    ),
    Case("x = 1\nfn f() {\nx = 2\n}", "variable x@1; function f@2; x=1"),
    Case("fn f() {\nx = 2\n}\nx = 1", "function f@1; variable x@2; variable x@4"),
    Case("x = 1\nmain {\nx = 2\n}", "variable x@1; x=1"),
    Case("for i in range(3) {\ni\n}", "variable i@1; range; i=1"),
    Case(
        "struct P { a: int }\np = P { a: 1 }\np.a",
        "struct P@1; field a@1; variable p@2; P=1; a=1; p=2; a=1",
    ),
    Case(
        "struct P { a: int }\nfn f(p: P) -> P {\np\n}\nf(1).a",
        "struct P@1; field a@1; function f@2; variable p@2; P=1; P=1; p=2; f=2; a=1",
    ),
    Case(
        "struct P { a: int }\nimpl P {\nfn new() -> P { P { a: 1 } }\nfn get(self) { self.a }\n}\nP::new().get()",
        "struct P@1; field a@1; P=1; function new@3; P=1; P=1; a=1; "
        "function get@4; variable self@4; self=4; a=1; P=1; new=3; get=4",
    ),
    Case(
        "struct P { a: int }\nlet p = 1\nmatch p {\nP { a: k } if k > 0 => k,\n_ => 0\n}",
        "struct P@1; field a@1; variable p@2; p=2; P=1; a=1; variable k@4; k=4; k=4",
    ),
    Case("x = [1]\nx.relu()\nx.nothing()", "variable x@1; x=1; relu; x=1"),
    Case(
        "struct P { a: int }\nimpl P {\nfn relu(self) { 1 }\n}\nx = [1]\nx.relu()",
        "struct P@1; field a@1; P=1; function relu@3; variable self@3; variable x@5; x=5",
    ),
    Case(
        "struct B<T> { v: T }\nimpl<T> B<T> {\nfn of(v: T) -> B<T> { B { v } }\n}\nB<int>::of(1)",
        "struct B@1; field v@1; B=1; function of@3; variable v@3; B=1; B=1; v=3; v=1; B=1; of=3",
    ),
    Case("nothing(unknown)\ny = 1\nprint(y)", "variable y@2; print; y=2"),
    Case(
        "fn f(x: int) { x }\nfn f(x: int) { x }",
        "function f@1; variable x@1; x=1; function f@2; variable x@2; x=2",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.text)
def test_every_name_is_known(case: Case) -> None:
    analysis = analyzed(case.text)
    assert "; ".join(_said(each, analysis) for each in _without_parameters(analysis)) == case.names


def test_names_stand_where_they_say() -> None:
    for case in CASES:
        analysis = analyzed(case.text)
        for name in analysis.names:
            assert case.text[slice(*name.span)] == _short(name.symbol.name)


KINDS = {Variable: "variable", Function: "function", Struct: "struct", Field: "field", Builtin: "builtin"}


def _without_parameters(analysis: Analysis) -> list[Occurrence]:
    """A parameter is a variable, and declared at its place also as what a call names."""
    return [n for n in analysis.names if not (n.declares and isinstance(n.symbol, Field) and _of_function(n.symbol))]


def _of_function(field: Field) -> bool:
    return isinstance(field.owner, Function)


def _said(name: Occurrence, analysis: Analysis) -> str:
    line = analysis.tree.source.position
    said = _short(name.symbol.name)
    if name.declares:
        return f"{KINDS[type(name.symbol)]} {said}@{line(name.span.start)[0]}"
    places = [each.span for each in analysis.names if each.declares and each.symbol == name.symbol]
    return f"{said}={line(places[0].start)[0]}" if places else said


def _short(name: str) -> str:
    return name.rpartition("::")[2]


def test_errors_leave_the_rest_known() -> None:
    analysis = analyzed("let x = 1\nprint(unknown, x)\ny = lenght\nprint(y)")
    assert analysis.program is None
    assert [d.message for d in analysis.diagnostics] == ["nothing is named `unknown`", "nothing is named `lenght`"]
    assert list(analysis.exports) == ["x", "y"]
    assert analyzed("let x = 1").program is not None


def test_variables_know_their_scope() -> None:
    text = "let a = 1\nfn f(b) {\n    let c = 1\n    if b {\n        let d = 2\n        e = 3\n    }\n}"
    scopes = {variable.name: text[slice(*span)] for variable, span in analyzed(text).scopes.items()}
    function = text[text.index("fn") :]
    inner = text[text.index("{\n        let") : text.rindex("\n}")]
    assert scopes == {"a": text, "b": function, "c": function, "d": inner, "e": function}


def test_structs_that_variables_hold() -> None:
    text = """struct Q { n: int }
struct P { q: Q }
impl P { fn new() -> P { P { q: Q { n: 1 } } } fn inner(self) -> Q { self.q } }
a = P::new()
b = a.q
c = a.inner()
d = 1
e = a
e = 1
let f: Q = b
fn g(h: P) { h }
"""
    held = {variable.name: struct.name for variable, struct in analyzed(text).held.items() if struct is not None}
    assert held == {"self": "P", "a": "P", "b": "Q", "c": "Q", "f": "Q", "h": "P"}
