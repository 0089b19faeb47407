"""Measure equations against `torch.einsum` as one would write it: the best of its forms, in one process, by turns.

A form is an order of operands or of letters, with or without opt_einsum's path, or the product in steps. A row says the
median of one call of each, and the median of the ratios of each two turns; the smallest rows show the overhead. The
last rows are loops of whole programs, a `.tl` one and its equivalent in Python.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch

from benchmarks.goals import Record, options, tell
from benchmarks.language import compiled, in_python
from tensorlogic.runtime.equations import Access, Apply, Equation, Index, Solver

ROUNDS = 15
GOAL = 1.05
SPAN = 0.005
"""Seconds that a turn takes at least, where calls are short."""


class Row(NamedTuple):
    """A product: einsum's letters, what each stands for in the small and in the large case."""

    name: str
    spec: str
    small: dict[str, int]
    large: dict[str, int]


ROWS = [
    Row("matrix times vector", "ij,j->i", {"i": 8, "j": 8}, {"i": 2048, "j": 2048}),
    Row("matrix product", "ij,jk->ik", {"i": 8, "j": 8, "k": 8}, {"i": 512, "j": 512, "k": 512}),
    Row("the same, transposed", "ij,jk->ki", {"i": 8, "j": 8, "k": 8}, {"i": 512, "j": 512, "k": 512}),
    Row("a batch of products", "bij,bjk->bik", dict.fromkeys("bijk", 4), {"b": 16, "i": 128, "j": 128, "k": 128}),
    Row("a linear layer", "btd,df->btf", dict.fromkeys("btdf", 4), {"b": 8, "t": 128, "d": 256, "f": 256}),
    Row(
        "scores of attention",
        "bhqd,bhkd->bhqk",
        dict.fromkeys("bhqkd", 4),
        {"b": 4, "h": 8, "q": 128, "k": 128, "d": 64},
    ),
    Row(
        "values of attention",
        "bhqk,bkhd->bqhd",
        dict.fromkeys("bhqkd", 4),
        {"b": 4, "h": 8, "q": 128, "k": 128, "d": 64},
    ),
    Row("a bilinear form", "bi,ijk,bk->bj", dict.fromkeys("bijk", 4), {"b": 64, "i": 64, "j": 64, "k": 64}),
    Row("a chain of three", "ij,jk,kl->il", dict.fromkeys("ijkl", 6), {"i": 16, "j": 512, "k": 512, "l": 512}),
    Row("two sums that share nothing", "ij,jk->j", dict.fromkeys("ijk", 6), {"i": 512, "j": 512, "k": 512}),
    Row("elementwise", "ij,ij->ij", dict.fromkeys("ij", 8), dict.fromkeys("ij", 512)),
]


def forms(spec: str, tensors: list[torch.Tensor]) -> dict[str, Callable[[], torch.Tensor]]:
    """The ways to write a product with `torch.einsum`."""
    left, out = spec.split("->")
    parts = left.split(",")
    found = {"as written": partial(torch.einsum, spec, *tensors)}
    found["reversed"] = partial(torch.einsum, f"{','.join(reversed(parts))}->{out}", *reversed(tensors))
    if len(parts) == 3:
        for first in ((0, 1), (1, 2), (0, 2)):
            if {*parts[first[0]]}.isdisjoint(parts[first[1]]):
                continue  # every number with every other
            found[f"by hand, {first}"] = _by_hand(parts, out, tensors, first)
    return found


def _by_hand(
    parts: list[str], out: str, tensors: list[torch.Tensor], first: tuple[int, int]
) -> Callable[[], torch.Tensor]:
    (last,) = {0, 1, 2} - {*first}
    a, b, c = (parts[place] for place in (*first, last))
    x, y, z = (tensors[place] for place in (*first, last))
    middle = "".join(dict.fromkeys(letter for letter in a + b if letter in c + out))
    return lambda: torch.einsum(f"{middle},{c}->{out}", torch.einsum(f"{a},{b}->{middle}", x, y), z)


def equation(spec: str) -> Equation:
    """The same product as an equation."""
    left, out = spec.split("->")
    accesses = [Access(f"T{place}", tuple(map(Index, part))) for place, part in enumerate(left.split(","))]
    return Equation("Y", tuple(map(Index, out)), "sum", Apply("*", tuple(accesses)))


def seconds(run: Callable[[], object], times: int) -> float:
    begin = time.perf_counter()
    for _ in range(times):
        run()
    return (time.perf_counter() - begin) / times


def compare(row: Row, sizes: dict[str, int], rounds: int) -> Record:
    """Ours beside the form that is the fastest of all."""
    parts = row.spec.split("->")[0].split(",")
    tensors = [torch.randn([sizes[letter] for letter in part]) for part in parts]
    named = {f"T{place}": tensor for place, tensor in enumerate(tensors)}
    ours = partial(Solver([equation(row.spec)]), named)
    theirs = forms(row.spec, tensors)
    torch.testing.assert_close(ours()["Y"], theirs["as written"](), rtol=1e-3, atol=1e-3)
    once = min(seconds(ours, 1) for _ in range(3))
    times = max(1, min(1000, int(SPAN / once)))
    best = min(theirs, key=lambda form: min(seconds(theirs[form], times) for _ in range(3)))
    pairs = [(seconds(ours, times), seconds(theirs[best], times)) for _ in range(rounds)]
    return record(row.name, row.spec, best, pairs)


def record(name: str, spec: str, form: str, pairs: list[tuple[float, float]], calls: int = 1) -> Record:
    """What a row says of the seconds of each two turns, of so many calls."""
    mine, other = (statistics.median(each) * 1e6 / calls for each in zip(*pairs, strict=True))
    ratio = statistics.median(ours / theirs for ours, theirs in pairs)
    best = {"equation, us": mine, "einsum, us": other, "best form": form}
    return {"product": name, "einsum": spec, **best, "ratio": ratio, "goal": GOAL}


PROGRAM = "W = rand({0}, {0}) x = rand({0}, {0})\nfor n in range({1}) {{ y[i, k] <- W[i, j] * x[j, k] }}"
IN_PYTHON = """
def main():
    w = torch.rand({0}, {0})
    x = torch.rand({0}, {0})
    for n in range({1}):
        y = torch.einsum("ij,jk->ik", w, x)
main()"""
LOOPS = ((8, 3000), (64, 1000), (256, 60))
"""Sizes of matrices, and how often they are multiplied."""


def loop(size: int, times: int, rounds: int) -> Record:
    """A program's loop beside Python's. Programs are compiled before."""
    pairs = [
        (seconds(compiled(PROGRAM.format(size, times)).run, 1), seconds(in_python(IN_PYTHON.format(size, times)), 1))
        for _ in range(rounds)
    ]
    return record(f"a program's loop, {size} x {size}", "ij,jk->ik", "as written", pairs, times)


def main() -> None:
    asked = options("benchmarks.equations", __doc__, ROUNDS).parse_args()
    torch.set_num_threads(1)
    found = [compare(row, getattr(row, kind), asked.rounds) for kind in ("small", "large") for row in ROWS]
    found += [loop(*each, asked.rounds) for each in LOOPS]
    tell(f"PyTorch {torch.__version__}, one thread", found, asked.json)


if __name__ == "__main__":
    main()
