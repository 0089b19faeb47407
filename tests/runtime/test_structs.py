"""Structs, their functions, ``match`` and ``Drop``: programs and what they print, written down by hand."""

from __future__ import annotations

import pytest

from tests.runtime.harness import failure, output, under_the_caret

POINT = "struct Point { x: float, y: float }\n"
BOX = "struct Box<T> { value: T }\n"
LOUD = "struct Loud { name: string }\nimpl Drop for Loud { fn drop(self) { print(self.name) } }\n"

STRUCTS = {
    POINT + "p = Point { x: 1.0, y: 2 } print(p.x + p.y, p)": "3.0 Point {x: 1.0, y: 2.0}",
    POINT + 'p = Point { y: 2.0, x: 1.0, } print(p["y"])': "2.0",
    POINT + "x = 5.0 y = 6.0 print(Point { x, y }.y)": "6.0",
    POINT + "p = Point {\n  x: 1.0,\n  y: 2.0\n}\np.x = 7 p.y *= 3 print(p)": "Point {x: 7.0, y: 6.0}",
    POINT + "print(Point { x: 1.0, y: 2.0 } == Point { x: 1.0, y: 2.0 })": "true",
    POINT + "fn width(p: Point) -> float { p.x }\nprint(width(Point { x: 1.5, y: 0.0 }))": "1.5",
    "struct Empty {}\nprint(Empty {})": "Empty {}",
    "struct Line { from: Point, to: Point }\n" + POINT + "l = Line { from: Point { x: 1.0, y: 0.0 }, "
    "to: Point { x: 4.0, y: 0.0 } } l.to.y = 2.0 print(l.to.x - l.from.x, l.to.y)": "3.0 2.0",
    BOX + 'print(Box { value: 1 }.value, Box<string> { value: "a" }.value)': "1 a",
    "struct Layer { w: float32[n, 2] frozen, name: string }\n"
    'l = Layer { w: [[1.0, 2.0]], name: "one" } print(l.w.shape, l.name)': "[1, 2] one",
    # A brace after the head of a statement begins its block.
    POINT + "done = false if done { print(1) } else { print(2) }": "2",
    POINT + "p = Point { x: 1.0, y: 2.0 } if p == (Point { x: 1.0, y: 2.0 }) { print(3) }": "3",
    "struct = 1 impl = 2 test = 3 bench = 4 print(struct + impl + test + bench)": "10",
}

METHODS = {
    POINT + "impl Point { fn norm(self) -> float { sqrt(self.x * self.x + self.y * self.y) as float } }\n"
    "print(Point { x: 3.0, y: 4.0 }.norm())": "5.0",
    POINT + "impl Point { fn new(a: float) -> Point { Point { x: a, y: a } }\n"
    "fn scaled(self, by) { Point { x: self.x * by, y: self.y * by } } }\n"
    "print(Point::new(2.0).scaled(by: 3), Point::scaled(Point::new(1.0), 2))":
        "Point {x: 6.0, y: 6.0} Point {x: 2.0, y: 2.0}",
    "impl Point { fn grow(self) { self.x += 1 } }\n" + POINT +
        "p = Point { x: 1.0, y: 0.0 } p.grow() p.grow() print(p.x)":
        "3.0",
    # A method comes before a builtin and before a function of the same name.
    "struct Tokens { n: int }\nimpl Tokens { fn len(self) -> int { self.n } }\nprint(Tokens { n: 7 }.len())": "7",
    "fn twice(x) { x.n * 2 }\nstruct N { n: int }\nimpl N { fn twice(self) { self.n } }\n"
        "print(N { n: 4 }.twice())": "4",
    "fn twice(x) { x.n * 2 }\nstruct N { n: int }\nprint(N { n: 4 }.twice())": "8",
    BOX + "impl<T> Box<T> { fn get(self) -> T { self.value } }\nprint(Box { value: [1, 2] }.get())": "[1, 2]",
    BOX + "impl<T> Box<T> { fn of(value: T) -> Box<T> { Box { value } } }\nprint(Box<int>::of(3).value)": "3",
}  # fmt: skip

MATCHES = {
    'fn word(n) { match n { 0 => "none", 1 | 2 => "few", k if k < 0 => "minus", _ => "many" } }\n'
    "print(word(0), word(2), word(-5), word(9))": "none few minus many",
    'x = match "b" { "a" => 1, "b" => 2, _ => 3 } print(x)': "2",
    "print(match 3 { n => n * n } + 1)": "10",
    "print(match -1 { -1 => true, _ => false }, match 0.5 { 0.5 => 1, _ => 2 })": "true 1",
    "print(match true { 1 => 1, true => 2, _ => 3 }, match 1 { true => 1, _ => 2 })": "2 2",
    POINT + "p = Point { x: 0.0, y: 2.0 }\n"
        "print(match p { Point { x: 1.0 } => 0.0, Point { x: 0.0, y } => y, _ => 9.0 })":
        "2.0",
    POINT + "fn f(v) { match v { Point { x: a, y: b } if a > b => 1, Point {} => 2, _ => 3 } }\n"
    "print(f(Point { x: 2.0, y: 1.0 }), f(Point { x: 1.0, y: 2.0 }), f(5))": "1 2 3",
    "match 2 {\n  1 => print(1)\n  2 => {\n    y = 5\n    print(y)\n  }\n  _ => print(3)\n}": "5",
    "fn f(n) { match n { 0 => { print(1) 10 } 1 => 20, _ => { return 30 } } }\nprint(f(0), f(1), f(2))": "1\n10 20 30",
    "for i in range(5) { match i { 1 => continue, 3 => break, _ => print(i) } }": "0\n2",
    "n = 3 m = match n { 1 => n, k => match k { 3 => 33, _ => 0 } } print(m)": "33",
    "k = 1 x = match 2 { k => k } print(x, k)": "2 1",
}  # fmt: skip

