"""Fit what `tensorlogic.advisor` knows of speed to published measurements. Run as `python -m scripts.fit_latency`.

Reads ``facts/latency.csv`` (what was measured, and whether a row is used) and ``facts/networks.csv`` (the work of each
network), writes ``facts/fitted.toml``, and prints how well rows of
families of networks are predicted that were left out.

The columns of ``networks.csv`` that ``derived`` names were not published with the measurement: they are what is known
of the network in general, or counted from how it is made. `mact` are millions of numbers that convolutions and products
give, `io` those that come in and go out, `moves` rearrangements next to a reshape, `gates` means of whole channels
within it, `dense` the share of products of matrices.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from math import exp, log, sqrt
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from scipy.optimize import least_squares

from tensorlogic.advisor.chips import Chip, chip
from tensorlogic.advisor.cost import Work
from tensorlogic.advisor.units import NAMES, Constants, Unit, kind_of, speed_of

FACTS: Final = Path(__file__).resolve().parent.parent / "src" / "tensorlogic" / "advisor" / "facts"
FOLDS: Final = 5
COVERED: Final = 0.8
"""The share of what is measured that ranges are to hold."""
UNSURE: Final = 0.3
"""How far a quantile may be off with one family, as a share of the rows; with more it falls by the root of them."""
FEW: Final = 20
ABOUT: Final = """\
# What each unit takes, fitted to facts/latency.csv. Written by `python -m scripts.fit_latency`; do not edit.
# `constants` are those of `units.Constants`; `slower` is by how much chips that were measured differ, `counts`
# is how many predictions were measured on each. Ranges are multiples of what is estimated: `measured` for chips that
# were measured, as families of networks were predicted that were left out; `other` as chips were, and no narrower."""

# The bytes of a weight, by how a row describes its precision; the first that is found counts.
STORED: Final = {"4-bit": 0.5, "6-bit": 0.75, "8-bit": 1.0, "int8": 1.0, "75%": 0.5, "": 2.0}


@dataclass(frozen=True, slots=True)
class Row:
    """A measurement, with the work of its network."""

    name: str
    family: str
    unit: Unit
    chip: Chip
    seconds: float
    call: bool
    """Whether a call of Core ML was measured; others tell of the rates, and are not predicted."""
    work: Work
    operations: int
    crossing: float
    """Bytes that come in and go out."""


def rows() -> list[Row]:
    """The measurements that are used."""
    works = {(work["model"], work["input"]): work for work in _table("networks")}
    used = (row for row in _table("latency") if row["use"] in ("fit", "compute"))
    return [_row(row, works[row["model"], row["input"]]) for row in used]


