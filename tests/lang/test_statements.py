from __future__ import annotations

import pytest

from tests.lang.harness import parsed

STATEMENTS = {
    "let x = 1": "(let x 1)",
    "let x := 1": "(let x 1)",
    "let x: float16[3] = y": "(let x float16[3] y)",
    "x = 1": "(= x 1)",
    "x := 1": "(= x 1)",
    "x += 1": "(+= x 1)",
    "x -= 1": "(-= x 1)",
    "x *= 2 + 3": "(*= x (+ 2 3))",
    "x /= 2": "(/= x 2)",
    "w[0, :] = 0": "(= (index w 0 _:_) 0)",
    "w[i] += 1": "(+= (index w i) 1)",
    "tensor x: float16[3] = [1, 2, 3]": "(tensor x float16[3] [1 2 3])",
    "tensor x: float16[2, 3]": "(tensor x float16[2, 3] _)",
    "tensor x: float16[3] frozen = y": "(tensor x float16[3] y)",
    "tensor x: float16[]": "(tensor x float16[] _)",
    "if a { b }": "(if a {b} _)",
    "if a { b } else { c }": "(if a {b} {c})",
    "if a { b } else if c { d } else { e }": "(if a {b} {(if c {d} {e})})",
    "if a\n{ b }\n\nelse\n{ c }": "(if a {b} {c})",
    "for i in range(10) { print(i) }": "(for i (call range 10) {(call print i)})",
    "for x in [1.0, 2.0] { x }": "(for x [1.0 2.0] {x})",
    "while a < 3 { a += 1 }": "(while (< a 3) {(+= a 1)})",
    "loop { break continue }": "(while _ {break; continue})",
    "fn f() { }": "(fn f() _ {})",
    "fn f(x, y) { x + y }": "(fn f(x, y) _ {(+ x y)})",
    "fn f(x: float16[n, d], k: int) -> float16[n, ?] { return x }": (
        "(fn f(x: float16[n, d], k: int) float16[n, ?] {(return x)})"
    ),
    "fn f()\n-> void\n{ return }": "(fn f() void {(return _)})",
    'import "other.tl"': "(import other.tl)",
    "main { x = 1 }": "(main {(= x 1)})",
    "test sums { assert(1 == 1) }": "(test sums {(call assert (== 1 1))})",
    "bench sums { f() }": "(bench sums {(call f)})",
    "python import numpy": "(python numpy numpy)",
    "python import os.path as p": "(python os.path p)",
    "x.y = 1 x.y[0].z += 2": "(= (. x y) 1)\n(+= (. (index (. x y) 0) z) 2)",
    "struct P {}": "(struct P)",
    "struct P { x: float, y: float16[n], }": "(struct P x: float y: float16[n])",
    "struct Box<T, U> {\n  a: T\n  b: Box<U, int>\n}": "(struct Box T U a: T b: Box<U int>)",
    "impl P { fn f(self) { } fn g() -> P { x } }": "(impl P (fn f(self) _ {}) (fn g() P {x}))",
    "impl<T> Box<T> { }": "(impl T Box<T>)",
    "impl Drop for P { fn drop(self) -> void { } }": "(impl Drop P (fn drop(self) void {}))",
    "{ x = 1 { y = 2 } }": "{(= x 1); {(= y 2)}}",
    "return": "(return _)",
    "": "",
    "// only a comment": "",
    "/* one */ x /* two\nlines */": "x",
}

# A newline ends a statement when the expression so far is complete, unless the next line goes on with it.
NEWLINES = {
    "a\nb": "a\nb",
    "a; b;; c;": "a\nb\nc",
    "a\n+ b": "(+ a b)",
    "a\n* b": "(* a b)",
    "a\n@ b": "(@ a b)",
    "a\n** b": "(** a b)",
    "a\n== b": "(== a b)",
    "a\nand b": "(and a b)",
    "a\n|| b": "(or a b)",
    "a\nas int": "(as a int)",
    "a\n- b": "a\n(- b)",
    "a -\nb": "(- a b)",
    "a +\n\n// and\nb": "(+ a b)",
    "x = a\n[1]": "(= x a)\n[1]",
    "x = a\n(b)": "(= x a)\nb",
    "x = a[1]": "(= x (index a 1))",
    "x = f\n(1)": "(= x f)\n1",
    "a\n.b\n.c(1)": "(call (. (. a b) c) 1)",
    "a\n!b": "a\n(! b)",
    "a\nnot b": "a\n(not b)",
    "x =\n1": "(= x 1)",
    "f(\na\n,\nb\n)": "(call f a b)",
    "(a\n- b)": "(- a b)",
    "[a\n- b\n, c]": "[(- a b) c]",
    "x[\n0\n]": "(index x 0)",
    "f(a\n[0])": "(call f (index a 0))",
    "return\nx": "(return _)\nx",
    "x = 1 y = 2": "(= x 1)\n(= y 2)",
    "f(a) g(b)": "(call f a)\n(call g b)",
    "if a { b } c": "(if a {b} _)\nc",
    "if a { b }\n-c": "(if a {b} _)\n(- c)",
    "a /* \n */ - b": "a\n(- b)",
    "a\r\nb\r\n": "a\nb",
}


