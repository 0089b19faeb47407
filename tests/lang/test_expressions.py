from __future__ import annotations

import pytest

from tests.lang.harness import parsed

# From loosest to tightest, as the language defines it; each row holds its level against its neighbours.
PRECEDENCE = {
    "a or b and c": "(or a (and b c))",
    "a and b or c": "(or (and a b) c)",
    "a || b && c": "(or a (and b c))",
    "a or b or c": "(or (or a b) c)",
    "not a and b": "(and (not a) b)",
    "not a == b": "(not (== a b))",
    "not not a": "(not (not a))",
    "a and not b or c": "(or (and a (not b)) c)",
    "a == b and c != d": "(and (== a b) (!= c d))",
    "a + 1 < b * 2": "(< (+ a 1) (* b 2))",
    "a ≈ b + 1": "(≈ a (+ b 1))",
    "a <= b or a >= c": "(or (<= a b) (>= a c))",
    "a as int == b": "(== (as a int) b)",
    "a + b as int": "(as (+ a b) int)",
    "a as int as float": "(as (as a int) float)",
    "a as float16[2, n, ?]": "(as a float16[2, n, ?])",
    "a - b - c": "(- (- a b) c)",
    "a - b + c": "(+ (- a b) c)",
    "a + b * c": "(+ a (* b c))",
    "a * b + c": "(+ (* a b) c)",
    "a / b * c": "(* (/ a b) c)",
    "a % b / c": "(/ (% a b) c)",
    "a ⊙ b * c": "(* (* a b) c)",
    "a * b @ c": "(* a (@ b c))",
    "a @ b * c": "(* (@ a b) c)",
    "a @ b @ c": "(@ (@ a b) c)",
    "-a @ b": "(@ (- a) b)",
    "a @ -b": "(@ a (- b))",
    "-a * b": "(* (- a) b)",
    "a * -b": "(* a (- b))",
    "a - -b": "(- a (- b))",
    "!a == b": "(== (! a) b)",
    "!a and b": "(and (! a) b)",
    "- - a": "(- (- a))",
    "-a ** b": "(- (** a b))",
    "a ** b ** c": "(** a (** b c))",
    "a ** -b": "(** a (- b))",
    "a ** -b * c": "(* (** a (- b)) c)",
    "a ⊗ b ** c": "(⊗ a (** b c))",
    "a * b ** c": "(* a (** b c))",
    "a ** b @ c": "(@ (** a b) c)",
    "-a.b": "(- (. a b))",
    "a.b ** c": "(** (. a b) c)",
    "-f(x)[0] ** 2": "(- (** (index (call f x) 0) 2))",
    "(a + b) * c": "(* (+ a b) c)",
    "((a))": "a",
    "2 + 3 * 4 ** 2 / 8 - 1": "(- (+ 2 (/ (* 3 (** 4 2)) 8)) 1)",
}

TYPES = {
    "P { x: 1, y }": "(new P x: 1 y: y)",
    "P {\n  x: 1,\n  y: 2,\n}.x": "(. (new P x: 1 y: 2) x)",
    "Box<int> { value: 1 }": "(new Box<int> value: 1)",
    "Box<Box<float16[2, n]>>::new(1)": "(call Box::new 1)",
    "P::new(1).f(2)": "(call (. (call P::new 1) f) 2)",
    "f16::zeros([2])": "(call f16::zeros [2])",
    "a < b": "(< a b)",
    "x as int < y": "(< (as x int) y)",
    "if a { b }": "(if a {b} _)",
    "if a == P { b }": "(if (== a P) {b} _)",
    "if (P { x: 1 }) == a { b }": "(if (== (new P x: 1) a) {b} _)",
    "if f(P { x: 1 }) { b }": "(if (call f (new P x: 1)) {b} _)",
    "while a < b { c }": "(while (< a b) {c})",
    "for x in xs { P { x } }": "(for x xs {(new P x: x)})",
    "a\n{ b }": "a\n{b}",
}

