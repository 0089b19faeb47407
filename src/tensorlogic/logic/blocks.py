"""Plans over columns: the same steps as `plans`, many environments at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from tensorlogic.logic.columns import Column, Columns, Index, TooWide, distinct, pack
from tensorlogic.logic.relation import Relation
from tensorlogic.logic.rows import Row
from tensorlogic.logic.steps import MOST_SEEN, Compute, Distinct, Plan, Refuse, Same, Scan, Step

_BLOCK = 1 << 21
"""A step makes at most so many environments at once, and so many values: it bounds the memory of a join."""
_VALUES = 1 << 22


class Block(NamedTuple):
    """Environments: the columns of the slots that are still read, how many slots there are, how many environments."""

    columns: Mapping[int, Column]
    width: int
    length: int

    def at(self, rows: Column, live: frozenset[int]) -> Block:
        """Some of the environments, without what nothing reads any more."""
        columns = {slot: column[rows] for slot, column in self.columns.items() if slot in live}
        return Block(columns, self.width, len(rows))

    def rows(self) -> Iterator[Row]:
        """The environments one after the other, with 0 for what is not there."""
        zeros = np.zeros(self.length, np.int64)
        columns = [self.columns.get(slot, zeros).tolist() for slot in range(self.width)]
        return zip(*columns, strict=True) if columns else iter([()] * self.length)


def heads(plan: Plan, relations: Mapping[str, Relation]) -> Iterator[tuple[Sequence[Column], int]]:
    """The rows of a plan's head: blocks of columns, with how many rows they are. Raises `TooWide`."""
    live = _live(plan)
    constants = {slot: np.array([number]) for slot, number in enumerate(plan.constants)}
    blocks: Iterator[Block] = iter([Block(constants, len(plan.constants), 1)])
    for step, read_later in zip(plan.steps, live, strict=True):
        blocks = _taken(step, blocks, relations, read_later)
    if plan.group is not None:
        rows = list(plan.group(row for block in blocks for row in block.rows()))
        for place, check in plan.fits:
            check(row[place] for row in rows)
        yield list(np.array(rows, np.int64).reshape(len(rows), len(plan.head)).T), len(rows)
        return
    for block in blocks:
        columns = [block.columns[slot] for slot in plan.head]
        for place, check in plan.fits:
            check(distinct(columns[place]).tolist())
        yield columns, block.length


def _live(plan: Plan) -> list[frozenset[int]]:
    """The slots that are read after each step: all of them, where solutions are counted."""
    last = frozenset(range(len(plan.slots))) if plan.group else frozenset(plan.head)
    found: list[frozenset[int]] = []
    for step in reversed(plan.steps):
        found.append(last)
        last |= frozenset(step.slots)
    return found[::-1]


def _taken(
    step: Step, blocks: Iterator[Block], relations: Mapping[str, Relation], live: frozenset[int]
) -> Iterator[Block]:
    seen = Columns(1)
    for block in blocks:
        match step:
            case Distinct():
                yield _distinct(step, block, seen, live)
            case Scan() if step.access.take:
                yield from _joined(step, block, relations[step.relation].columns.index(step.access), live)
            case Scan() | Refuse():
                _, counts = _ranges(step, block, relations[step.relation].columns.index(step.access))
                yield block.at(np.flatnonzero((counts > 0) == isinstance(step, Scan)), live)
            case Same((left, right), wanted):
                yield block.at(np.flatnonzero((block.columns[left] == block.columns[right]) == wanted), live)
            case Compute():
                yield _computed(step, block, live)


def _ranges(step: Scan | Refuse, block: Block, index: Index) -> tuple[Column, Column]:
    return index.ranges(pack([block.columns[slot] for slot in step.slots], block.length))


def _joined(step: Scan, block: Block, index: Index, live: frozenset[int]) -> Iterator[Block]:
    """Environments with the rows of their keys, in pieces."""
    first, counts = _ranges(step, block, index)
    ends = np.cumsum(counts)
    width = block.width + len(index.taken)
    total = int(ends[-1]) if block.length else 0
    size = min(_BLOCK, _VALUES // max(len(live), 1))
    for begin in range(0, total, size):
        places = np.arange(begin, min(begin + size, total))
        spread = _spread(counts, ends, places)
        rows = places + spread(first - ends + counts)
        old = {slot: spread(column) for slot, column in block.columns.items() if slot in live}
        new = {block.width + i: column[rows] for i, column in enumerate(index.taken) if block.width + i in live}
        yield Block({**old, **new}, width, len(places))


def _spread(counts: Column, ends: Column, places: Column) -> Callable[[Column], Column]:
    """Repeats each element as often as `counts` says, and gives those at some places of the result."""
    if len(places) == ends[-1]:
        return lambda column: np.repeat(column, counts)
    which = np.searchsorted(ends, places, side="right")
    return lambda column: column[which]


def _distinct(step: Distinct, block: Block, seen: Columns, live: frozenset[int]) -> Block:
    """Environments that are not among those before, of which `seen` keeps some."""
    try:
        keys, first = np.unique(pack([block.columns[slot] for slot in step.slots], block.length), return_index=True)
    except TooWide:
        return block
    fresh = seen.fresh([keys], len(keys))
    if len(seen) < MOST_SEEN:
        seen.add(fresh)
    return block.at(first[np.searchsorted(keys, fresh)], live)


def _computed(step: Compute, block: Block, live: frozenset[int]) -> Block:
    """What Python makes of the environments, one after the other."""
    width = block.width + step.adds
    rows = list(step.function(block.rows()))
    columns = np.array(rows, np.int64).reshape(len(rows), width).T
    return Block({slot: columns[slot] for slot in live if slot < width}, width, len(rows))
