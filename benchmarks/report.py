"""docs/benchmarks.md from what was measured."""

from __future__ import annotations

import json
import re
import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from pathlib import Path

from benchmarks.measure import milliseconds
from benchmarks.result import OURS, Figure, Result

ROOT = Path(__file__).resolve().parent.parent
GPU = Path("benchmarks-gpu.md")

_ABOUT = """\
<!-- Written by `make bench`; do not edit. -->

# Benchmarks

How long a prediction takes: TensorLogic's `load_model(...).predict` on a Core ML package, and others on the network
that the package was converted from. Times are the median of a prediction, in milliseconds. Behind each, in parentheses,
is the largest difference of its outputs to PyTorch's in float32, relative to the largest of these. The last column
compares TensorLogic with the fastest of the others: below 1, TensorLogic is faster.
"""

_METHOD = """\
## Method

- A network, batch size and precision is measured in a process of its own, with everybody in it, each with as many
  threads as the machine has cores. They take NumPy arrays and give NumPy arrays.
- They take turns, in an order that changes every round. Three rounds are for warming up. A turn begins with 50 ms that
  are spent awake: threads of the one before spin for up to 40 ms on a core that is then missing, and a caller who slept
  may wake up on the core of a thread that it needs. Then come two predictions; the second is measured, as in a loop.
- TensorLogic loads with `tune=True`: it has measured its engines on the model once and takes the fastest.
- The weights are random, except those of MobileNetV2 (trained briefly), basic-pitch and CREPE (as published).
- coremltools converts the packages from PyTorch, with fixed shapes: in float32 for f32, in float16 for bf16, which is
  then computed in bfloat16. GPT-2's and CREPE's package is the float16 one in both cases: Core ML's states are float16,
  and CREPE's is the published one. basic-pitch's is the published one in f32; for bf16 coremltools made it float16.
- onnxruntime and OpenVINO run what PyTorch exports to ONNX, also with fixed shapes; for basic-pitch, the published ONNX
  file, with which the others are compared.
- onnxruntime's options are its own, OpenVINO's hint is latency. PyTorch and `torch.compile` (its default mode) run
  float32 and bfloat16 modules.
- GPT-2 makes a token a step, with 256 places in the cache. The package keeps it in states. The others run the same
  network with the cache as inputs and outputs; onnxruntime's stay its own values and are not copied to NumPy.
- GPT-2 decodes one sequence, and basic-pitch's package takes one window: they have no batch 8.

`make bench` measures all of it and writes this page; `python -m benchmarks --help` tells what can be chosen.
"""


@dataclass
class Measured:
    """Everything that is known about one machine."""

    machine: str
    """The machine and the versions of everything; results of another are not mixed with it."""
    results: list[Result] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path, machine: str) -> Measured:
        """What is kept in a file, if it is of this machine."""
        kept = json.loads(path.read_text()) if path.exists() else {}
        if kept.get("machine") != machine:
            return cls(machine)
        return cls(machine, [Result(**r) for r in kept["results"]], [Figure(**f) for f in kept["figures"]])

    def add(self, results: Sequence[Result]) -> None:
        """Put results in the place of older ones of the same network, batch size and precision."""
        new = {result.cell for result in results}
        self.results = [result for result in self.results if result.cell not in new] + list(results)

    def add_figures(self, part: str, figures: Sequence[Figure]) -> None:
        """Put figures in the place of older ones of the same part."""
        self.figures = [figure for figure in self.figures if figure.part != part] + list(figures)

    def write(self, path: Path) -> None:
        """Keep it in a file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self)))


def page(measured: Measured, titles: dict[str, str], folder: Path) -> str:
    """The page; networks are listed in the order of `titles`."""
    listed = {result.network for result in measured.results}
    titles = {name: title for name, title in titles.items() if name in listed}
    by_table = sorted(measured.results, key=lambda result: (result.precision != "f32", result.batch))
    parts = [_ABOUT, measured.machine + "\n"]
    for (precision, batch), results in groupby(by_table, key=lambda result: (result.precision, result.batch)):
        parts += [f"## {precision}, batch {batch}\n", *table(list(results), titles), ""]
    parts += _reasons(measured.results, titles)
    parts += _figures(measured.figures)
    if (folder / GPU).exists():
        parts.append(f"On a GPU: [{GPU.stem}]({GPU}).\n")
    return "\n".join((*parts, _METHOD))


def table(results: Sequence[Result], titles: dict[str, str]) -> Iterator[str]:
    """A row for each network of `titles`, a column for each peer, and how TensorLogic compares with the best other."""
    peers = sorted(dict.fromkeys(result.peer for result in results), key=lambda peer: not peer.startswith(OURS))
    yield row("network", *peers, "to the best other")
    yield row("---", *("---:" for _ in peers), "---:")
    ratios = []
    for name, title in titles.items():
        listed = {result.peer: result for result in results if result.network == name}
        compared = to_best(listed.values())
        ratios += [compared[0]] if compared else []
        cells = (_cell(listed[peer]) if peer in listed else "—" for peer in peers)
        yield row(title, *cells, f"{compared[0]:.2f} ({compared[1]})" if compared else "—")
    if ratios:
        yield row("geometric mean", *("" for _ in peers), f"{statistics.geometric_mean(ratios):.2f}")


def to_best(results: Iterable[Result]) -> tuple[float, str] | None:
    """TensorLogic's time to that of the fastest other, and who that is."""
    timed = {result.peer: milliseconds(result.times) for result in results if result.times}
    others = [peer for peer in timed if not peer.startswith(OURS)]
    if OURS not in timed or not others:
        return None
    best = min(others, key=timed.__getitem__)
    return timed[OURS] / timed[best], best


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(result: Result) -> str:
    if not result.times:
        return "—"
    return f"{digits(milliseconds(result.times))} ({result.difference:.0e})"


def digits(value: float) -> str:
    """Three digits or a few more, and no exponent."""
    return f"{value:,.{2 if value < 10 else 1 if value < 100 else 0}f}"


def _reasons(results: Sequence[Result], titles: dict[str, str]) -> Iterator[str]:
    """Why there are dashes."""
    why: dict[tuple[str, str], list[Result]] = {}
    everything = {result.network for result in results}
    for result in results:
        if result.reason:
            why.setdefault((result.peer, result.reason), []).append(result)
    for (peer, reason), concerned in why.items():
        names = dict.fromkeys(result.network for result in concerned)
        where = "all networks" if names.keys() == everything else ", ".join(titles[name] for name in names)
        kinds = ", ".join(dict.fromkeys(f"{result.precision} batch {result.batch}" for result in concerned))
        yield f"- {peer}: {as_text(reason)} ({where}; {kinds})"
    if why:
        yield ""


def as_text(reason: str) -> str:
    """A message of others, fit for a page: without paths of this machine."""
    return re.sub(r"(/[\w.+-]+){2,}", "…", reason).replace("|", "\\|").replace("<", "&lt;")


def _figures(figures: Sequence[Figure]) -> Iterator[str]:
    if not figures:
        return
    yield "## Overhead, start, memory and threads\n"
    columns = list(dict.fromkeys(column for figure in figures for column in figure.values))
    yield row("", "unit", *columns)
    yield row("---", "---", *("---:" for _ in columns))
    for figure in figures:
        cells = (digits(figure.values[column]) if column in figure.values else "" for column in columns)
        yield row(figure.what, figure.unit, *cells)
    yield from (f"\n{figure.what}: {as_text(figure.reason)}" for figure in figures if figure.reason)
    yield ""
