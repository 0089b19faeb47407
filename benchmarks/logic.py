"""Measure rules against a recursive query of DuckDB and against clingo, on random graphs.

`python -m benchmarks.logic [--plot growth.png]`: transitive closure and same generation, with ever more derived facts.
All three take turns in each round, from facts in memory to all rows as Python's tuples; a row says the medians, and the
median of the ratios of each round. Memory is the peak of a process that does nothing else.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import clingo
import duckdb
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.start import peak_memory
from tensorlogic.logic import Atom, Comparison, Knowledge, Rule, Signature, Variable

Edges = list[tuple[int, int]]
W, X, Y, Z = (Variable(name) for name in "WXYZ")
SIZES = {
    "closure": ((60, 70), (150, 190), (350, 500), (700, 1_400), (1_000, 4_000)),
    "generation": ((60, 70), (150, 190), (350, 500), (700, 1_100), (1_050, 2_400)),
}
"""Nodes and edges of the graphs of each work."""
RULES = {
    "closure": (
        Rule(Atom("D", (X, Y)), (Atom("E", (X, Y)),)),
        Rule(Atom("D", (X, Z)), (Atom("D", (X, Y)), Atom("E", (Y, Z)))),
    ),
    "generation": (
        Rule(Atom("D", (X, Y)), (Atom("E", (Z, X)), Atom("E", (Z, Y)), Comparison("!=", X, Y))),
        Rule(Atom("D", (X, Y)), (Atom("E", (Z, X)), Atom("D", (Z, W)), Atom("E", (W, Y)))),
    ),
}
SQL = {
    "closure": "SELECT x, y FROM e UNION SELECT d.x, e.y FROM d JOIN e ON d.y = e.x",
    "generation": "SELECT a.y, b.y FROM e a JOIN e b ON a.x = b.x WHERE a.y != b.y "
    "UNION SELECT a.y, b.y FROM d JOIN e a ON a.x = d.x JOIN e b ON b.x = d.y",
}
PROGRAMS = {
    "closure": "d(X,Y) :- e(X,Y). d(X,Z) :- d(X,Y), e(Y,Z).",
    "generation": "d(X,Y) :- e(Z,X), e(Z,Y), X != Y. d(X,Y) :- e(Z,X), d(Z,W), e(W,Y).",
}


def graph(nodes: int, edges: int) -> Edges:
    table = np.unique(np.random.default_rng(0).integers(0, nodes, (edges, 2)), axis=0)
    return [(int(x), int(y)) for x, y in table]


def by_rules(work: str, edges: Edges) -> Callable[[], int]:
    def run() -> int:
        knowledge = Knowledge()
        for name in "ED":
            knowledge.declare(Signature(name, (("x", "int"), ("y", "int"))))
        knowledge.tell("E", edges)
        for rule in RULES[work]:
            knowledge.add(rule)
        return len(knowledge.rows("D"))

    return run


def by_duckdb(work: str, edges: Edges) -> Callable[[], int]:
    table = np.array(edges)
    connection = duckdb.connect()
    columns = {"x": table[:, 0].copy(), "y": table[:, 1].copy()}
    connection.register("columns", columns)
    connection.execute("CREATE TABLE e AS SELECT * FROM columns")
    query = f"WITH RECURSIVE d(x, y) AS ({SQL[work]}) SELECT * FROM d"
    return lambda: len(connection.execute(query).fetchall())


def by_clingo(work: str, edges: Edges) -> Callable[[], int]:
    text = " ".join(f"e({x},{y})." for x, y in edges) + PROGRAMS[work]

    def run() -> int:
        control = clingo.Control(["--warn=none"])
        control.add("base", [], text)
        control.ground([("base", [])])
        return sum(1 for _ in control.symbolic_atoms.by_signature("d", 2))

    return run


PEERS = {"TensorLogic": by_rules, "DuckDB": by_duckdb, "clingo": by_clingo}


def measured(work: str, edges: Edges, rounds: int) -> tuple[int, dict[str, list[float]]]:
    """The derived facts, on which all agree, and the seconds of each round."""
    runs = {name: peer(work, edges) for name, peer in PEERS.items()}
    counts = {run() for run in runs.values()}
    assert len(counts) == 1, counts
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            begin = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - begin)
    return counts.pop(), times


def memory(peer: str, work: str, size: int) -> float:
    """The peak memory of a process of its own, in MiB."""
    command = [sys.executable, "-m", "benchmarks.logic", "--alone", peer, work, str(size)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def row(work: str, size: int, rounds: int) -> tuple[int, dict[str, float], tuple[str, ...]]:
    count, times = measured(work, graph(*SIZES[work][size]), rounds)
    middle = {name: statistics.median(each) for name, each in times.items()}
    ours = times["TensorLogic"]
    ratios = [statistics.median(a / b for a, b in zip(ours, times[name], strict=True)) for name in ("DuckDB", "clingo")]
    held = [f"{memory(name, work, size):.0f}" for name in PEERS]
    cells = [f"{seconds:.4f}" for seconds in middle.values()] + [f"{ratio:.2f}" for ratio in ratios]
    return count, middle, (work, f"{count:,}", *cells, " / ".join(held))


def plot(found: dict[str, list[tuple[int, dict[str, float]]]], file: Path) -> None:
    """Seconds by derived facts."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, len(found), figsize=(10, 4), sharey=True)
    for axis, (work, points) in zip(axes, found.items(), strict=True):
        for name in PEERS:
            axis.loglog([count for count, _ in points], [times[name] for _, times in points], marker="o", label=name)
        axis.set(title=work, xlabel="derived facts", ylabel="s")
        axis.legend()
    figure.savefig(file, bbox_inches="tight")


def arguments() -> Any:
    parser = argparse.ArgumentParser(prog="benchmarks.logic", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--plot", type=Path, help="draw the growth into this file")
    parser.add_argument("--alone", nargs=3, metavar=("PEER", "WORK", "SIZE"), help="print the memory of one run")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    if options.alone:
        peer, work, size = options.alone
        PEERS[peer](work, graph(*SIZES[work][int(size)]))()
        print((peak_memory() or 0) / 2**20)
        return
    table = Table(
        "work", "facts", *(f"{name}, s" for name in PEERS), "to DuckDB", "to clingo", "memory, MiB", title="rules"
    )
    found: dict[str, list[tuple[int, dict[str, float]]]] = {work: [] for work in SIZES}
    for work, sizes in SIZES.items():
        for size in range(len(sizes)):
            count, times, cells = row(work, size, options.rounds)
            found[work].append((count, times))
            table.add_row(*cells)
    Console(width=140).print(table)
    if options.plot:
        plot(found, options.plot)


if __name__ == "__main__":
    main()
