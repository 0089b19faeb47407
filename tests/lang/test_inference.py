"""What is known of values before a program runs, and what is refused or warned about for it."""

from __future__ import annotations

import io
import time
from typing import NamedTuple

import pytest

from tensorlogic.errors import Diagnostic, codes
from tensorlogic.lang import Analysis, Source, Span, analyze, check, parse
from tensorlogic.lang.inference.facts import FLOAT
from tensorlogic.runtime.builtins import CONSTANTS, FUNCTIONS
from tensorlogic.runtime.calls import Signatures
from tensorlogic.runtime.interactive import Interaction
from tensorlogic.runtime.session import Session
from tests.lang.reality import Experiment

SIGNATURES = Signatures(FUNCTIONS)
DECLARED = """tensor A: float32[2, 3]
tensor B: float32[4, 5]
tensor I: int64[3]
tensor H: float16[2, 3]
fn square(x: float32[n, n]) -> float32[n] { x[0] }
fn product(x, w) { x @ w }
fn count(x: float32[n, d]) { x.shape[1] }
fn scaled(x: float32[n, d], by: float) -> float32[n, d] { x * by }
struct Layer { w: float32[3, 4], b: float32[k], name: string }
impl Layer { fn apply(self, x) { x @ self.w } }
let layer = Layer { w: zeros(3, 4), b: zeros(4), name: "dense" }
"""


def analysis(text: str) -> Analysis:
    return analyze(parse(Source("t.tl", text)), SIGNATURES, constants=frozenset(CONSTANTS))


def known(expression: str) -> str | None:
    """What is known of the value of an expression, below the declarations."""
    text = f"{DECLARED}let it = {expression}\n"
    start = text.rindex("let it") + len("let ")
    found = analysis(text)
    assert not found.diagnostics, found.diagnostics
    return found.types.get(Span(start, start + len("it")))


