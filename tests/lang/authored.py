"""Programs written at random: values of every kind, and whatever can be done with them."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Final

from tensorlogic.runtime.builtins import FUNCTIONS
from tensorlogic.runtime.calls import Signatures
from tensorlogic.runtime.registry import RULES

DECLARATIONS: Final = """struct P<T> { a: float, w: float32[n, 3], any: T }
impl<T> P<T> { fn of(x) { P { a: 1, w: zeros(2, 3), any: x } } fn relu(self) { self.a }
fn apply(self, x) { x @ self.w } }
fn id(x) { x }
fn product(x, y) { x @ y }
fn scaled(x: float32[n, m], by: float) -> float32[n, m] { x * by }
fn rows(x: float32[n, ?]) { x.shape[0] + n_of(x) }
fn n_of(x: float32[a, n]) -> int { let y = zeros(x.shape) y[0, 0] = 1.0 x.shape[1] }
fn pick(x, y, c) { if c { return x } y }
fn half(x: float) { if x > 100 { return 0.5 } x / 2 }
fn turns(x, k) { for i in range(3) { x = x + k if i > 1 { break } } x }
fn onto(x: float32[n, n], y: float32[n]) { y @ x + y }
fn change() { changing = [1.5] }
fn whole(x: int, b: bool) -> float { if b { return x } x as float }
let changing = zeros(2, 3)
"""

VALUES: Final = [
    *("zeros(2, 3)", "ones(3)", "zeros(3, 2)", "zeros(2, 1, 3)", "zeros(1)", "zeros([])", "zeros(0, 3)", "ones(2, 2)"),
    *("f16::ones(2, 3)", 'zeros(3, dtype: "float16")', 'ones(2, 3, dtype: "bfloat16")', 'ones(1, dtype: "float64")'),
    *("[1, 2, 3]", "[0]", "[[1, 2, 3], [4, 5, 6]]", "[1.5, 2.5, 3.5]", "[[0.5], [1.5]]", "[]", "[[]]", "[0, 1]"),
    *('ones(3, dtype: "int8")', 'ones(2, 3, dtype: "uint8")', 'zeros([2], dtype: "bool")', "(zeros(2, 3) > 0)"),
    *("zeros(2, 3)[0, 0]", "[1, 2][0]", "zeros(3) as float64", "(ones(3) > 0)[0]", "sum([1.0, 2.0])"),
    *("1", "0", "2", "-1", "3", "0.5", "2.0", "-1.5", "true", "false", '"text"', '""', "10 ** 400"),
    *("[true, false]", '["a", "b"]', "range(3)", "range(0)", "zeros(2, 3).shape", "[zeros(2), zeros(2)]", "print()"),
    *("P::of(1)", "(P { a: 2, w: ones(4, 3), any: [1.0] })", "rand(2, 3)", "arange(4)", "eye(2)", "eye(3, 2)"),
    *("zeros(2, 2, 3)", "ones(1, 3, 4, 4)", "ones(3, 3, 2, 2)", "ones(2, 3, 2)"),
]
PLACES: Final = ["0", "1", "-1", ":", "1:", ":2", "0:1", "-2:-1", "[0, 1]", "true", "5:", "2:1", "[0]"]
OPERATORS: Final = ["+", "-", "*", "/", "%", "**", "@", "⊗", "==", "!=", "<", ">=", "≈", "and", "or"]
TYPES: Final = [
    *("float", "int", "bool", "string", "float32", "float16", "int64", "float32[]", "float32[2, 3]", "float16[n, m]"),
    *("float32[?, 3]", "float32[n]", "int64[3]", "int32[n, n]", "bool[2]", "float64[1]", "int8[n]", "P"),
]
DECLARED: Final = [each for each in TYPES if "[" in each]
FORBIDDEN: Final = {"input", "panic", "env", "cleanup", "glob", "seed", "assert", "assert_eq", "assert_about_eq"}
"""Builtins that only do something, or nothing but fail."""

_SIGNATURES = Signatures(FUNCTIONS)
_CALLED = [
    name
    for name, function in FUNCTIONS.items()
    if name not in FORBIDDEN and not name.startswith(("load", "save", "cndl", "print"))
    for _ in range(4 if function in RULES else 1)
]
_ARGUMENTS: Final[dict[str, Sequence[str]]] = {
    **dict.fromkeys(("axis", "first", "second", "diagonal", "source", "target"), ("0", "1", "-1", "2", "[0, 1]", "-3")),
    **dict.fromkeys(("keepdim", "causal", "training", "descending"), ("true", "false")),
    **dict.fromkeys(("count", "rows", "columns", "groups", "k", "size"), ("1", "2", "3", "0", "[2, 1]")),
    **dict.fromkeys(("classes", "times", "heads", "step"), ("1", "2", "3")),
    **dict.fromkeys(("stride", "padding", "dilation"), ("1", "2", "0", "[1, 2]")),
    "shape": ("[2, 3]", "2", "[]", "zeros(2, 3).shape"),
    "dtype": ('"float16"', '"int64"', '"float64"', '"bool"'),
}


class Author:
    """Writes parts of programs by the choices of a random number generator."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.variables = ["changing"]

    def top(self) -> str:
        """The top level of a program."""
        return DECLARATIONS + "".join(self.declaration() for _ in range(8))

    def declaration(self) -> str:
        """A variable of the top level that gets a value that exists."""
        name = f"g{len(self.variables)}"
        value = self.rng.choice(VALUES)
        text = f"let {name} = {value}\n"
        if self.rng.random() < 0.2:
            text = f"tensor {name}: {self.rng.choice(['float32[2, 3]', 'float16[3]', 'int64[2]', 'float32[]'])}\n"
        self.variables.append(name)
        return text

    def body(self) -> str:
        """A few statements, with variables of their own."""
        outside, self.variables = self.variables, [*self.variables]
        lines = [self.statement(2) for _ in range(self.rng.randint(1, 4))]
        self.variables = outside
        return "\n".join(lines)

    def statement(self, depth: int) -> str:
        """A statement."""
        kinds = [self.assignment] * 4 + [self.changed, self.typed, self.tensor]
        if depth:
            kinds += [self.branch, self.loop, self.endless, self.chosen]
        return self.rng.choice(kinds)(depth)

    def assignment(self, depth: int) -> str:
        """A new variable, or another value for an old one of the body."""
        value, name = self.expression(depth), f"v{self.rng.randint(0, 3)}"
        if name not in self.variables:
            self.variables.append(name)
        return f"{name} = {value}"

    def changed(self, depth: int) -> str:
        """An element, a field or a variable changed in place."""
        name, value = self.variable(), self.value()
        place = f"{name}[{self.rng.choice(PLACES)}]"
        sign = self.rng.choice(["=", "+=", "*="])
        return self.rng.choice([f"{place} {sign} {value}", f"{name}.any = {value}", f"{name}.w = {value}", "change()"])

    def typed(self, depth: int) -> str:
        """A variable of a declared type."""
        name = f"t{len(self.variables)}"
        text = f"let {name}: {self.rng.choice(TYPES)} = {self.expression(1)}"
        self.variables.append(name)
        return text

    def tensor(self, depth: int) -> str:
        """A declared tensor."""
        name, declared = f"t{len(self.variables)}", self.rng.choice(DECLARED)
        can_be_zeros = "n" not in declared.partition("[")[2] and "?" not in declared
        value = "" if can_be_zeros and self.rng.random() < 0.5 else f" = {self.expression(1)}"
        self.variables.append(name)
        return f"tensor {name}: {declared}{value}"

    def block(self, depth: int, end: str = "") -> str:
        """Statements in braces."""
        kept = [*self.variables]
        lines = [self.statement(depth - 1) for _ in range(self.rng.randint(1, 2))]
        self.variables = kept
        return "{\n" + "\n".join(lines) + f"\n{end}}}"

    def branch(self, depth: int) -> str:
        """Two ways to go on."""
        end = self.rng.choice(["", "", "return\n"])
        otherwise = f" else {self.block(depth)}" if self.rng.random() < 0.5 else ""
        return f"if {self.condition()} {self.block(depth, end)}{otherwise}"

    def condition(self) -> str:
        """Something that is true or false, mostly."""
        return self.rng.choice(["pi > 3", "pi > 4", "i > 0" if "i" in self.variables else "true", self.expression(1)])

    def loop(self, depth: int) -> str:
        """A loop over something."""
        over = self.rng.choice(["range(3)", "range(pi as int - 3)", self.value()])
        leave = self.rng.choice(["", "", "if i == 1 { break }\n", "if i == 0 { continue }\nv0 = [i]\n"])
        self.variables.append("i")
        text = f"for i in {over} {self.block(depth, leave)}"
        self.variables.remove("i")
        return text

    def endless(self, depth: int) -> str:
        """A loop that ends somewhere inside."""
        leave = self.rng.choice(["break\n", "if pi > 3 { break }\n"])
        return f"loop {self.block(depth, leave)}"

    def chosen(self, depth: int) -> str:
        """A match of several arms."""
        arm = self.rng.choice(["P { a: k, w: v } => v @ k", "k => k", "1 | 2 => 1.5"])
        return f"v0 = match {self.value()} {{ 0 => {self.value()}, {arm}, _ => {self.value()} }}"

    def variable(self) -> str:
        """The name of a variable."""
        return self.rng.choice(self.variables)

    def value(self) -> str:
        """A value without operators."""
        return self.variable() if self.rng.random() < 0.6 else self.rng.choice(VALUES)

    def expression(self, depth: int) -> str:
        """An expression."""
        if depth == 0:
            return self.value()
        kinds: list[Callable[[int], str]] = [self.operation, self.builtin, self.builtin, self.function, self.part]
        return self.rng.choice([*kinds, self.other])(depth - 1)

    def operation(self, depth: int) -> str:
        """An operator between two values."""
        return f"({self.expression(depth)} {self.rng.choice(OPERATORS)} {self.expression(depth)})"

    def part(self, depth: int) -> str:
        """An element or a part."""
        places = [self.rng.choice([*PLACES, self.value()]) for _ in range(self.rng.choice([1, 1, 2, 3]))]
        return f"{self.variable()}[{', '.join(places)}]"

    def other(self, depth: int) -> str:
        """Signs, casts, members, arrays."""
        value, a, b = self.expression(depth), self.variable(), self.variable()
        forms = [f"(-{value})", f"(not {value})", f"(!{value})", f"({value}).shape", f"[{a}, {b}]", f"[[{a}], [{b}]]"]
        forms += [f"({value} as {self.rng.choice(TYPES[:-1])})", f"({value}).ndim", f"({value}).dtype"]
        return self.rng.choice([*forms, f"P::of({value}).any", f"({value}).w"])

    def function(self, depth: int) -> str:
        """A call of a function of the program."""
        a, b, c = (self.expression(depth) for _ in range(3))
        forms = [f"id({a})", f"product({a}, {b})", f"scaled({a}, {b})", f"pick({a}, {b}, pi > 3)", f"half({a})"]
        forms += [f"turns({a}, {b})", f"rows({a})", f"onto({a}, {b})", f"({a}).product({b})", f"n_of(x: {a})"]
        return self.rng.choice([*forms, f"P::of({a}).relu()", f"P::of({a}).apply({b})", f"whole({a}, pi > {c})"])

    def builtin(self, depth: int) -> str:
        """A call of a builtin, with arguments by position and by name."""
        name = self.rng.choice(_CALLED)
        signature = _SIGNATURES[name]
        given = [self.argument(each, depth) for each in signature.required]
        by_position = self.rng.random() < 0.5
        for each in signature.optional:
            if self.rng.random() < 0.3:
                given.append(self.argument(each, depth) if by_position else f"{each}: {self.argument(each, depth)}")
            elif by_position:
                break
        if signature.any_number:
            given[len(signature.required) :] = [self.more(depth) for _ in range(self.rng.randint(0, 3))]
        given += [f"{each}: {self.argument(each, 0)}" for each in signature.named if self.rng.random() < 0.5]
        return f"{name}({', '.join(given)})"

    def argument(self, name: str, depth: int) -> str:
        """An argument for a parameter of some name."""
        fitting = self.rng.choice(_ARGUMENTS.get(name, [self.expression(depth)]))
        return fitting if self.rng.random() < 0.85 else self.value()

    def more(self, depth: int) -> str:
        """One of any number of arguments: a size, an axis, a tensor."""
        return self.rng.choice(["1", "2", "3", "-1", "[2, 3]", "[3, 2]", "0", self.value(), self.value()])
