"""The rows of a large relation as sorted integers, joined many at a time.

A row is packed into 63 bits, so that sets of rows are sorted arrays: a set operation is a sort or a binary search.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tensorlogic.logic.rows import Access
from tensorlogic.logic.terms import Value
from tensorlogic.logic.values import Values

Column = npt.NDArray[np.int64]
_BITS = 63
_FEW = 4_000
"""Among so many rows, others are searched for."""
_BYTES_TO_MARK = 16
"""Marks may take so much memory for each row."""
_DENSE = 1 << 22
"""Constants up to that number are looked up in a table rather than searched for."""


class TooWide(Exception):  # noqa: N818 (rows are then kept in another way)
    """Rows that do not fit into 63 bits."""


def pack(columns: Sequence[Column], count: int) -> Column:
    """`count` rows as integers in the same order."""
    if not columns:
        return np.zeros(count, np.int64)
    bits = _BITS // len(columns)
    packed = np.zeros(count, np.int64)
    for column in columns:
        if bits < _BITS and count and int(column.max()) >> bits:
            raise TooWide
        packed = (packed << bits if bits < _BITS else packed) | column
    return packed


def unpack(packed: Column, arity: int) -> tuple[Column, ...]:
    """The columns of packed rows."""
    if not arity:
        return ()
    bits = _BITS // arity
    mask = (1 << bits) - 1
    return tuple((packed >> (bits * (arity - 1 - i))) & mask for i in range(arity))


def distinct(packed: Column) -> Column:
    """Sorted, each once."""
    packed = np.sort(packed)
    return packed if len(packed) < 2 else packed[np.concatenate(([True], packed[1:] != packed[:-1]))]


def _size(columns: Sequence[Column]) -> int:
    """What all constants of some rows are below."""
    return max((int(column.max()) + 1 for column in columns if len(column)), default=0)


class _Marks:
    """Which rows are in a set: a byte for each that there can be of the constants below `size`."""

    def __init__(self, arity: int, size: int, runs: Iterable[Column]) -> None:
        self.size = size
        self._marked = np.zeros(size**arity, bool)
        for run in runs:
            self.add(unpack(run, arity))

    def add(self, columns: Sequence[Column]) -> None:
        """Mark rows."""
        self._marked[self._places(columns)] = True

    def missing(self, columns: Sequence[Column]) -> npt.NDArray[np.bool_]:
        """Which of some rows are not marked."""
        missing: npt.NDArray[np.bool_] = ~self._marked[self._places(columns)]
        return missing

    def _places(self, columns: Sequence[Column]) -> Column:
        place, *others = columns
        for column in others:
            place = place * self.size + column
        return place


class Columns:
    """A set of packed rows, in sorted runs each of which is more than twice as long as the next."""

    def __init__(self, arity: int) -> None:
        self.arity = arity
        self._runs: list[Column] = [np.zeros(0, np.int64)]
        self._indexes: dict[Access, Index] = {}
        self._size = 0
        """All constants are below it."""
        self._marks: _Marks | None = None

    def __len__(self) -> int:
        return sum(map(len, self._runs))

    @property
    def packed(self) -> Column:
        """All rows, sorted."""
        if len(self._runs) > 1:
            self._runs = [np.sort(np.concatenate(self._runs), kind="stable")]
        return self._runs[0]

    def rows(self) -> Iterator[tuple[int, ...]]:
        """The rows, one after the other."""
        if not self.arity:
            return iter([()] * len(self))
        return zip(*(column.tolist() for column in unpack(self.packed, self.arity)), strict=True)

    def decoded(self, values: Values) -> list[tuple[Value, ...]]:
        """The constants of all rows, in the order of answers."""
        if not self.arity:
            return [()] * len(self)
        columns = unpack(self.packed, self.arity)
        used = np.zeros(len(values.values), bool)
        for column in columns:
            used[column] = True
        rank = values.ranks(np.flatnonzero(used).tolist())
        ranks, known = np.zeros(len(values.values), np.int64), np.empty(len(rank), object)
        ranks[list(rank)] = list(rank.values())
        known[list(rank.values())] = [values.values[number] for number in rank]
        ordered = np.sort(pack([ranks[column] for column in columns], len(self)))
        return list(zip(*(known[column].tolist() for column in unpack(ordered, self.arity)), strict=True))

    def fresh(self, columns: Sequence[Column], count: int) -> Column:
        """Those of `count` rows that are not in this set: packed, sorted, each once."""
        if marks := self._marks_for(columns):
            missing = marks.missing(columns)
            columns = [column[missing] for column in columns]
            return distinct(pack(columns, len(columns[0])))
        packed = distinct(pack(columns, count))
        for run in self._runs:
            if len(run):
                at = np.minimum(np.searchsorted(run, packed), len(run) - 1)
                packed = packed[run[at] != packed]
        return packed

    def _marks_for(self, columns: Sequence[Column]) -> _Marks | None:
        """Marks of all rows, and with room for others, unless they would take much more memory than the rows."""
        if len(self) < _FEW or not self.arity:
            return None
        size = max(_size(columns), self._size)
        if self._marks is None or size > self._marks.size:
            size += size // 4
            has_room = size**self.arity <= _BYTES_TO_MARK * len(self)
            self._marks = _Marks(self.arity, size, self._runs) if has_room else None
        return self._marks

    def add(self, packed: Column) -> None:
        """Add rows that are not there, sorted."""
        self._indexes = {}
        columns = unpack(packed, self.arity)
        self._size = max(self._size, _size(columns))
        if self._marks and self._size > self._marks.size:
            self._marks = None
        if self._marks:
            self._marks.add(columns)
        self._runs.append(packed)
        while len(self._runs) > 1 and len(self._runs[-2]) <= 2 * len(self._runs[-1]):
            last = self._runs.pop()
            self._runs[-1] = np.sort(np.concatenate((self._runs[-1], last)), kind="stable")

    def index(self, access: Access) -> Index:
        """The rows by some of their columns."""
        if access not in self._indexes:
            self._indexes[access] = Index.of(unpack(self.packed, self.arity), access, len(self))
        return self._indexes[access]


class Index(NamedTuple):
    """Rows sorted by a key."""

    keys: Column
    taken: tuple[Column, ...]
    starts: Column | None
    """Where the rows of a key begin, for every key up to the largest, if these are few."""

    @classmethod
    def of(cls, columns: Sequence[Column], access: Access, count: int) -> Index:
        """The index of `count` rows."""
        for a, b in access.same:
            same = columns[a] == columns[b]
            columns = [column[same] for column in columns]
            count = int(np.count_nonzero(same))
        keys = pack([columns[i] for i in access.by], count)
        if access.by != tuple(range(len(access.by))):
            order = np.argsort(keys, kind="stable")
            keys, columns = keys[order], [column[order] for column in columns]
        highest = int(keys[-1]) if count else 0
        is_dense = len(access.by) == 1 and highest < _DENSE
        starts = np.concatenate(([0], np.cumsum(np.bincount(keys, minlength=highest + 2)))) if is_dense else None
        return cls(keys, tuple(columns[i] for i in access.take), starts)

    def ranges(self, keys: Column) -> tuple[Column, Column]:
        """Where the rows of each of some keys begin, and how many there are."""
        if self.starts is None:
            first = np.searchsorted(self.keys, keys)
            return first, np.searchsorted(self.keys, keys, side="right") - first
        bounded = np.minimum(keys, len(self.starts) - 2)
        first = self.starts[bounded]
        return first, self.starts[bounded + 1] - first


def of_rows(rows: Iterable[tuple[int, ...]], arity: int) -> Column:
    """Rows packed, sorted, each once."""
    every = list(rows)
    return _packed(np.array(every, np.int64).reshape(len(every), arity))


def of_numbers(numbers: Sequence[int], arity: int) -> Column:
    """The same of rows that stand one after the other."""
    return _packed(np.array(numbers, np.int64).reshape(-1, arity))


def _packed(table: Column) -> Column:
    return distinct(pack(list(table.T), len(table)))