MATCHES = {
    "match n { 0 => a, 1 | -2 => b, k if k < 0 => c, _ => d }":
        "(match n (=> 0 a) (=> 1|-2 b) (=> k if (< k 0) c) (=> _ d))",
    'match n { "a" => 1, true => 2, 0.5 => 3, }': "(match n (=> 'a' 1) (=> True 2) (=> 0.5 3))",
    "match p { P { x: 0, y } => y, P {} => 1 }": "(match p (=> (P x: 0 y: y) y) (=> (P) 1))",
    "match n {\n  0 => a\n  -1 => b\n}": "(match n (=> 0 a) (=> -1 b))",
    "match n { 0 => { a b } 1 => break, _ => return c }": "(match n (=> 0 {a; b}) (=> 1 {break}) (=> _ {(return c)}))",
    "x = match n { _ => a } + 1": "(= x (+ (match n (=> _ a)) 1))",
    "match n { }": "(match n)",
    "x = if a > 0 { b } else { c } + 1": "(= x (+ (? (> a 0) b c) 1))",
    "x = if a {\n  P { x }\n}\nelse if b { [1] } else {\n  if c { 2 } else { 3 }\n}":
        "(= x (? a (new P x: x) (? b [1] (? c 2 3))))",
    "(if a { b } else { c }).d": "(. (? a b c) d)",
    "f(if a { b } else { c }, match n { _ => if a { 1 } else { 2 } })": "(call f (? a b c) (match n (=> _ (? a 1 2))))",
}  # fmt: skip

POSTFIX = {
    "f()": "(call f)",
    "f(a, b)": "(call f a b)",
    "f(a, b,)": "(call f a b)",
    "f(a, by = b)": "(call f a by: b)",
    'f(x, device: "cpu", n: 1 + 2)': "(call f x device: 'cpu' n: (+ 1 2))",
    "x.f(a)": "(call (. x f) a)",
    "x.f().g(1)": "(call (. (call (. x f)) g) 1)",
    "m.metadata.format": "(. (. m metadata) format)",
    'r["name"]': "(index r 'name')",
    "x[0]": "(index x 0)",
    "x[-1]": "(index x (- 1))",
    "x[i + 1, 2]": "(index x (+ i 1) 2)",
    "x[0][1]": "(index (index x 0) 1)",
    "x[:]": "(index x _:_)",
    "x[1:]": "(index x 1:_)",
    "x[:-1, 0]": "(index x _:(- 1) 0)",
    "x[a:b, :, i]": "(index x a:b _:_ i)",
    "x[[0, 2]]": "(index x [0 2])",
    "5.abs()": "(call (. 5 abs))",
    '"a".len()': "(call (. 'a' len))",
    "[1, 2].sum()": "(call (. [1 2] sum))",
    "(a + b).f()": "(call (. (+ a b) f))",
}

LITERALS = {
    "42": "42",
    "3.14": "3.14",
    "1e-5": "1e-05",
    "2E3": "2000.0",
    "1.5e2": "150.0",
    "007": "7",
    "true": "True",
    "false": "False",
    '"text"': "'text'",
    '""': "''",
    r'"a\tb\n\r\"\\"': repr('a\tb\n\r"\\'),
    r'"\d stays"': repr(r"\d stays"),
    '"é ≈ 日本"': "'é ≈ 日本'",
    '"two\nlines"': repr("two\nlines"),
    "[]": "[]",
    "[1, 2, 3]": "[1 2 3]",
    "[[1.0, 2.0], [3.0, 4.0]]": "[[1.0 2.0] [3.0 4.0]]",
    "[1, 2,]": "[1 2]",
    "[2 * n, -1]": "[(* 2 n) (- 1)]",
}


TABLES = (PRECEDENCE, TYPES, MATCHES, POSTFIX, LITERALS)


@pytest.mark.parametrize(("text", "want"), [row for rows in TABLES for row in rows.items()])
def test_expression(text: str, want: str) -> None:
    assert parsed(text) == want


@pytest.mark.parametrize("word", ["letter", "breakfast", "inverse", "android", "format", "trueish", "iffy", "fnord"])
def test_a_keyword_is_a_whole_word(word: str) -> None:
    assert parsed(word) == word


@pytest.mark.parametrize(
    "word",
    [
        "range",
        "input",
        "shape",
        "tensor",
        "main",
        "frozen",
        "int",
        "impl",
        "test",
        "query",
        "struct",
        "self",
    ],
)
def test_a_word_that_begins_nothing_is_a_name(word: str) -> None:
    assert parsed(f"{word} = {word} + 1") == f"(= {word} (+ {word} 1))"