KNOWN = {
    # literals and plain values
    "1 + 2": "int",
    "7 / 2": "int",
    "7 / 2.0": "float",
    "2 ** 3": "int",
    "2 ** (1 - 3)": None,
    '"a" + "b"': "string",
    '"a" * 3': "string",
    "1 < 2": "bool",
    "1 < 2 and 2 < 3": "bool",
    "[1, 2, 3]": "int64[3]",
    "[[1.0, 2.0], [3.0, 4.0]]": "float32[2, 2]",
    '["a", "b"]': "list",
    "[A[0, 0], 1.0]": "tensor[2]",
    # operators
    "A + 1": "float32[2, 3]",
    "A * A": "float32[2, 3]",
    "A + I": "float32[2, 3]",
    "A + H": "float32[2, 3]",
    "H + [1.0, 2.0, 3.0]": "float16[2, 3]",
    "[1.0, 2.0, 3.0] * H": "float16[2, 3]",
    "I + 1.5": "float32[3]",
    "I / 2": "float32[3]",
    "(A > 0) * (A > 0)": "bool[2, 3]",
    '"a" * I[0]': None,
    "I[0] / 2": None,
    "A > 0": "bool[2, 3]",
    "-A": "float32[2, 3]",
    "!(A > 0)": "bool[2, 3]",
    "A @ A.transpose()": "float32[2, 2]",
    "A @ [1.0, 2.0, 3.0]": "float32[2]",
    "zeros(7, 2, 3) @ zeros(3, 5)": "float32[7, 2, 5]",
    "zeros(2) ⊗ zeros(3)": "float32[2, 3]",
    "A as float16": "float16[2, 3]",
    "A as int64[2, 3]": "int64[2, 3]",
    "3.7 as int": "int",
    # members and elements
    "A.shape": "list",
    "A.ndim": "int",
    "A.shape[0]": "int",
    "A[0]": "float32[3]",
    "A[0, 1]": "float32[]",
    "A[:, 1:]": "float32[2, 2]",
    "A[-1:, 0]": "float32[1]",
    "A[I]": "float32[3, 3]",
    "A[A[:, 0] > 0]": "float32[…]",
    "A[0, 0, true]": "float32[…]",
    "A[[1, 0] as uint8]": "float32[…]",
    "layer.w": "float32[3, 4]",
    "layer.b": "float32[?]",
    "layer.name": "string",
    # builtins
    "zeros(2, 3)": "float32[2, 3]",
    "f16::ones([2, 3])": "float16[2, 3]",
    "zeros(A.shape[0], 7)": "float32[2, 7]",
    "zeros(A.shape)": "float32[2, 3]",
    "eye(4)": "float32[4, 4]",
    "linspace(0, 1, 5)": "float32[5]",
    "arange(5)": "int64[5]",
    "arange(1, 8, 3)": "int64[3]",
    "arange(0, 1, 0.5)": "float32[?]",
    "arange(0, 1, pi)": "tensor[?]",
    "f16::arange(3)": "float16[3]",
    "tensor([1, 2])": "int64[2]",
    'tensor([1, 2], dtype: "int8")': "tensor[2]",
    "randint(0, 5)": "int",
    "randint(0, 5, 2)": "int64[2]",
    "rand(2) + zeros_like(A[:, 0])": "float32[2]",
    "relu(A)": "float32[2, 3]",
    "softmax(A, axis: 0)": "float32[2, 3]",
    "sqrt(2.0)": None,
    "sqrt(I)": "float32[3]",
    "sqrt(pi)": None,
    "isnan(1.0)": None,
    "floor(I)": "int64[3]",
    "clip(A > 0, 0, 1)": "tensor[2, 3]",
    "clip(3, high: 2.5)": None,
    "clip(A, 0, 1)": "float32[2, 3]",
    "clip(I, 0.5)": "tensor[3]",
    "clip(A[0], low: A)": "tensor[…]",
    "dropout(I)": "tensor[3]",
    "masked_fill(A[0], A > 0, 1)": "float32[2, 3]",
    "add([true], 1)": "tensor[…]",
    "abs(0 - 3)": "int",
    "sum(A)": "float32[]",
    "sum(A, axis: 0)": "float32[3]",
    "mean(A, -1)": "float32[2]",
    "max(A, axis: 1)": "float32[2]",
    "max(1, 2)": None,
    'max("a", "b")': None,
    "norm(A, 2, 0)": "float32[3]",
    "argmax(A, I[0])": "int64[…]",
    "argmax(A, get([1], 0))": None,
    "argmax(A)": "int",
    "argmax(A, axis: 1)": "int64[2]",
    "any(A > 0)": "bool",
    "cumsum(I)": "int64[3]",
    "A.reshape(3, 2)": "float32[3, 2]",
    "A.reshape([-1])": "float32[6]",
    "A.flatten()": "float32[6]",
    "permute(zeros(2, 3, 4), [2, 0, 1])": "float32[4, 2, 3]",
    "unsqueeze(A, 0)": "float32[1, 2, 3]",
    "squeeze(zeros(2, 1, 3), 1)": "float32[2, 3]",
    "concat([A, A], axis: 0)": "float32[4, 3]",
    "concat(I, I, 0.0)": "int64[…]",
    "A.reshape([3.0, 2.0])": "float32[?, ?]",
    "sum(A, 0.0)": "float32[…]",
    "concat(A, H, axis: 1)": "float32[2, 6]",
    "concat(I as int8, I as int8, 0)": "int8[6]",
    "chunk(A, 2, axis: 1)[0]": "float32[2, ?]",
    "unbind(A)[0]": "float32[3]",
    'split("a b")': None,
    "sort(A)": "float32[2, 3]",
    "sort(A.shape)": None,
    "gather(A, 0, [[0, 1]])": "float32[1, 2]",
    "one_hot(I, 4)": "float32[3, 4]",
    "outer(A, B)": "float32[2, 3, 4, 5]",
    "cross_entropy(A, [0, 1])": "float32[]",
    "mse_loss(A, H)": "tensor[]",
    "attention(A, B @ zeros(5, 3), zeros(4, 7))": "float32[2, 7]",
    "attention(A, A, A, mask: ones(2, 2))": "float32[…]",
    "stack(A, A)": "float32[2, 2, 3]",
    "expand([1.0], [4, 1])": "float32[4, 1]",
    "where(A > 0, A, A)": "float32[2, 3]",
    "linear(A, zeros(5, 3))": "float32[2, 5]",
    "embedding(B, [0, 1, 2])": "float32[3, 5]",
    "embedding(B, 1)": "float32[1, 5]",
    "conv2d(zeros(1, 3, 8, 8), zeros(4, 3, 3, 3), padding: 1)": "float32[1, 4, 8, 8]",
    "conv2d(zeros(1, 3, 8, 8), zeros(4, 3, 3, 3), stride: [2, 1])": "float32[1, 4, 3, 6]",
    "conv2d(zeros(1, 4, 8, 9), zeros(6, 2, 3, 2), groups: 2, dilation: [2, 1])": "float32[1, 6, 4, 8]",
    "conv1d(zeros(2, 3, 9), zeros(4, 3, 2), zeros(4), 2, 1)": "float32[2, 4, 5]",
    'conv1d(zeros(2, 3, 9), zeros(4, 3, 3), padding: "same")': "float32[2, 4, ?]",
    "max_pool2d(zeros(1, 3, 8, 8), 2)": "float32[1, 3, 4, 4]",
    "max_pool2d(zeros(1, 3, 7, 8), [3, 2], 1, padding: 1)": "float32[1, 3, 7, 9]",
    "avg_pool2d(zeros(1, 3, 7, 8), 2, [1, 2])": "float32[1, 3, 6, 4]",
    "max_pool2d(zeros(3, 8, 8), 2)": "float32[…]",
    "attention(zeros(5, 4, 2, 3), zeros(5, 2, 6, 3), zeros(5, 2, 6, 7))": "float32[…]",
    "attention(zeros(5, 1, 2, 3), zeros(1, 1, 4, 3), zeros(1, 1, 4, 3))": "float32[…]",
    "linear(A[0], zeros(5, 3), zeros(5))": "float32[5]",
    "inverse(eye(2))": "float32[2, 2]",
    "scatter(A, 1, [[0], [1]], 1.0 + zeros(2, 1))": "float32[2, 3]",
    "layer_norm(A)": "float32[2, 3]",
    "numel(A)": "int",
    "len(A)": "int",
    "shape(A)": "list",
    # functions and methods
    "square(zeros(3, 3))": "float32[3]",
    "scaled(A, 2)": "float32[2, 3]",
    "product(A, zeros(3, 7))": "float32[2, 7]",
    "count(A)": "int",
    "layer.apply(A)": "float32[2, 4]",
    "A.product(zeros(3, 7))": "float32[2, 7]",
    "match 1 { 0 => A, _ => A }": "float32[2, 3]",
    "match 1 { 0 => A, _ => 1 }": None,
}


