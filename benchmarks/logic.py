"""Measure rules against a recursive query of DuckDB and against clingo, on random graphs.

`python -m benchmarks.logic [--plot growth.png]`: transitive closure and same generation, with ever more derived facts.
All three take turns in each round, from facts in memory to all rows as Python's tuples; a row says the medians, and the
median of the ratios of each round. A round that takes seconds is repeated less often. Memory is the peak of a process
that does nothing else.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import clingo
import duckdb
import numpy as np

from benchmarks.goals import Record, options, tell
from benchmarks.start import peak_memory
from tensorlogic.logic import Atom, Comparison, Knowledge, Rule, Signature, Variable

Edges = list[tuple[int, int]]
W, X, Y, Z = (Variable(name) for name in "WXYZ")
ROUNDS = 7
LONGEST = 20.0
"""Seconds for all rounds of a size, of which there are three at least."""
MANY = 100_000
"""From so many derived facts on, DuckDB is a goal."""
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
    started = time.perf_counter()
    while len(times["clingo"]) < rounds and (len(times["clingo"]) < 3 or time.perf_counter() - started < LONGEST):
        for name, run in runs.items():
            begin = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - begin)
    return counts.pop(), times


def memory(peer: str, work: str, size: int) -> float:
    """The peak memory of a process of its own, in MiB."""
    command = [sys.executable, "-m", "benchmarks.logic", "--alone", peer, work, str(size)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def record(work: str, size: int, rounds: int) -> tuple[int, dict[str, float], Record]:
    """The derived facts, the median seconds of each, and what the table says."""
    count, times = measured(work, graph(*SIZES[work][size]), rounds)
    middle = {name: statistics.median(each) for name, each in times.items()}
    told: Record = {"work": work, "facts": count, **{f"{name}, s": seconds for name, seconds in middle.items()}}
    for name, goal in (("DuckDB", 1.0 if count >= MANY else None), ("clingo", 3.0)):
        pairs = zip(times["TensorLogic"], times[name], strict=True)
        told |= {f"to {name}": statistics.median(ours / theirs for ours, theirs in pairs), f"goal {name}": goal}
    return count, middle, told | {f"{name}, MiB": memory(name, work, size) for name in PEERS}


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


def main() -> None:
    parser = options("benchmarks.logic", __doc__, ROUNDS)
    parser.add_argument("--plot", type=Path, help="draw the growth into this file")
    parser.add_argument("--alone", nargs=3, metavar=("PEER", "WORK", "SIZE"), help="print the memory of one run")
    asked = parser.parse_args()
    if asked.alone:
        peer, work, size = asked.alone
        PEERS[peer](work, graph(*SIZES[work][int(size)]))()
        print((peak_memory() or 0) / 2**20)
        return
    found = {work: [record(work, size, asked.rounds) for size in range(len(sizes))] for work, sizes in SIZES.items()}
    tell("rules", [told for each in found.values() for *_, told in each], asked.json)
    if asked.plot:
        plot({work: [(count, middle) for count, middle, _ in each] for work, each in found.items()}, asked.plot)


if __name__ == "__main__":
    main()
