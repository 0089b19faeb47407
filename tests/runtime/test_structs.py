"""Structs, their functions, ``match`` and ``Drop``: programs and what they print, written down by hand."""

from __future__ import annotations

import io

import pytest

from tensorlogic.errors import TensorLogicError
from tensorlogic.runtime import run_source
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
    "struct Layer { w: float32[n, d], b: float32[n] }\n"
    "l = Layer { w: zeros(2, 3), b: zeros(2) } m = Layer { w: zeros(4, 3), b: zeros(4) } print(m.b.shape)": "[4]",
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

# The orders are those of Rust, where a variable shares what another has instead of taking it: a value is dropped when
# nothing holds it any more. Variables end in the opposite order of their declaration, temporary values with their
# statement, fields and elements after what they are in, in their order.
PAIR = LOUD + "struct Pair { first: Loud, second: Loud }\n"
NAMED = LOUD + "fn make(name) { Loud { name } }\n"
OUTER = (
    LOUD
    + """struct Outer { inner: Loud, last: Loud }
impl Drop for Outer { fn drop(self) { print("outer", self.inner.name) } }
fn outer() { Outer { last: Loud { name: "last" }, inner: Loud { name: "inner" } } }
"""
)

DROPS = {
    LOUD + 'main { a = Loud { name: "a" } b = Loud { name: "b" } print("end") }': "end b a",
    LOUD + 'main { { let a = Loud { name: "a" } print("in") } print("out") }': "in a out",
    LOUD + 'fn make(n) { let l = Loud { name: n } let m = Loud { name: "inner" } l }\n'
    'main { x = make("x") print("made", x.name) }': "inner made x x",
    LOUD + 'main { a = Loud { name: "a" } { let b = a } print("still", a.name) }': "still a a",
    LOUD + 'main { for i in range(2) { let l = Loud { name: str(i) } } print("end") }': "0 1 end",
    LOUD + 'fn f() { let l = Loud { name: "l" } return 1 }\nmain { print(f()) }': "l 1",
    LOUD + 'struct Pair { l: Loud }\nfn f() { let l = Loud { name: "l" } Pair { l } }\n'
    'main { p = f() print("got", p.l.name) }': "got l l",
    # The top level ends with the program, whether a function uses its variables or not.
    LOUD + 'a = Loud { name: "a" } b = Loud { name: "b" } print("end")': "end b a",
    LOUD + 'a = Loud { name: "a" }\nb = Loud { name: "b" }\nfn f() { a.name }\n'
        'main { c = Loud { name: "c" } print("main", f()) }': "main a c b a",
    LOUD + 'a = Loud { name: "a" }\nfn f() { a = Loud { name: "b" } print("f") }\nmain { f() print("end") }':
        "a f end b",
    # A variable or a field that is given another value lets go of the one before.
    LOUD + 'main { p = Loud { name: "1" } print("one") p = Loud { name: "2" } print("two") }': "one 1 two 2",
    LOUD + 'main { p = Loud { name: "1" } q = Loud { name: "2" } p = q print("end") }': "1 end 2",
    PAIR + 'main { p = Pair { first: Loud { name: "1" }, second: Loud { name: "2" } } p.first = Loud { name: "3" } '
        'print("end") }': "1 end 3 2",
    LOUD + 'main { l = [Loud { name: "1" }, Loud { name: "2" }] l[0] = Loud { name: "3" } print("end") }':
        "1 end 3 2",
    LOUD + 'main { i = 0 while i < 3 { x = Loud { name: str(i) } i += 1 } print("end") }': "0 1 end 2",
    # A temporary value ends with its statement.
    NAMED + 'make("t") print("end")': "t end",
    NAMED + 'Loud { name: "t" } print("end")': "t end",
    NAMED + 'print("name", make("t").name) print("end")': "name t t end",
    NAMED + 'n = make("t").name print(n)': "t t",
    NAMED + 'print(make("1") == make("2")) print("end")': "false 2 1 end",
    NAMED + 'print([make("1"), make("2")][0].name) print("end")': "1 1 2 end",
    NAMED + 'print(len([make("1")])) print("end")': "1 1 end",
    NAMED + 'if make("t").name == "t" { print("then") }': "t then",
    NAMED + 'i = 0 while make(str(i)).name != "2" { print("body") i += 1 } print("end")': "0 body 1 body 2 end",
    NAMED + 'match make("t") { x => print("arm", x.name) } print("end")': "arm t t end",
    NAMED + 'x = match make("t") { Loud { name } => name } print("end", x)': "t end t",
    NAMED + 'for x in [make("1"), make("2")] { print("body", x.name) } print("end")': "body 1 body 2 1 2 end",
    NAMED + 'fn f() { return make("t").name }\nprint(f())': "t t",
    NAMED + 'fn f() { let a = make("a") make("t").name }\nprint("f", f())': "t a f t",
    NAMED + 'impl Loud { fn twin(self) { Loud { name: self.name + self.name } } }\n'
        'print(make("t").twin().twin().name) print("end")': "tttt tttt tt t end",
    # A function owns its arguments; a value that it gives back lives on.
    NAMED + 'fn f(a, b) { let c = make("c") print("f") }\nf(make("a"), make("b")) print("end")': "f c b a end",
    NAMED + 'fn f(x) { x }\ny = f(make("1")) print("end")': "end 1",
    NAMED + 'fn f(x: Loud) -> Loud { x }\nf(f(make("1"))) print("end")': "1 end",
    NAMED + 'fn f(x) { print("f") }\na = make("a") f(a) print("end")': "f end a",
    # Fields and elements follow what they are in.
    OUTER + 'main { o = outer() print("end") }': "end outer inner inner last",
    OUTER + 'main { i = outer().inner print("end") }': "outer inner last end inner",
    NAMED + 'main { l = [make("1"), make("2"), make("3")] print("end") }': "end 1 2 3",
    NAMED + 'main { l = [[make("1"), make("2")], [make("3"), make("4")]] print("end") }': "end 1 2 3 4",
    NAMED + 'main { l = append([make("1")], make("2")) print("end") }': "end 1 2",
    NAMED + 'main { l = [make("1")] l = append(l, make("2")) print("end") }': "end 1 2",
    # Every value once, wherever the way leads.
    NAMED + 'fn f() { for i in range(3) { let l = make(str(i)) if i == 1 { return l } } }\nx = f() print("end")':
        "0 end 1",
    NAMED + 'for i in range(3) { let l = make(str(i)) if i == 1 { break } continue } print("end")': "0 1 end",
    NAMED + "struct Cycle<T> { loud: Loud, next: T }\n"
        'fn f() { let c = Cycle { loud: make("c"), next: 0 } c.next = c print("f") }\nf() print("end")': "f end c",
    LOUD + 'a = [Loud { name: "a" }] b = a c = [b, b] a = 0 b = 0 print("c") c = 0 print("end")': "c a end",
}  # fmt: skip