@pytest.mark.parametrize("expression", KNOWN)
def test_known(expression: str) -> None:
    assert known(expression) == KNOWN[expression]


@pytest.mark.filterwarnings("ignore:indexing with dtype torch.uint8")
@pytest.mark.parametrize("expression", KNOWN)
def test_what_is_known_is_so(expression: str) -> None:
    experiment = Experiment(f"{DECLARED}let it = {expression}\nit")
    assert experiment.run() is None
    assert not experiment.lies


class Found(NamedTuple):
    """A finding as a test writes it: how severe, the line, the text under the caret, and part of the message."""

    severity: str
    line: int
    caret: str
    message: str


def found(diagnostic: Diagnostic) -> Found:
    place = diagnostic.place
    assert place is not None
    text = place.text[place.column - 1 : place.column - 1 + place.length]
    return Found(diagnostic.severity, place.line, text, diagnostic.message)


FAILS = "the shapes do not fit in a matrix product: [2, 3] and [4, 5]"
AB = "let a = zeros(2, 3)\nlet b = zeros(4, 5)\n"
FINDINGS: dict[str, list[Found]] = {
    # certain: nothing would have come of it
    AB + "a @ b": [Found("error", 3, "a @ b", FAILS)],
    AB + "main { print(a @ b) }": [Found("error", 3, "a @ b", FAILS)],
    AB + "for i in range(3) { a @ b }": [Found("error", 3, "a @ b", FAILS)],
    AB + "loop { a @ b\n break }": [Found("error", 3, "a @ b", FAILS)],
    AB + "fn f(x, w) { x @ w }\nf(a, b)": [Found("error", 3, "x @ w", FAILS)],
    AB + "fn f(x, w) { x @ w }\nfn g(x) { f(x, zeros(4, 5)) }\ng(a)": [Found("error", 3, "x @ w", FAILS)],
    "a = zeros(2, 3)\nfor i in range(2) { a = a @ a }": [
        Found("error", 2, "a @ a", "the shapes do not fit in a matrix product: [2, 3] and [2, 3]")
    ],
    AB + "a + b": [Found("error", 3, "a + b", "the shapes do not fit: [2, 3] and [4, 5]")],
    AB + "a.reshape(4, 2)": [Found("error", 3, "a.reshape(4, 2)", "a float32[2, 3] cannot have the shape [4, 2]")],
    AB + "a[2]": [Found("error", 3, "a[2]", "index 2 is out of bounds for axis 0 with size 2")],
    AB + "a[0, 0, 0]": [Found("error", 3, "a[0, 0, 0]", "there are more indices than axes, which are 2")],
    AB + "concat(a, b, axis: 0)": [
        Found("error", 3, "concat(a, b, axis: 0)", "the shapes do not fit: [2, 3] and [4, 5] differ in axis 1")
    ],
    AB + "if a { }": [Found("error", 3, "a", "a tensor is true or false only if it has one element")],
    "tensor x: float32[2, 2] = [1.0, 2.0, 3.0]": [
        Found(
            "error",
            1,
            "tensor x: float32[2, 2] = [1.0, 2.0, 3.0]",
            "`x` must be a float32[2, 2], not a float32[3]",
        )
    ],
    "fn f(x: float32[n, n]) { x }\nf(zeros(2, 3))": [
        Found("error", 2, "f(zeros(2, 3))", "`x` of `f(x)` must be a float32[n, n], not a float32[2, 3]")
    ],
    "fn f() -> int { 1.5 }\nf()": [Found("error", 1, "1.5", "the value of `f()` must be an int, not a float")],
    '"a" + 1': [Found("error", 1, '"a" + 1', "`+` does not take a string and an int")],
    "zeros(2, -1)": [Found("error", 1, "zeros(2, -1)", "[2, -1] is no shape: a size is negative")],
    "for i in 5 { }": [Found("error", 1, "5", "cannot go through the elements of an int")],
    # not certain: a program may never come to it
    AB + "if len(a) > 5 { a @ b }": [Found("warning", 3, "a @ b", FAILS)],
    AB + "while len(a) > 5 { a @ b }": [Found("warning", 3, "a @ b", FAILS)],
    AB + "for i in range(len(a) - 2) { a @ b }": [Found("warning", 3, "a @ b", FAILS)],
    AB + "len(a) > 5 and (a @ b)[0, 0] > 1": [Found("warning", 3, "a @ b", FAILS)],
    AB + "fn f() { a @ b }": [Found("warning", 3, "a @ b", FAILS)],
    AB + "test t { a @ b }": [Found("warning", 3, "a @ b", FAILS)],
    AB + "match len(a) { 1 => { a @ b }\n _ => { } }": [Found("warning", 3, "a @ b", FAILS)],
    AB + "main { if len(a) > 1 { return }\n a @ b }": [Found("warning", 3 + 1, "a @ b", FAILS)],
    AB + "for i in range(3) { if i == 0 { break }\n a @ b }": [Found("warning", 4, "a @ b", FAILS)],
    AB + "for i in range(3) { if i == 0 { continue }\n a @ b }": [Found("warning", 4, "a @ b", FAILS)],
    AB + "main { for i in range(3) { if i == 0 { return } }\n a @ b }": [Found("warning", 4, "a @ b", FAILS)],
    AB + "fn f(x) { if len(x) > 1 { return 1 }\n 2 }\nf(a)\na @ b": [Found("error", 6, "a @ b", FAILS)],
    AB + "for i in range(3) { if i == 0 { break } }\na @ b": [Found("error", 4, "a @ b", FAILS)],
    # never come to, or not known
    AB + 'panic("no")\na @ b': [],
    AB + "main { return\n a @ b }": [],
    AB + "while true { }\na @ b": [],
    AB + "fn f() { b = zeros(3, 3) }\nf()\na @ b": [],
    AB + "b = get([1], 0)\na @ b": [],
    AB + "if len(a) > 2 { b = zeros(3, 3) }\na @ b": [],
    "x = 1\nfor i in range(3) { x = x + zeros(2) }\nx + zeros(2)": [],
    "fn f(x: float32[n, m], y: float32[n, k]) { x + y }": [],
    AB + "fn serve() { loop { } }\nserve()\na @ b": [],
    "fn f(n) { f(n - 1) }": [],
    "fn f(x: float) { let _y: int32[1] = [x] }": [],
    "fn f(x: float) { if (x == 1.0).shape == [2] { } }": [],
    "match [2, 3] { k => { k[0] = 5\n zeros(k) + zeros(5, 3) } }": [],
    "tensor x: float32[0] = []\nx + zeros(2, 0)": [],
    "tensor x: float32[2] = print(1)": [],
    '"a" * [2][0]': [],
    "fn f(x) { if len(x) > 1 { return x }\n x @ x }\nf(zeros(3))": [],
}


