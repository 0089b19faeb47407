"""Which operations go wrong, where that begins, and what stands around them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Final

from tensorlogic.advisor.evidence import evidence, table
from tensorlogic.advisor.finding import Finding, Severity
from tensorlogic.advisor.verification.differences import Difference, Kind
from tensorlogic.advisor.verification.lockstep import Seen
from tensorlogic.mil.program import Function, Operation


@dataclass(frozen=True)
class Checked:
    """An operation, a constant or an input, and what its results in f16 are like beside those in f32."""

    name: str
    type: str
    difference: Difference
    own: float | None
    """The error that it adds itself, on the same inputs; None where that was not tried."""
    takes: tuple[str, ...]
    """The values that go in."""
    consumers: tuple[str, ...]
    """The operations that take what comes out."""
    begins: tuple[Kind, ...]
    """The kinds of trouble that are not there in what goes in: infinite and NaN, or any other beside them."""

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of trouble."""
        return self.difference.kinds


def checked(function: Function, seen: Seen) -> tuple[Checked, ...]:
    """All that was seen of a function, in its order."""
    uses: dict[str, list[str]] = {}
    for operation in function.body.operations:
        for name in _names(operation):
            uses.setdefault(name, []).append(operation.name)
    return tuple(_checked(*each, seen, uses) for each in _parts(function, seen))


Part = tuple[str, str, tuple[str, ...], tuple[str, ...]]
"""Name, type, what it takes, and the values that it gives."""


def _parts(function: Function, seen: Seen) -> Iterator[Part]:
    for value in function.inputs:
        if value.name in seen.values:
            yield value.name, "input", (), (value.name,)
    for each in function.body.operations:
        given = tuple(value.name for value in each.outputs if value.name in seen.values)
        if given:
            yield each.name, each.type, _names(each), given


def _checked(
    name: str,
    type: str,
    takes: tuple[str, ...],
    given: tuple[str, ...],
    seen: Seen,
    uses: Mapping[str, Iterable[str]],
) -> Checked:
    difference = Difference()
    for value in given:
        difference |= seen.values[value]
    consumers = dict.fromkeys(user for value in given for user in uses.get(value, ()))
    there = {kind for value in takes if value in seen.values for kind in seen.values[value].kinds}
    begins = tuple(kind for kind in difference.kinds if not there & (BROKEN if kind in BROKEN else ANY))
    return Checked(name, type, difference, seen.own.get(name), takes, tuple(consumers), begins)


BROKEN: Final[Set[Kind]] = {"overflow", "nan"}
ANY: Final[Set[Kind]] = {*BROKEN, "underflow", "error"}
"""An overflow is not explained by lost digits that came in, but lost digits are by whatever came in."""


def _names(operation: Operation) -> tuple[str, ...]:
    inner = (name for block in operation.blocks for each in block.walk() for name in each.names)
    return tuple(dict.fromkeys([*operation.names, *inner]))


def findings(parts: Iterable[Checked], absorbed: bool) -> tuple[Finding, ...]:
    """Where trouble begins, the worst first; what is not infinite or NaN is a note where outputs are `absorbed` it."""
    found = [_finding(part, kind, absorbed) for part in parts for kind in part.begins]
    return tuple(sorted(found, key=lambda each: _SEVERITIES.index(each.severity)))


_SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


def _finding(part: Checked, kind: Kind, absorbed: bool) -> Finding:
    row, difference = _rows()[kind], part.difference
    least, largest = difference.range or (math.nan, math.nan)
    said = {**asdict(difference), "name": part.name, "type": part.type, "least": least, "largest": largest}
    said["own"] = math.nan if part.own is None else part.own
    said["source"] = part.name.removesuffix("_cast_fp16")  # which coremltools adds afterwards
    severity: Severity = "note" if absorbed and row["severity"] == "warning" else row["severity"]
    title, why, change = (row[key].format(**said) for key in ("title", "why", "change"))
    return Finding(kind, severity, title, why, change, (part.name,), "", evidence(row))


@cache
def _rows() -> dict[Kind, dict[str, Any]]:
    return {row["kind"]: row for row in table("numerics")["trouble"]}