DROPS = {
    LOUD + 'main { a = Loud { name: "a" } b = Loud { name: "b" } print("end") }': "end\nb\na",
    LOUD + 'main { { let a = Loud { name: "a" } print("in") } print("out") }': "in\na\nout",
    LOUD + 'fn make(n) { let l = Loud { name: n } let m = Loud { name: "inner" } l }\n'
    'main { x = make("x") print("made", x.name) }': "inner\nmade x\nx",
    LOUD + 'main { a = Loud { name: "a" } { let b = a } print("still", a.name) }': "still a\na",
    LOUD + 'main { for i in range(2) { let l = Loud { name: str(i) } } print("end") }': "0\n1\nend",
    LOUD + 'fn f() { let l = Loud { name: "l" } return 1 }\nmain { print(f()) }': "l\n1",
    LOUD + 'struct Pair { l: Loud }\nfn f() { let l = Loud { name: "l" } Pair { l } }\n'
    'main { p = f() print(p.l.name) }': "l",
}  # fmt: skip


@pytest.mark.parametrize(("text", "printed"), [row for rows in (STRUCTS, METHODS, DROPS) for row in rows.items()])
def test_structs(text: str, printed: str) -> None:
    assert output(text) == printed


@pytest.mark.parametrize(("text", "printed"), MATCHES.items())
def test_match(text: str, printed: str) -> None:
    assert output(text) == printed


# The program, and what is said under which part of it.
FAILURES = [
    (POINT + "p = Point { x: 1.0 }", "`Point` also needs `y`", (2, "Point { x: 1.0 }")),
    (POINT + "p = Point { x: 1.0, y: 2.0, z: 3.0 }", "`Point` has no field `z`", (2, "z")),
    (POINT + "p = Point { x: 1.0, x: 2.0, y: 0.0 }", "`x` is given twice", (2, "x")),
    (POINT + 'p = Point { x: "a", y: 2.0 }', "`x` of `Point` must be a float, not a string", None),
    (POINT + "p = Point { x: 1.0, y: 2.0 }\np.x = true", "`x` of `Point` must be a float, not a bool", None),
    (POINT + "p = Point { x: 1.0, y: 2.0 }\np.z = 1.0", "a Point has no member `z`", None),
    (POINT + "p = Point { x: 1.0, y: 2.0 }\nprint(p.width)", "a Point has no member `width`", None),
    (POINT + "p = Point { x: 1.0, y: 2.0 }\np.width()", "a Point has no member `width`", None),
    (POINT + "fn f(p: Point) { p }\nf(3)", "`p` of `f(p)` must be a Point, not an int", None),
    (POINT + "print(Point)", "`Point` is a struct, not a value", (2, "Point")),
    (POINT + "Point(1.0, 2.0)", "`Point` is a struct, not a function", (2, "Point")),
    (POINT + "Point::make(1.0)", "there is no type `Point`", None),
    (POINT + "impl Point { fn make() { 1 } }\nPoint::mak()", "`Point` has no function `mak`", (3, "mak")),
    ("p = Pint { x: 1.0 }\n" + POINT, "there is no struct `Pint`", (1, "Pint")),
    (POINT + POINT, "a struct `Point` is declared above", (2, "Point")),
    ("struct P { x: int, x: int }", "there are two fields `x`", (1, "x: int")),
    (POINT + "impl Show for Point { fn show(self) {} }", "there is no trait `Show`", (2, "Show")),
    (POINT + "impl Drop for Point { fn show(self) {} }", "`Drop` has one function, `fn drop(self)`", (2, "Drop")),
    ("impl Point { fn f(self) {} }", "there is no struct `Point`", (1, "Point")),
    ("print(match 3 { 1 => 2 })", "no arm of this match fits 3", (1, "match 3 { 1 => 2 }")),
    ('match "a" { 1 => 2 }', 'no arm of this match fits "a"', (1, 'match "a" { 1 => 2 }')),
    ("x = match 1 { 1 => { 2 } _ => 3 }", "a block has no value here", (1, "{ 2 }")),
    ("x = match 1 { 1 | b => 3 }", "only values stand between `|`", None),
    ("x = match 1 { 1 + 2 => 3 }", "expected `=>`, found `+`", (1, "+")),
    ("if true { struct P { x: int } }", "functions, structs, imports, tests and `main` stand at the top level", None),
    ("x = 3 as Point\n" + POINT, "nothing can be cast to the struct `Point`", (1, "Point")),
    ("x = a | b", "expected an expression, found `|`", None),
]


@pytest.mark.parametrize(("text", "says", "marked"), FAILURES)
def test_failures_of_structs(text: str, says: str, marked: tuple[int, str] | None) -> None:
    found = failure(text)
    assert says in found.message
    assert marked is None or under_the_caret(found) == marked