def _table(name: str) -> list[dict[str, str]]:
    with (FACTS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _row(row: dict[str, str], work: dict[str, str]) -> Row:
    gmac, mparam, mact, io, moves, gates, dense = (
        float(work[name]) for name in ("gmac", "mparam", "mact", "io", "moves", "gates", "dense")
    )
    stored = next(size for said, size in STORED.items() if said in row["prec"])
    flops = 2e9 * gmac
    of = Work(flops, 0, 1e6 * stored * mparam, dense=flops * dense, written=2e6 * mact, moves=moves, gates=gates)
    unit = next(unit for unit in NAMES if unit == row["unit"])
    measured = 1e-3 * float(row["ms"]), row["use"] == "fit"
    return Row(row["id"], work["family"], unit, chip(row["chip"]), *measured, of, int(work["ops"]), 2e6 * io)


# Where each constant of `Constants` starts, and how far its logarithm may go from there. What hardly may decides
# whether little work goes to the Neural Engine: there, published placements say more than latencies do.
PRIORS: Final[dict[Unit, dict[str, tuple[float, float]]]] = {
    "ane": {
        "call": (3e-4, 0.5), "launch": (1.9e-4, 0.02), "flops": (0.4e12, 0.5), "dense": (0.6, 0.4),
        "weights": (0.85, 0.05), "written": (3e9, 0.7), "transfer": (3e10, 0.02), "each": (5e-7, 0.7),
        "move": (2e-5, 0.7), "gate": (2e-5, 0.7),
    },
    "gpu": {
        "call": (3e-4, 0.3), "launch": (1.5e-4, 0.3), "flops": (0.5e12, 0.5), "dense": (0.9, 0.3),
        "weights": (0.7, 0.05), "written": (1e10, 0.5), "transfer": (2e10, 0.3), "each": (5e-6, 0.5),
        "move": (1e-6, 0.1), "gate": (1e-6, 0.1),
    },
    "cpu": {
        "call": (1e-4, 0.3), "launch": (1e-5, 0.3), "flops": (1e12, 0.5), "dense": (1, 0.2),
        "weights": (0.7, 0.05), "written": (3e10, 0.5), "transfer": (1e11, 0.2), "each": (1e-6, 0.02),
        "move": (1e-6, 0.1), "gate": (1e-6, 0.1),
    },
}  # fmt: skip
CHIP: Final = 0.25
"""How far the logarithm of what a chip is slower may go."""
NOISE: Final = 0.25
"""Up to here a miss, as a logarithm, counts as its square; above, as it is."""


@dataclass(frozen=True)
class Fit:
    """Constants of a unit, and how much slower than they say each chip is that was measured."""

    unit: Unit
    constants: Constants
    slower: dict[str, float]

    def seconds(self, row: Row) -> float:
        """What a row is predicted to take."""
        its = speed_of(self.constants, row.chip, self.unit, self.slower.get(row.chip.name, 1))
        call = its.call if row.call else 0
        return call + its.launch + row.crossing / its.transfer + its.busy(row.work, row.operations)


def fit(unit: Unit, measured: Sequence[Row]) -> Fit:
    """The constants that predict the measurements of a unit best; outliers count less."""
    priors = PRIORS[unit]
    chips = sorted({row.chip.name for row in measured})
    start = np.log([middle for middle, _ in priors.values()] + [1.0] * len(chips))
    width = np.array([spread for _, spread in priors.values()] + [CHIP] * len(chips))

    def made(logarithms: np.ndarray) -> Fit:
        values = [float(value) for value in np.exp(logarithms)]
        of_chip = dict(zip(chips, values[len(priors) :], strict=True))
        return Fit(unit, Constants(**dict(zip(priors, values, strict=False))), of_chip)

    def errors(logarithms: np.ndarray) -> np.ndarray:
        found = made(logarithms)
        misses = np.array([np.log(found.seconds(row) / row.seconds) for row in measured]) / NOISE
        robust = np.sign(misses) * np.sqrt(2 * (np.sqrt(1 + misses**2) - 1))
        return np.concatenate([robust, (logarithms - start) / width])

    return made(least_squares(errors, start).x)


def folds(measured: Sequence[Row]) -> list[set[str]]:
    """Families in groups of much the same number of rows; a family is in one group only."""
    groups: list[set[str]] = [set() for _ in range(FOLDS)]
    sizes = [0] * FOLDS
    for family, count in sorted(Counter(row.family for row in measured).items(), key=lambda item: (-item[1], item[0])):
        least = sizes.index(min(sizes))
        groups[least].add(family)
        sizes[least] += count
    return groups


class Prediction(NamedTuple):
    """A call that a fit predicts which saw nothing of it, and the range that other rows left out give."""

    row: Row
    seconds: float
    low: float = 0
    high: float = float("inf")

    @property
    def error(self) -> float:
        """How far it is off, as a share of what was measured."""
        return abs(self.seconds / self.row.seconds - 1)

    @property
    def miss(self) -> float:
        """The logarithm of what was measured, as a multiple of what is predicted."""
        return log(self.row.seconds / self.seconds)

    @property
    def is_inside(self) -> bool:
        """Whether what was measured lies in the range."""
        return self.low <= self.row.seconds / self.seconds <= self.high


def unseen(unit: Unit, measured: Sequence[Row], groups: Iterable[Callable[[Row], bool]]) -> Iterator[Prediction]:
    """Every call, predicted by a fit to the rows outside of its group."""
    for is_in in groups:
        made = fit(unit, [row for row in measured if not is_in(row)])
        yield from (Prediction(row, made.seconds(row)) for row in measured if is_in(row) and row.call)


def by_family(measured: Sequence[Row]) -> list[Callable[[Row], bool]]:
    """Groups of rows of the same families."""
    return [lambda row, group=group: row.family in group for group in folds(measured)]


def by_chip(measured: Sequence[Row]) -> list[Callable[[Row], bool]]:
    """Groups of rows of the same chip."""
    return [lambda row, name=name: row.chip.name == name for name in sorted({row.chip.name for row in measured})]


def spread(predictions: Iterable[Prediction]) -> tuple[float, float]:
    """The multiples of what is predicted between which the middle of what was measured lies.

    It is widened by what a quantile of few families is not sure of. Few rows do not tell to which side either.
    """
    found = list(predictions)
    misses = [prediction.miss for prediction in found]
    families = len({prediction.row.family for prediction in found})
    beyond = max(0.0, (1 - COVERED) / 2 - UNSURE / sqrt(families))
    if len(misses) < FEW:
        far = exp(np.quantile(np.abs(misses), 1 - 2 * beyond))
        return 1 / far, far
    low, high = np.quantile(misses, [beyond, 1 - beyond])
    return exp(low), exp(high)


def ranges(predictions: Iterable[Prediction]) -> dict[str, tuple[float, float]]:
    """The spread for phones and for Macs, whose sources differ in care; of both where one of them has few rows."""
    every = list(predictions)
    kinds = {kind: [each for each in every if kind_of(each.row.chip) == kind] for kind in ("phone", "mac")}
    return {kind: spread(found if len(found) >= FEW else every) for kind, found in kinds.items()}


def validated(unit: Unit, measured: Sequence[Row]) -> Iterator[Prediction]:
    """Every call with its range; neither the constants nor the range saw its family."""
    for is_in in by_family(measured):
        seen = [row for row in measured if not is_in(row)]
        made, within = fit(unit, seen), ranges(unseen(unit, seen, by_family(seen)))
        calls = (row for row in measured if is_in(row) and row.call)
        yield from (Prediction(row, made.seconds(row), *within[kind_of(row.chip)]) for row in calls)


def said(name: str, predictions: Sequence[Prediction]) -> str:
    """How good predictions are, in a line."""
    errors = [prediction.error for prediction in predictions]
    inside = sum(prediction.is_inside for prediction in predictions) / len(predictions)
    middle, most = np.quantile(errors, [0.5, 0.9])
    off = f"median error {middle:.1%}, 90th percentile {most:.1%}"
    return f"{name:<14} {len(errors):>4} rows: {off}, in range {inside:.1%}"


def fact(name: str, value: object) -> str:
    """A line of a table."""
    if isinstance(value, dict):
        return f"{name} = {{ {', '.join(fact(_quoted(key), each) for key, each in value.items())} }}"
    if isinstance(value, tuple):
        return f"{name} = [{', '.join(f'{each:.3g}' for each in value)}]"
    return f"{name} = {value:.3g}" if isinstance(value, float) else f"{name} = {value}"


def _quoted(name: str) -> str:
    return f'"{name}"' if " " in name else name


def facts(unit: Unit, measured: Sequence[Row]) -> Iterator[str]:
    """What is written of a unit."""
    made = fit(unit, measured)
    calls = [row for row in measured if row.call]
    yield f"[{unit}]"
    yield fact("rows", len(calls))
    yield fact("families", len({row.family for row in calls}))
    yield fact("constants", asdict(made.constants))
    yield fact("slower", made.slower)
    yield fact("counts", dict(sorted(Counter(row.chip.name for row in calls).items())))
    near, far = (ranges(unseen(unit, measured, by(measured))) for by in (by_family, by_chip))
    yield fact("measured", near)
    yield fact("other", {kind: (min(low, far[kind][0]), max(high, far[kind][1])) for kind, (low, high) in near.items()})


def of_unit(unit: Unit) -> list[Row]:
    """The measurements of a unit."""
    return [row for row in rows() if row.unit == unit]


def validation() -> Iterator[str]:
    """How well calls are predicted that were left out, line by line; docs/advisor.md shows it."""
    every: list[Prediction] = []
    for unit, name in NAMES.items():
        found = list(validated(unit, of_unit(unit)))
        yield said(name, found)
        every += found
    for kind in ("phone", "mac"):
        yield said(f"All on {kind}s", [each for each in every if kind_of(each.row.chip) == kind])
    yield said("All", every)
    yield "Furthest off:"
    for row, seconds, *_ in sorted(every, key=lambda each: -abs(each.miss))[:10]:
        of = f"{row.name} {row.family} on {row.chip.name}"
        yield f"  {of}: {1e3 * row.seconds:.3g} ms, estimated {1e3 * seconds:.3g} ms"


def main() -> None:
    """Fit, write, and print how good it is."""
    lines = [ABOUT]
    for unit in NAMES:
        lines += ["", *facts(unit, of_unit(unit))]
    (FACTS / "fitted.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for line in validation():
        print(line)


if __name__ == "__main__":
    main()
