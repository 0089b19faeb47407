"""Measure the language against Python: the same work as a program, and as the Python that one would write for it.

Both take turns in one process, on one thread; a row says the medians, and the median of the ratios of each two turns.
"""

from __future__ import annotations

import io
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import torch
from rich.console import Console
from rich.table import Table

from tensorlogic.lang import Source, check, parse
from tensorlogic.runtime import Permissions
from tensorlogic.runtime.builtins import CONSTANTS, FUNCTIONS
from tensorlogic.runtime.calls import Signatures
from tensorlogic.runtime.program import Program
from tensorlogic.runtime.session import Session

TURNS = 9


class Row(NamedTuple):
    """The same work in two languages."""

    name: str
    program: str
    python: str


COUNT = "i = 0 total = 0 while i < 10000000 { if i > 5 { total = total + i } i = i + 1 }"
COUNT_IN_PYTHON = """
def count():
    i = total = 0
    while i < 10000000:
        if i > 5:
            total = total + i
        i = i + 1
    return total
count()"""
LAYERS = """fn layers({2}) {{ for i in range(100) {{ x = tanh(x @ w) }} x }}
x = ones({0}, {1})
w = eye({1}) * 0.5
for i in range(1000) {{ layers(x, w) }}"""
LAYERS_IN_PYTHON = """
def layers(x, w):
    for i in range(100):
        x = torch.tanh(x @ w)
    return x
def main():
    x = torch.ones({0}, {1})
    w = torch.eye({1}) * 0.5
    for i in range(1000):
        layers(x, w)
main()"""
SHAPES = ((8, 16), (32, 64))
TYPES = {"untyped": "x, w", "typed": "x: float32[n, d], w: float32[d, d]"}


def rows() -> Iterator[Row]:
    yield Row("10 million additions", COUNT, COUNT_IN_PYTHON)
    yield Row("the same in a function", f"fn count() {{ {COUNT}\n total }}\ncount()", COUNT_IN_PYTHON)
    for batch, size in SHAPES:
        for name, parameters in TYPES.items():
            label = f"100 x tanh(x @ w), 1,000 times, [{batch}, {size}], {name}"
            yield Row(label, LAYERS.format(batch, size, parameters), LAYERS_IN_PYTHON.format(batch, size))


FUNCTION = """fn f{0}(x: float32[n, 3], k: int) -> float32[n, 3] {{
    let y = x * 2.0 + k   // doubled
    if k > 3 and k != 7 {{ y = relu(y @ eye(3)) }} else {{ y += 1 }}
    for j in range(k) {{ y = y + j * {0} }}
    match k {{ 0 => {{ y = y }}
      1 | 2 => {{ y = y - 1 }}
      _ => {{ }} }}
    return y
}}
a{0} = f{0}(zeros(2, 3), {0})
"""
LINES = "".join(FUNCTION.format(number) for number in range(1_000))


def compiled(text: str) -> Program:
    """A program that is ready to run."""
    return Program.of_source(Source("program.tl", text), Session(io.StringIO(), Path.cwd(), Permissions()))


def in_python(text: str) -> Callable[[], object]:
    """Python code that is ready to run."""
    return partial(exec, compile(text, "program.py", "exec"), {"torch": torch})


def seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def compare(row: Row) -> tuple[str, ...]:
    """Each turn compiles anew, which does not count: Python is slower in code that it sees for the first time."""
    pairs = [(seconds(compiled(row.program).run), seconds(in_python(row.python))) for _ in range(TURNS)]
    ours, python = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratio = statistics.median(mine / other for mine, other in pairs)
    return row.name, f"{ours:.3f}", f"{python:.3f}", f"{ratio:.3f}"


def checked() -> None:
    check(parse(Source("lines.tl", LINES)), Signatures(FUNCTIONS), constants=frozenset(CONSTANTS))


def main() -> None:
    torch.set_num_threads(1)
    table = Table("work", "tl, s", "Python, s", "ratio", title=f"Python, PyTorch {torch.__version__}, one thread")
    for row in rows():
        table.add_row(*compare(row))
    took = statistics.median(seconds(checked) for _ in range(TURNS))
    table.add_row(f"parse and check {LINES.count(chr(10)):,} lines", f"{took:.3f}", "", "")
    Console().print(table)


if __name__ == "__main__":
    main()
