"""Inputs one after the other, and what each gives: written down by hand."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tensorlogic.errors import SourceError, TensorLogicError, codes
from tensorlogic.runtime.display import text
from tensorlogic.runtime.interactive import Interaction, is_complete
from tensorlogic.runtime.session import Permissions, Session
from tests.runtime.harness import under_the_caret


def begun(home: Path | None = None) -> Interaction:
    return Interaction(Session(io.StringIO(), home or Path.cwd(), Permissions()))


def printed(interaction: Interaction) -> str:
    out = interaction.session.out
    assert isinstance(out, io.StringIO)
    return out.getvalue()


def given(interaction: Interaction, inputs: list[str]) -> list[str]:
    """What each input gives, as it is shown; an error by its message."""
    shown = []
    for each in inputs:
        try:
            shown.append(text(interaction.run(each)))
        except TensorLogicError as error:
            shown.append(error.diagnostics[0].message)
    return shown


# The inputs, and what the last ones of them give.
INPUTS: dict[str, tuple[list[str], list[str]]] = {
    "values": (["1 + 1", '"a"', "[1.0, 2.0]", "print(1)", "x = 3"], ["2", "a", "[1.0, 2.0]", "void", "void"]),
    "the last statement": (["x = 1 x + 1", "x + 1\ny = 2"], ["2", "void"]),
    "branches have values": (["x = 5", 'if x > 3 { "big" } else { "small" }', 'match x { 5 => "five", _ => "?" }'],
                             ["big", "five"]),
    "assignment": (["x = 1", "x = x + 1", "x += 1", "x"], ["3"]),
    "let again": (["let x = 1", "fn f() { x }", "let x = 2", "f()"], ["2"]),
    "another type": (["let x: int = 1", 'let x: string = "s"', "x"], ["s"]),
    "a function changes a variable": (["x = 1", "fn more() { x += 1 }", "more() more()", "x"], ["3"]),
    "a function again": (["fn f() { 1 }", "fn g() { f() + 1 }", "fn f() { 10 }", "g()"], ["11"]),
    "a function becomes a variable": (["fn f() { 1 }", "f = 3", "f + 1"], ["4"]),
    "a variable becomes a function": (["x = 1", "fn x() { 2 }", "x()"], ["2"]),
    "a builtin is covered": (["fn relu(x) { x * 100 }", "relu(2)"], ["200"]),
    "inner variables end": (["for i in range(3) { last = i }", "last", "i"], ["2", "nothing is named `i`"]),
    "structs": (["struct P { x: int }", "impl P { fn twice(self) { self.x * 2 } }", "p = P { x: 4 }", "p.twice()", "p"],
                ["8", "P {x: 4}"]),
    "functions of structs again": (
        ["struct P { x: int }", "impl P { fn f(self) { 1 } }", "p = P { x: 4 }",
         "impl P { fn f(self) { 2 } fn new() -> P { P { x: 9 } } }", "p.f()", "P::new().x"],
        ["2", "9"],
    ),
    "a function of a struct twice": (
        ["struct P { x: int }", "impl P { fn f(self) { 1 } fn f(self) { 2 } }"],
        ["a function `P::f` is declared above"],
    ),
    "main runs": (["let x = 1", "main { x = 5 }", "x"], ["5"]),
    "what fails to compile changes nothing": (
        ["x = 1", "x = 2\ny = nope", "x", "fn f() { nope }", "f()"],
        ["nothing is named `nope`", "1", "nothing is named `nope`", "nothing is named `f`"],
    ),
    "what fails while it runs changes nothing": (
        ["x = 1", "fn f() { 1 }", "x = 2\nfn f() { 2 }\ny = 1 / 0", "x", "f()", "y"],
        ["division by zero", "1", "1", "nothing is named `y`"],
    ),
    "no value yet": (["if false { x = 1 }", "x"], ["`x` has no value yet"]),
    "random numbers go on": (["seed(7)", "a = rand(2)", "seed(7)", "b = rand(2)", "assert_eq(a, b)"], ["void"]),
    "nothing": (["", "// only a comment"], ["void", "void"]),
}  # fmt: skip


@pytest.mark.parametrize(("inputs", "wanted"), INPUTS.values(), ids=INPUTS)
def test_inputs(inputs: list[str], wanted: list[str]) -> None:
    assert given(begun(), inputs)[-len(wanted) :] == wanted


def test_places_name_the_input() -> None:
    interaction = begun()
    given(interaction, ["x = 1", "fn f(a) {\n    a[9]\n}"])
    with pytest.raises(SourceError) as caught:
        interaction.run("\nf([1, 2])")
    (found,) = caught.value.diagnostics
    assert (str(found.place), under_the_caret(found)) == ("input 2:2:5", (2, "a[9]"))
    assert "in `f`, called at input 3:2" in found.notes


def test_imports_last(tmp_path: Path) -> None:
    (tmp_path / "lib.tl").write_text("let k = 1\nfn f() { k += 1 k }\n")
    (tmp_path / "bad.tl").write_text("let k = 1 / 0\n")
    inputs = ['import "lib.tl"\nnope', 'import "lib.tl"', "f()", "k", "k = 10", "f()", "k", 'import "lib.tl"', "f()"]
    wanted = ["nothing is named `nope`", "void", "2", "2", "void", "3", "10", "void", "4"]
    interaction = begun(tmp_path)
    assert given(interaction, inputs) == wanted
    assert given(interaction, ['import "bad.tl"', 'import "bad.tl"', "1"]) == ["division by zero"] * 2 + ["1"]
    (tmp_path / "bad.tl").write_text("let late = 5\n")
    assert given(interaction, ['import "bad.tl"', "late"]) == ["void", "5"]


def test_a_file_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "lib.tl").write_text("fn g() { 7 }\n")
    (tmp_path / "sub" / "t.tl").write_text('import "lib.tl"\nx = g()\nmain { print("main", x) }\n')
    interaction = begun(tmp_path)
    interaction.run_file(tmp_path / "sub" / "t.tl")
    assert (printed(interaction), given(interaction, ["x + g()"])) == ("main 7\n", ["14"])
    with pytest.raises(TensorLogicError) as caught:
        interaction.run_file(tmp_path / "none.tl")
    assert caught.value.code == codes.FILE_NOT_FOUND


def test_what_is_interrupted_keeps_what_it_did(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> str:
        raise KeyboardInterrupt

    interaction = begun()
    monkeypatch.setattr("sys.stdin.readline", interrupt, raising=False)
    with pytest.raises(KeyboardInterrupt):
        interaction.run("n = 0\nloop { n += 1 if n == 3 { input() } }")
    assert given(interaction, ["n"]) == ["3"]


def test_values_that_inputs_hold_are_not_dropped() -> None:
    interaction = begun()
    given(interaction, ["struct L { n: int }", "impl Drop for L { fn drop(self) { print(self.n) } }", "l = L { n: 1 }"])
    assert (given(interaction, ["l.n"]), printed(interaction)) == (["1"], "")
    given(interaction, ["fn f() { let m = L { n: 2 } 0 }", "f()"])
    assert printed(interaction) == "2\n"


def test_reset() -> None:
    interaction = begun()
    given(interaction, ["x = 1"])
    interaction.reset()
    assert given(interaction, ["x"]) == ["nothing is named `x`"]


KINDS = {"x": "int", "zeros(2, 3)": "float32[2, 3]", "more()": "int", "print(1)": "void", '"s"': "string"}


@pytest.mark.parametrize(("expression", "wanted"), KINDS.items())
def test_kinds(expression: str, wanted: str) -> None:
    interaction = begun()
    given(interaction, ["x = 1", "fn more() { x += 1 x }", "seed(1)"])
    assert interaction.kind_of(expression) == wanted
    assert (given(interaction, ["x"]), printed(interaction)) == (["1"], "")


def test_the_kind_of_a_random_number_does_not_use_one_up() -> None:
    interaction = begun()
    given(interaction, ["seed(1)", "a = rand(1)", "seed(1)"])
    interaction.kind_of("rand(1)")
    assert given(interaction, ["assert_eq(a, rand(1))"]) == ["void"]
    with pytest.raises(SourceError, match="not an expression"):
        interaction.kind_of("x = 1")


COMPLETE = [
    "",
    "1",
    "x = )",
    "x = = (",
    "}",
    "if x { 1 }",
    "// (",
    '"("',
    "let x = 1",
    "tensor w: float16[2] learnable",
]
INCOMPLETE = ["f(", "x =", "{", "/* a", '"abc', 'print("abc\n', "fn f() {\n x", "if x {", "[1,", "1 +", "a.", "let"]


@pytest.mark.parametrize(("given", "wanted"), [(t, True) for t in COMPLETE] + [(t, False) for t in INCOMPLETE])
def test_completeness(given: str, wanted: bool) -> None:
    assert is_complete(given) is wanted
