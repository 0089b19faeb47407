"""Programs in the one style, and trees that are the same after printing and parsing."""

from __future__ import annotations

import pytest

from tensorlogic.lang import Source
from tensorlogic.lang.parser import parse
from tensorlogic.lang.printing import format_source, print_tree
from tests.lang.harness import parsed
from tests.lang.test_expressions import TABLES
from tests.lang.test_statements import CLAUSES, NEWLINES, STATEMENTS

FORMATTED = {
    "x=1;y = 2": "x = 1\ny = 2\n",
    "x   :=  a&&b||!c": "x = a and b or !c\n",
    "a  =  1 // one\n\n\n\n// two\nb = 2": "a = 1  // one\n\n// two\nb = 2\n",
    "// first\n\nx = 1\n// last": "// first\n\nx = 1\n// last\n",
    "if a{b}else if c{d}else{e}": "if a {\n    b\n} else if c {\n    d\n} else {\n    e\n}\n",
    "fn f(x:int,y)->float16[n,?]{ // adds\nx+y}": "fn f(x: int, y) -> float16[n, ?] {\n    // adds\n    x + y\n}\n",
    "x = f(a, // why\n b)": "// why\nx = f(a, b)\n",
    "loop{break}": "loop {\n    break\n}\n",
    "fn f(){}": "fn f() {}\n",
    "fn f() { // nothing\n}": "fn f() {\n    // nothing\n}\n",
    "struct P{x:float,// across\ny:float}": "struct P {\n    x: float,  // across\n    y: float,\n}\n",
    "impl P{fn f(self){1}\n\nfn g(){2}}":
        "impl P {\n    fn f(self) {\n        1\n    }\n\n    fn g() {\n        2\n    }\n}\n",
    "y = match n {0=>a,1|2=>b\nk if k<0=>{c}}":
        "y = match n {\n    0 => a,\n    1 | 2 => b,\n    k if k < 0 => {\n        c\n    },\n}\n",
    "if (P{x:1})==a{}": "if (P { x: 1 } == a) {}\n",
    "(a+b)*(c*d)": "(a + b) * (c * d)\n",
    "-(a**b) + (-a)**b": "-a ** b + (-a) ** b\n",
    "1e-5 + 100000000000000000000.0 + \"a\\n\"": "1e-5 + 100000000000000000000.0 + \"a\\n\"\n",
    "x = [" + ", ".join(["123456789"] * 10) + "]": "x = [\n" + "    123456789,\n" * 10 + "]\n",
    "tensor w:float16[3]frozen=[1,2,3]": "tensor w: float16[3] frozen = [1, 2, 3]\n",
    "x = 1 /* a\nb */ y = 2": "x = 1  /* a\nb */\ny = 2\n",
    "": "",
}  # fmt: skip


@pytest.mark.parametrize(("text", "want"), FORMATTED.items())
def test_format(text: str, want: str) -> None:
    formatted = format_source(Source("t.tl", text))
    assert formatted == want
    assert format_source(Source("t.tl", formatted)) == formatted


EVERY = [text for rows in (*TABLES, STATEMENTS, NEWLINES, CLAUSES, FORMATTED) for text in rows]


@pytest.mark.parametrize("text", EVERY)
def test_what_is_printed_means_the_same(text: str) -> None:
    source = Source("t.tl", text)
    assert parsed(format_source(source)) == parsed(text)
    assert parsed(print_tree(parse(source))) == parsed(text)