@pytest.mark.parametrize(("text", "want"), STATEMENTS.items())
def test_statement(text: str, want: str) -> None:
    assert parsed(text) == want


@pytest.mark.parametrize(("text", "want"), NEWLINES.items())
def test_newline(text: str, want: str) -> None:
    assert parsed(text) == want


CLAUSES = {
    "entity Person = {alice, \"Bob Smith\"}": "(entity Person {alice 'Bob Smith'})",
    "entity Person": "(entity Person _)",
    "relation Parent(x: Person, y: Person)": "(relation Parent(x: Person, y: Person) _ _)",
    'relation Age(x, n: int) from "ages.csv"': "(relation Age(x, n: int) _ 'ages.csv')",
    "relation R(x: entity) embed float16[64]": "(relation R(x: entity) float16[64] _)",
    "Parent(alice, bob)": "(call Parent alice bob)",
    "P(X, Z) <- Q(X, Y), not R(Y, Z), X != Z + 1": "(rule (call P X Z) (call Q X Y) (not (call R Y Z)) (!= X (+ Z 1)))",
    "P(X)\n  <- Q(X),\n  R(X)\nS(X)": "(rule (call P X) (call Q X) (call R X))\n(call S X)",
    "rule P(X) <- Q(X)": "(rule (call P X) (call Q X))",
    "P(a, X)?": "(query (call P a X))",
    "P(X, Y)? where X != Y, Y > 1": "(query (call P X Y) where (and (!= X Y) (> Y 1)))",
    "s = query P(a, X)\nwhere = 1": "(= s (query (call P a X)))\n(= where 1)",
    "f(query P(X) where X > 1, 2)": "(call f (query (call P X) where (> X 1)) 2)",
    "len(P(X)?) + 1": "(+ (call len (query (call P X))) 1)",
    "Y[i, k] <- W[i, j] * X[j, k]": "(sum (index Y i k) (* (index W i j) (index X j k)))",
    "H[i] max= A[i, j] * X[j]": "(max (index H i) (* (index A i j) (index X j)))",
    "X[t + 1, i] <- tanh(X[t, i])": "(sum (index X (+ t 1) i) (call tanh (index X t i)))",
    "l <- x[i]": "(sum l (index x i))",
    "a[0] max = 3": "(index a 0)\n(= max 3)",
    "P(X) <- Q(X), R(X) with temperature: 2 * t": "(rule (call P X) (call Q X) (call R X) temperature: (* 2 t))",
    "P(X) <- Q(X)\nwith = 1": "(rule (call P X) (call Q X))\n(= with 1)",
    "P(X) <- Q(X) with = 1": "(rule (call P X) (call Q X))\n(= with 1)",
    "x = infer gradient P(X)? where X > 1, X < 3":
        "(= x (infer (gradient (query (call P X) where (and (> X 1) (< X 3))))))",
    "x = infer gradient P(a)?[0].degree": "(= x (. (index (infer (gradient (query (call P a)))) 0) degree))",
    "infer = forward(x)": "(= infer (call forward x))",
    "explain Ancestor(a, X)?": "(explain (call Ancestor a X))",
    "infer forward P(X)?": "(infer (forward (query (call P X))))",
    "infer { forward P(X)? symbolic Q(Y)? where Y > 2 }":
        "(infer (forward (query (call P X))) (symbolic (query (call Q Y) where (> Y 2))))",
    "embedding e { entities: Person dimension: 16 }": "(embedding e entities: Person dimension: 16)",
    "relation_embedding e { relations: {a, b}, dimension: 2, }": "(relation_embedding e relations: {a b} dimension: 2)",
    "tensor w: float32[3] learnable": "(tensor w float32[3] learnable _)",
    "learn { y = x\n objective: y, epochs: 3 }": "(learn {(= y x)} objective: y epochs: 3)",
    "learn { epochs: 3\n backward(l) }": "(learn {(call backward l)} epochs: 3)",
    "no_grad { w = 1 }": "(no_grad {(= w 1)})",
    "entity = query + learn(rule)": "(= entity (+ query (call learn rule)))",
    "explain\nlearn\ninfer = embedding[0]": "explain\nlearn\n(= infer (index embedding 0))",
}  # fmt: skip


@pytest.mark.parametrize(("text", "want"), CLAUSES.items())
def test_clause(text: str, want: str) -> None:
    assert parsed(text) == want