FAILED_DROPS = {
    NAMED + 'a = make("a") a.drop()': "a",
    NAMED + 'fn f(x) { let y = make("y") [1, 2] @ [1, 2, 3] }\na = make("a")\nf(make("x"))': "y x a",
    NAMED + 'fn f(x, n) { if n == 0 { panic("deep") } f(make(x.name + "+"), n - 1) }\nf(make("x"), 2)': "x++ x+ x",
    NAMED + 'a = make("a") print(make("t").nam)': "t a",
    NAMED + 'impl Loud { fn fail(self) { 1 / 0 } }\na = make("a") make("t").fail()': "t a",
    "struct Bad { name: string }\nimpl Drop for Bad { fn drop(self) { print(self.name) panic(self.name) } }\n"
        'fn f() { let a = Bad { name: "a" } let b = Bad { name: "b" } }\nf() print("not here")': "b a",
}  # fmt: skip


@pytest.mark.parametrize(("text", "printed"), [*STRUCTS.items(), *METHODS.items()])
def test_structs(text: str, printed: str) -> None:
    assert output(text) == printed


@pytest.mark.parametrize(("text", "printed"), DROPS.items())
def test_drops(text: str, printed: str) -> None:
    assert output(text).split() == printed.split()


@pytest.mark.parametrize(("text", "printed"), FAILED_DROPS.items())
def test_an_error_drops_everything_on_its_way(text: str, printed: str) -> None:
    out = io.StringIO()
    with pytest.raises(TensorLogicError):
        run_source(text, "t.tl", out)
    assert out.getvalue().split() == printed.split()


@pytest.mark.parametrize(("text", "printed"), MATCHES.items())
def test_match(text: str, printed: str) -> None:
    assert output(text) == printed


# The program, and what is said under which part of it.
LAYER = "struct Layer { w: float32[n, d], b: float32[n] }\n"
FAILURES = [
    (
        LAYER + "l = Layer { w: zeros(2, 3), b: zeros(3) }",
        "`b` of `Layer` must be a float32[n], not a float32[3]",
        None,
    ),
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