@pytest.mark.parametrize("text", FINDINGS)
def test_findings(text: str) -> None:
    assert [found(each) for each in analysis(text).diagnostics] == FINDINGS[text]


def test_both_declarations_are_shown() -> None:
    program = "tensor A: float32[2, 3]\ntensor B: float32[4, 5]\nA @ B"
    (finding,) = analysis(program).diagnostics
    assert finding.code == codes.WRONG_SHAPE
    assert [(each.message, each.place.line, each.place.column) for each in finding.related] == [
        ("`A` is float32[2, 3]", 1, 8),
        ("`B` is float32[4, 5]", 2, 8),
    ]


UNUSED: dict[str, list[tuple[int, str]]] = {
    "main { let x = 1 }": [(1, "x")],
    "fn f(a) { let b = a\n let c = b\n c = 2 }": [(2, "c")],
    "main { match 3 { k => { } } }": [(1, "k")],
    "if pi > 3 { let inner = 1 }": [(1, "inner")],
    "main { let _x = 1 }": [],
    "main { for i in range(3) { } }": [],
    "fn f(unused) { }": [],
    "let x = 1\ny = 2": [],
    "main { x = 1\n x += 1 }": [],
    "fn f(x) { h[i] <- relu(x[i])\n y[i] <- h[i]\n y }": [],
    "fn f(x) { h[i] <- relu(x[i])\n h[i] <- x[i]\n x }": [(1, "h")],
}


