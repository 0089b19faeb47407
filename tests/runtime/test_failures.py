"""Programs that fail while they run: the code, the line, the text under the caret, and what is said."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from tensorlogic.errors import Code, TensorLogicError, codes
from tests.runtime.harness import failure, output, under_the_caret


class Case(NamedTuple):
    text: str
    code: Code
    line: int
    caret: str
    message: str
    help: str = ""
    notes: tuple[str, ...] = ()


OPERATORS = [
    Case("x = 1\n\nx / 0", codes.RUN_FAILED, 3, "x / 0", "division by zero"),
    Case("1 % 0", codes.RUN_FAILED, 1, "1 % 0", "division by zero"),
    Case('1 + "a"', codes.WRONG_TYPE, 1, '1 + "a"', "`+` does not take an int and a string"),
    Case('"a" + 1', codes.WRONG_TYPE, 1, '"a" + 1', "`+` does not take a string and an int", "str("),
    Case('-"a"', codes.WRONG_TYPE, 1, '-"a"', "`-` does not take a string"),
    Case('"a" < 1', codes.WRONG_TYPE, 1, '"a" < 1', "`<` does not take a string and an int"),
    Case('"a" % 1', codes.WRONG_TYPE, 1, '"a" % 1', "`%` does not take a string"),
    Case('"a" * 1.5', codes.WRONG_TYPE, 1, '"a" * 1.5', "a whole number of times, not by a float"),
    Case("print() + 1", codes.WRONG_TYPE, 1, "print() + 1", "`+` does not take nothing and an int"),
    Case("(0 - 8) ** 0.5", codes.RUN_FAILED, 1, "(0 - 8) ** 0.5", "has no real value"),
    Case("2.0 ** 5000", codes.RUN_FAILED, 1, "2.0 ** 5000", "too large"),
    Case("print(10 ** 5000)", codes.RUN_FAILED, 1, "print(10 ** 5000)", "too many digits"),
    Case("x = 3\nx[0]", codes.WRONG_TYPE, 2, "x[0]", "an int has no elements"),
    Case('x = "abc"\nx[0] = "d"', codes.WRONG_TYPE, 2, "x[0]", "of a string cannot be assigned to"),
    Case('x = ["a"]\nx[5]', codes.RUN_FAILED, 2, "x[5]", "the index is out of range"),
    Case('x = ["a"]\nx[0.5]', codes.WRONG_TYPE, 2, "x[0.5]", "not a float"),
    Case(
        "x = [1, 2]\nx[int(5)]",
        codes.RUN_FAILED,
        2,
        "x[int(5)]",
        "index 5 is out of bounds",
        notes=("`x` is int64[2]",),
    ),
    Case("x = [1, 2]\nx[0, 0]", codes.RUN_FAILED, 2, "x[0, 0]", "more indices than axes"),
    Case("for i in 5 { }", codes.WRONG_TYPE, 1, "5", "the elements of an int", "range(5)"),
    Case("a = [1, 2]\nif a == a { }", codes.WRONG_TYPE, 2, "a == a", "only if it has one element", "any("),
    Case("if 1 > 2 { q = 1 }\nprint(q)", codes.UNDEFINED_NAME, 2, "q", "`q` has no value yet"),
    Case("fn f() { x }\nf()\nx = 1", codes.UNDEFINED_NAME, 1, "x", "`x` has no value yet"),
    Case('[1, "a"]', codes.WRONG_TYPE, 1, '[1, "a"]', "one kind of value, not both int and string"),
    Case('r = ["a"]\n[r, ["b", "c"]]', codes.RAGGED_ARRAY, 2, '[r, ["b", "c"]]', "row 1 of this array has shape [2]"),
    Case('1.5 + "2" as int', codes.WRONG_TYPE, 1, '1.5 + "2"', "`+` does not take"),
    Case('"2" as int', codes.WRONG_TYPE, 1, '"2" as int', "a string cannot be cast to int"),
    Case("[1, 2] as int", codes.WRONG_TYPE, 1, "[1, 2] as int", "cannot be cast to int", "int64"),
    Case(
        "[99999999999999999999.0] as float16[3]", codes.WRONG_TYPE, 1, "[99999999999999999999.0] as float16[3]", "[3]"
    ),
]

TENSORS = [
    Case(
        "x = ones(2, 3)\nw = get([ones(4, 5)], 0)\n\ny = x @ w",
        codes.WRONG_SHAPE,
        4,
        "x @ w",
        "in a matrix product: [2, 3] and [4, 5]",
        notes=("`x` is float32[2, 3]", "`w` is float32[4, 5]"),
    ),
    Case("a = get([ones(2, 3)], 0)\na + ones(2)", codes.WRONG_SHAPE, 2, "a + ones(2)", "3 and 2 in axis 1"),
    Case("ones(2).reshape(3)", codes.WRONG_SHAPE, 1, "ones(2).reshape(3)", "cannot have the shape [3]"),
    Case("zeros(1000000, 1000000)", codes.TOO_LARGE, 1, "zeros(1000000, 1000000)", "3.638 TiB"),
    Case("zeros(-1)", codes.WRONG_SHAPE, 1, "zeros(-1)", "a size is negative"),
    Case("tensor x: float32[1000000, 1000000]", codes.TOO_LARGE, 1, "tensor x: float32[1000000, 1000000]", "TiB"),
    Case('zeros(2, dtype: "flat32")', codes.UNSUPPORTED_TYPE, 1, 'zeros(2, dtype: "flat32")', "flat32", "float32"),
    Case("zeros(2, dtype: 3)", codes.UNSUPPORTED_TYPE, 1, "zeros(2, dtype: 3)", "there is no data type int", "int8"),
    Case('relu("a")', codes.WRONG_TYPE, 1, 'relu("a")', "takes a tensor, not a string"),
    Case("softmax([1, 2])", codes.WRONG_TYPE, 1, "softmax([1, 2])", "takes a tensor of floats", "float32"),
    Case("norm([1, 2])", codes.WRONG_TYPE, 1, "norm([1, 2])", "takes a tensor of floats", "float32"),
    Case("mse_loss([1], [2])", codes.WRONG_TYPE, 1, "mse_loss([1], [2])", "takes a tensor of floats", "float32"),
    Case(
        "ones(2, 3).sum(axis: 2)",
        codes.RUN_FAILED,
        1,
        "ones(2, 3).sum(axis: 2)",
        "no axis 2; the axes of this tensor are -2 to 1",
    ),
    Case('x = ones(2)\nx[0] = "a"', codes.WRONG_TYPE, 2, "x[0]", "elements of a tensor are numbers, not a string"),
    Case("x = ones(2)\nx[0] = [1, 2]", codes.WRONG_SHAPE, 2, "x[0]", "[2] does not become []"),
    Case("x = ones(3)\nx[0:2] = [1, 2, 3]", codes.WRONG_SHAPE, 2, "x[0:2]", "[3] does not become [2]"),
    Case("x = ones(3)\nx[[0, 1]] = [1, 2, 3]", codes.WRONG_SHAPE, 2, "x[[0, 1]]", "[3] does not become [2]"),
    Case(
        "tensor x: float32[2] = print()",
        codes.WRONG_TYPE,
        1,
        "tensor x: float32[2] = print()",
        "`x` must be a float32[2], not nothing",
    ),
    Case("log(0)", codes.RUN_FAILED, 1, "log(0)", "no real value"),
]

CALLS = [
    Case("range()", codes.WRONG_ARGUMENTS, 1, "range()", "also needs `start`"),
    Case("seed(1, 2)", codes.WRONG_ARGUMENTS, 1, "seed(1, 2)", "`seed(number)` takes 1 value, 2 given"),
    Case("ones(2, dtyp: 1)", codes.UNKNOWN_OPTION, 1, "dtyp", "no option `dtyp`", "`dtype`"),
    Case("ones(2).sum(axes: 1)", codes.UNKNOWN_OPTION, 1, "ones(2).sum(axes: 1)", "no option `axes`", "`axis`"),
    Case("fn f(a, b) { a }\n1.f()", codes.WRONG_ARGUMENTS, 2, "1.f()", "`f(a, b)` also needs `b`"),
    Case(
        "ones(2).qqq()",
        codes.NO_MEMBER,
        1,
        "ones(2).qqq()",
        "a float32[2] has no member `qqq`",
        "dtype, grad, ndim, shape",
    ),
    Case("ones(2).reshpe(2)", codes.NO_MEMBER, 1, "ones(2).reshpe(2)", "has no member `reshpe`", "`reshape`"),
    Case("ones(2).shape.foo", codes.NO_MEMBER, 1, "ones(2).shape.foo", "a list has no member `foo`"),
    Case("fn f(a) { a }\n1.f(a: 2)", codes.WRONG_ARGUMENTS, 2, "1.f(a: 2)", "`a` is given twice"),
    Case("ones(2).shpe", codes.NO_MEMBER, 1, "ones(2).shpe", "has no member `shpe`", "`shape`"),
    Case('print("{} {}", 1)', codes.WRONG_ARGUMENTS, 1, 'print("{} {}", 1)', "2 places {} for 1 values"),
    Case("assert(1 == 2)", codes.ASSERTION_FAILED, 1, "assert(1 == 2)", "does not hold"),
    Case('assert(false, "no good")', codes.ASSERTION_FAILED, 1, 'assert(false, "no good")', "no good"),
    Case("assert([1, 2] == [1, 3])", codes.ASSERTION_FAILED, 1, "assert([1, 2] == [1, 3])", "does not hold"),
    Case('int("x")', codes.WRONG_TYPE, 1, 'int("x")', '"x" is not the text of an int'),
    Case('load_image("none.png")', codes.FILE_NOT_FOUND, 1, 'load_image("none.png")', "no file none.png"),
    Case('r = topk([1, 2], 1)\nk = "no"\nr[k]', codes.NO_MEMBER, 3, "r[k]", "no field `no`"),
    Case("r = topk([1, 2], 1)\nr.vals", codes.NO_MEMBER, 2, "r.vals", "no member `vals`", "`values`"),
]

TYPES = [
    Case("fn f(n: int) { n }\nf(\n 2.5)", codes.WRONG_TYPE, 2, "f(", "`n` of `f(n)` must be an int, not a float"),
    Case("fn f(n: int) { n }\nf(true)", codes.WRONG_TYPE, 2, "f(true)", "must be an int, not a bool"),
    Case("fn f(s: string) { s }\nf(1)", codes.WRONG_TYPE, 2, "f(1)", "must be a string, not an int"),
    Case("fn f(x: int32[n]) { x }\nf(ones(2))", codes.WRONG_TYPE, 2, "f(ones(2))", "not a float32[2]", "as int32"),
    Case(
        "fn f(x: float32[n]) { x }\nf(ones(2) > 0)",
        codes.WRONG_TYPE,
        2,
        "f(ones(2) > 0)",
        "not a bool[2]",
        "as float32",
    ),
    Case(
        "fn f(x: float32[n]) { x }\nf(ones(2, 2))",
        codes.WRONG_TYPE,
        2,
        "f(ones(2, 2))",
        "float32[n], not a float32[2, 2]",
    ),
    Case("fn f(x: float32[3]) { x }\nf([1, 2])", codes.WRONG_TYPE, 2, "f([1, 2])", "float32[3], not a float32[2]"),
    Case("fn f(x: float32[2, 2]) { x }\nf(1.5)", codes.WRONG_TYPE, 2, "f(1.5)", "not a float"),
    Case(
        "fn f(x: float32[n, n]) { x }\nf(ones(2, 3))",
        codes.WRONG_TYPE,
        2,
        "f(ones(2, 3))",
        "float32[n, n]",
        notes=("n is 2 here",),
    ),
    Case(
        "fn f(x: float32[n], y: float32[n]) { x }\nmain {\n  f([1, 2], [1, 2, 3])\n}",
        codes.WRONG_TYPE,
        3,
        "f([1, 2], [1, 2, 3])",
        "`y` of `f(x, y)`",
        notes=("n is 2 here",),
    ),
    Case("fn f() -> int { 1.5 }\nf()", codes.WRONG_TYPE, 1, "1.5", "the value of `f()` must be an int, not a float"),
    Case("fn f(c) -> int { if c { 1 } }\nf(false)", codes.WRONG_TYPE, 1, "}", "must be an int, not nothing"),
    Case("fn f() -> float32[3] { ones(2) }\nf()", codes.WRONG_TYPE, 1, "ones(2)", "float32[3], not a float32[2]"),
    Case("let x: int = 2.5", codes.WRONG_TYPE, 1, "let x: int = 2.5", "`x` must be an int, not a float"),
    Case("tensor x: float32[2, 2] = [1, 2, 3]", codes.WRONG_TYPE, 1, "tensor x: float32[2, 2] = [1, 2, 3]", "[2, 2]"),
    Case('y = "a"\ntensor x: float32[2] = y', codes.WRONG_TYPE, 2, "tensor x: float32[2] = y", "not a string"),
    Case("tensor x: int32[2] = [1.5, 2]", codes.WRONG_TYPE, 1, "[1.5, 2]", "an array of int32 cannot hold floats"),
    Case("tensor x: int32[] = 2.5", codes.WRONG_TYPE, 1, "tensor x: int32[] = 2.5", "int32[], not a float"),
    Case("fn f(x: int64[]) { x }\nf(2.5)", codes.WRONG_TYPE, 2, "f(2.5)", "int64[], not a float"),
    Case("tensor x: uint8[1] = [300]", codes.RUN_FAILED, 1, "[300]", "too large for the elements"),
]


@pytest.mark.parametrize("case", [*OPERATORS, *TENSORS, *CALLS, *TYPES], ids=lambda case: case.text[:40])
def test_failure(case: Case) -> None:
    found = failure(case.text)
    assert found.code == case.code
    assert case.message in found.message
    assert case.help in (found.help or "")
    assert under_the_caret(found) == (case.line, case.caret)
    assert found.notes[: len(case.notes)] == case.notes


@pytest.mark.parametrize("line", [1, 2, 7, 40])
@pytest.mark.parametrize("fault", ["ones(2) + ones(3)", "[1, 2, 3].reshape([2, 2])", "ones(2)[9]", "1 / 0"])
def test_a_failure_in_torch_is_reported_at_its_line(line: int, fault: str) -> None:
    lines = ["x = 1"] * 50
    lines[line - 1] = f"y = {fault}"
    assert under_the_caret(failure("\n".join(lines))) == (line, fault)


def test_the_calls_that_led_there_are_notes() -> None:
    text = "fn inner(a) {\n  a / 0\n}\nfn outer(a) {\n  inner(a)\n}\n\nmain {\n  outer(1)\n}\n"
    found = failure(text)
    assert under_the_caret(found) == (2, "a / 0")
    assert found.notes == ("in `inner`, called at t.tl:5", "in `outer`, called at t.tl:9")


def test_an_endless_recursion_is_an_error_with_few_notes() -> None:
    found = failure("fn f(n) { f(n + 1) }\nf(1)")
    assert found.code == codes.RUN_FAILED
    assert under_the_caret(found) == (1, "f(n + 1)")
    assert len(found.notes) == 9
    assert "more calls" in found.notes[4]


def test_what_was_printed_before_a_failure_stays(capsys: pytest.CaptureFixture[str]) -> None:
    from tensorlogic.errors import TensorLogicError
    from tensorlogic.runtime import run_source

    with pytest.raises(TensorLogicError):
        run_source("print(1)\nprint(1 / 0)\nprint(2)")
    assert capsys.readouterr().out == "1\n"


def test_a_failure_in_a_multiline_expression_is_shown_on_its_first_line() -> None:
    found = failure("x = [\n  1 / 0,\n  2\n]\n")
    assert under_the_caret(found) == (2, "1 / 0")
    assert output("x = [\n 1\n]\nprint(x)") == "[1]"


def test_calls_of_builtins_are_checked_before_anything_runs() -> None:
    with pytest.raises(TensorLogicError) as caught:
        output("print(1)\nzeros(2, dtyp: 1)\nseed(1, 2)\nIntVec::new(3)\nwhere(1)")
    found = [(d.code, under_the_caret(d)) for d in caught.value.diagnostics]
    assert found == [
        (codes.UNKNOWN_OPTION, (2, "dtyp")),
        (codes.WRONG_ARGUMENTS, (3, "seed(1, 2)")),
        (codes.WRONG_ARGUMENTS, (4, "IntVec::new(3)")),
        (codes.WRONG_ARGUMENTS, (5, "where(1)")),
    ]
