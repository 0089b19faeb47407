"""What a check of a finding sees, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from tensorlogic.advisor.chips import Chip
from tensorlogic.advisor.graph import Graph
from tensorlogic.advisor.placement import ComputeUnits, Placed, Placement
from tensorlogic.advisor.subject import Subject
from tensorlogic.mil.types import FP16, FP32


class View(NamedTuple):
    """A model on a chip, and the `limit` and the `rules` of eligibility that the row of a finding gives."""

    subject: Subject
    chip: Chip
    units: ComputeUnits
    placement: Placement
    limit: float = 0
    rules: tuple[str, ...] = ()
    told: frozenset[str] = frozenset()
    """The rules of all rows."""

    @property
    def graph(self) -> Graph:
        """The operations."""
        return self.subject.graph

    @property
    def ruled(self) -> list[Placed]:
        """The operations that the rules speak of."""
        operations = self.placement.operations
        return [each for each in operations if any(reason.rule in self.rules for reason in each.eligibility.reasons)]

    @property
    def eligible(self) -> list[Placed]:
        """The operations that the Neural Engine takes, or would if they were fp16."""
        return [each for each in self.placement.operations if each.eligibility.may_run]


class Found(NamedTuple):
    """Names of operations, inputs or outputs, and what fills the braces of the row's texts."""

    where: tuple[str, ...] = ()
    values: dict[str, Any] = {}  # noqa: RUF012
    rules: tuple[str, ...] = ()
    """The rules of eligibility that it speaks for, besides those of the row."""


Check = Callable[[View], Iterator[Found]]
CHECKS: Final[dict[str, Check]] = {}


def check(function: Check) -> Check:
    """Make a function the check that rows name."""
    CHECKS[function.__name__] = function
    return function


def names(placed: list[Placed]) -> tuple[str, ...]:
    """What operations are called."""
    return tuple(each.site.name for each in placed)


FLOATS: Final = (FP16, FP32)
MEGABYTE: Final = 1e6