@pytest.mark.parametrize("text", UNUSED)
def test_unused_names(text: str) -> None:
    warnings = [found(each) for each in analysis(text).diagnostics]
    assert [(each.line, each.caret) for each in warnings] == UNUSED[text]
    assert all(each.severity == "warning" for each in warnings)


def test_what_later_inputs_can_change_is_not_known() -> None:
    """Functions of earlier inputs may give variables of a later one other values."""
    out = io.StringIO()
    prompt = Interaction(Session(out))
    for text in (
        "let b = 1\nfn change() { b = zeros(3) }\nfn size() { zeros(2) }\nfn all() { size() + 1 }",
        "b = zeros(4)\nchange()\nprint((b + zeros(3)).shape)",
        "fn size() { zeros(5) }\nprint((all() + zeros(5)).shape)",
    ):
        prompt.run(text)
    assert out.getvalue() == "[3]\n[5]\n"


def test_structs_of_earlier_inputs_are_what_they_are_now() -> None:
    out = io.StringIO()
    prompt = Interaction(Session(out))
    for text in (
        "struct P { a: int }\nimpl P { fn size(self) -> int { 1 } }\nfn made() -> P { P { a: 1 } }\nfn of(p: P) { p }",
        'impl P { fn size(self) -> string { "b" } }\nprint(made().size() + "a", of(P { a: 1 }).a)',
        'struct P { a: string }\nlet p = P { a: "c" }\nprint(p.a + "a", p.a + of(p).a)',
    ):
        prompt.run(text)
    assert out.getvalue() == "ba 1\nca cc\n"


def test_facts_of_functions_at_a_prompt_are_not_kept() -> None:
    program = check(parse(Source("t.tl", "let a = 1.5\nfn f() { 2 }")).as_input(), SIGNATURES)
    assert [fact for fact in program.facts.values() if fact is not None] == [FLOAT]


LONG = {
    "one function, many shapes": "fn f(x) {\n"
    + "".join(f"let a{i} = x + {i}\n" for i in range(1000))
    + "}\n"
    + "".join(f"f({i})\n" for i in range(1000)),
    "calls of calls": "".join(f"fn f{i}(x) {{ f{i + 1}(x + 1) + f{i + 1}(x * 2) }}\n" for i in range(60)) + "f0(1)",
    "one thing after the other in loops": "for i in range(3) { for j in range(3) { for k in range(3) {\n"
    + "".join(f"v{i} = v{i + 1}\n" for i in range(300))
    + "}}}",
    "loops in loops": "for i in range(3) {\n" * 18 + "x = 1\n" + "}\n" * 18,
    "ways beside ways": "fn f(x) {\n" + "".join(f"if x > {i} {{ v{i} = x }}\n" for i in range(1000)) + "}",
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_no_program_is_gone_through_too_often(text: str) -> None:
    started = time.process_time()
    analysis(text)
    assert time.process_time() - started < 3
