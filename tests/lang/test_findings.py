"""What the parser and the checker find wrong, and where: the text under the caret is written down."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from tensorlogic.errors import Code, codes
from tests.lang.harness import findings, under_the_caret


class Case(NamedTuple):
    text: str
    code: Code
    line: int
    caret: str
    message: str
    help: str = ""


SYNTAX = [
    Case("x = $", codes.UNEXPECTED_CHARACTER, 1, "$", "unexpected character `$`"),
    Case("x = 'a'", codes.UNEXPECTED_CHARACTER, 1, "'", "unexpected character", "double quotes"),
    Case("x = 1 # note", codes.UNEXPECTED_CHARACTER, 1, "#", "unexpected character", "//"),
    Case("a & b", codes.UNEXPECTED_CHARACTER, 1, "&", "unexpected character", "`&&`"),
    Case("x = 1\x00", codes.UNEXPECTED_CHARACTER, 1, "\x00", "U+0000"),
    Case('x = 1\ny = "abc', codes.UNTERMINATED_TEXT, 2, '"', "no closing quote"),
    Case("x = 1 /* abc\n", codes.UNTERMINATED_TEXT, 1, "/*", "no end", "*/"),
    Case("x = 12ab", codes.BAD_LITERAL, 1, "12ab", "malformed number"),
    Case("x = 0x1F", codes.BAD_LITERAL, 1, "0x1F", "malformed number"),
    Case("x = 1e", codes.BAD_LITERAL, 1, "1e", "malformed number"),
    Case("x = 9223372036854775809", codes.BAD_LITERAL, 1, "9223372036854775809", "64 bits", ".0"),
    Case("x = " + "9" * 5000, codes.BAD_LITERAL, 1, "9" * 5000, "5000 digits"),
    Case("let x =\n\nlet y = 2", codes.UNEXPECTED_TOKEN, 3, "let", "expected an expression, found `let`"),
    Case("x = (1 + 2", codes.UNEXPECTED_TOKEN, 1, "", "expected `)`, found the end of the file"),
    Case("f(1 2)", codes.UNEXPECTED_TOKEN, 1, "2", "expected `,` or `)`"),
    Case("x = .5", codes.UNEXPECTED_TOKEN, 1, ".", "expected an expression"),
    Case("if x { 1", codes.UNEXPECTED_TOKEN, 1, "", "expected `}` to close the block"),
    Case("}", codes.UNEXPECTED_TOKEN, 1, "}", "closes nothing"),
    Case("for in x { }", codes.UNEXPECTED_TOKEN, 1, "in", "expected a name"),
    Case("f(x) = 3", codes.UNEXPECTED_TOKEN, 1, "f(x)", "cannot be assigned to", "x[0]"),
    Case("f() = 3", codes.UNEXPECTED_TOKEN, 1, "f()", "cannot be assigned to"),
    Case("x[] = 3", codes.UNEXPECTED_TOKEN, 1, "[]", "an index is missing"),
    Case("a < b < c", codes.UNEXPECTED_TOKEN, 1, "<", "do not chain", "`and`"),
    Case("a == b == c", codes.UNEXPECTED_TOKEN, 1, "==", "do not chain"),
    Case("fn f(x: float16[-1]) {}", codes.UNEXPECTED_TOKEN, 1, "-", "expected a dimension"),
    Case("import other", codes.UNEXPECTED_TOKEN, 1, "other", "the path of a file"),
    Case('print("a)\nprint("b")', codes.UNEXPECTED_TOKEN, 2, "b", "expected `,` or `)`", "line 1"),
    Case("if x <-1 {}", codes.UNEXPECTED_TOKEN, 1, "<-", "expected `{`", "`< -`"),
    Case("P(X)[0] <- Q(X)", codes.UNEXPECTED_TOKEN, 1, "P(X)[0]", "the head of a rule", "P(X) <- Q(X)"),
    Case("x = y?", codes.UNEXPECTED_TOKEN, 1, "?", "expected the end", "Only a relation is asked for"),
    Case("infer P(X)?", codes.UNEXPECTED_TOKEN, 1, "P", "expected forward, backward"),
    Case("x = " + "(" * 500, codes.NESTED_TOO_DEEPLY, 1, "(", "more than 100 levels"),
    Case("x = " + "-" * 500 + "1", codes.NESTED_TOO_DEEPLY, 1, "-", "more than 100 levels"),
    Case("x = " + "[" * 5000 + "]" * 5000, codes.NESTED_TOO_DEEPLY, 1, "[", "more than 100 levels"),
    Case("if true {" * 500 + "}" * 500, codes.NESTED_TOO_DEEPLY, 1, "t", "more than 100 levels"),
    Case("x = 2" + "**2" * 500, codes.NESTED_TOO_DEEPLY, 1, "2", "more than 100 levels"),
    Case("x = 1" + " + 1" * 5000, codes.NESTED_TOO_DEEPLY, 1, "x", "nested too deeply"),
    Case("loop {" * 21 + "}" * 21, codes.NESTED_TOO_DEEPLY, 1, "loop {}", "more than 20 loops"),
]

NAMES = [
    Case("print(y)", codes.UNDEFINED_NAME, 1, "y", "nothing is named `y`"),
    Case("\nprnt(1)", codes.UNDEFINED_NAME, 2, "prnt", "nothing is named `prnt`", "`print`"),
    Case("total = 1\nprint(totl)", codes.UNDEFINED_NAME, 2, "totl", "nothing is named", "`total`"),
    Case("x = True", codes.UNDEFINED_NAME, 1, "True", "nothing is named", "`true`"),
    Case("x = x + 1", codes.UNDEFINED_NAME, 1, "x", "nothing is named `x`"),
    Case("x += 1", codes.UNDEFINED_NAME, 1, "x", "nothing is named `x`"),
    Case("if 1 { let y = 2 }\nprint(y)", codes.UNDEFINED_NAME, 2, "y", "nothing is named", "inside a block"),
    Case("for i in range(3) { }\nprint(i)", codes.UNDEFINED_NAME, 2, "i", "nothing is named", "inside a block"),
    Case("fn f() { let y = 1 }\nprint(y)", codes.UNDEFINED_NAME, 2, "y", "nothing is named `y`"),
    Case("fn f(a) { a }\nf(1, 2)", codes.WRONG_ARGUMENTS, 2, "f(1, 2)", "`f(a)` takes 1 value, 2 given"),
    Case("fn f(a, b) { a }\nf(1)", codes.WRONG_ARGUMENTS, 2, "f(1)", "`f(a, b)` also needs `b`"),
    Case("fn f(a) { a }\nf(c: 1)", codes.UNKNOWN_OPTION, 2, "c", "no option `c`"),
    Case("fn f(a) { a }\nf(1, a: 2)", codes.WRONG_ARGUMENTS, 2, "a", "`a` is given twice"),
    Case("print(a: 1, a: 2)", codes.DUPLICATE_NAME, 1, "a", "`a` is given twice"),
    Case("print(a: 1, 2)", codes.WRONG_ARGUMENTS, 1, "2", "follows an option"),
    Case("x = zeros", codes.WRONG_TYPE, 1, "zeros", "`zeros` is a function, not a value", "zeros(…)"),
    Case('print "hi"', codes.WRONG_TYPE, 1, "print", "is a function, not a value", "print(…)"),
    Case("x = 3\nx(1)", codes.WRONG_TYPE, 2, "x", "`x` is a value here, not a function"),
    Case("pi(1)", codes.WRONG_TYPE, 1, "pi", "is a value here"),
    Case("3(1)", codes.WRONG_TYPE, 1, "3", "this is not a function"),
    Case("fn f() { 1 }\nfn f() { 2 }", codes.DUPLICATE_NAME, 2, "f", "is declared above"),
    Case("fn f(a, a) { 1 }", codes.DUPLICATE_NAME, 1, "a", "two parameters `a`"),
    Case("fn f() { 1 }\nf = 3", codes.DUPLICATE_NAME, 2, "f", "is a function of this file"),
    Case("main { }\nmain { }", codes.DUPLICATE_NAME, 2, "main { }", "another `main`"),
    Case("break", codes.MISPLACED_STATEMENT, 1, "break", "not inside a loop"),
    Case("fn f() { continue }", codes.MISPLACED_STATEMENT, 1, "continue", "not inside a loop"),
    Case("return 1", codes.MISPLACED_STATEMENT, 1, "return 1", "not inside a function"),
    Case("if 1 { fn f() { } }", codes.MISPLACED_STATEMENT, 1, "fn f() { }", "top level"),
    Case('main { import "a.tl" }', codes.MISPLACED_STATEMENT, 1, '"a.tl"', "top level"),
    Case("fn f() -> void { return 1 }", codes.WRONG_TYPE, 1, "1", "`f` returns nothing"),
    Case("fn f(x: flot16) { }", codes.UNDEFINED_NAME, 1, "flot16", "no type `flot16`", "`float16`"),
    Case("fn f(x: int[3]) { }", codes.WRONG_TYPE, 1, "int[3]", "cannot have dimensions", "int64"),
    Case("fn f(x: void) { }", codes.WRONG_TYPE, 1, "void", "only a function's result"),
    Case("x = 1 as void", codes.WRONG_TYPE, 1, "void", "only a function's result"),
    Case("tensor x: string", codes.WRONG_TYPE, 1, "string", "is no tensor", "let x"),
    Case("tensor x: float32[n]", codes.WRONG_TYPE, 1, "float32[n]", "is not known"),
    Case("x = [[1, 2], [3]]", codes.RAGGED_ARRAY, 1, "[3]", "row 1 of this array has shape [1], row 0 has"),
    Case("x = [[1], 2]", codes.RAGGED_ARRAY, 1, "2", "row 1"),
    Case("x = [[[1], [2]], [[3], [4, 5]]]", codes.RAGGED_ARRAY, 1, "[4, 5]", "row 1"),
]


@pytest.mark.parametrize("case", [*SYNTAX, *NAMES], ids=lambda case: case.text[:40])
def test_finding(case: Case) -> None:
    found = findings(case.text)[0]
    assert found.code == case.code
    assert case.message in found.message
    assert under_the_caret(found) == (case.line, case.caret)
    assert case.help in (found.help or "")


def test_all_problems_of_a_file_come_together_in_the_order_of_the_text() -> None:
    text = "x = (1 + \ny = 2\nfor { }\nz = 'a'\nif x { ) }\nok = 1\nlet = 4\n"
    assert [under_the_caret(d) for d in findings(text)] == [
        (2, "="),
        (3, "{"),
        (4, "'"),
        (4, "'"),
        (5, ")"),
        (7, "="),
    ]


def test_names_are_checked_everywhere_before_anything_runs() -> None:
    text = "fn f(x) { print(a) }\nprint(b)\nmain { print(c) }\n"
    assert [under_the_caret(d) for d in findings(text)] == [(1, "a"), (2, "b"), (3, "c")]


def test_there_are_at_most_twenty_findings() -> None:
    assert len(findings("\n".join(f"x{i} = y{i}" for i in range(100)))) == 20
    assert len(findings("\n".join("x = )" for _ in range(100)))) == 20


def test_a_file_that_is_never_closed_still_shows_later_problems() -> None:
    found = [under_the_caret(d) for d in findings("fn f() {\n  x = (\n  y = 1\n  z = 'q'\n}\n")]
    assert found[0] == (3, "=")
    assert (4, "'") in found
