"""The rows of a relation in memory, found by any of their columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from operator import itemgetter
from typing import Any, NamedTuple

Row = tuple[int, ...]


class Access(NamedTuple):
    """How rows are read: those with given values in the columns `by`, of which the columns `take` are wanted.

    In each pair of `same`, both columns hold one value.
    """

    by: tuple[int, ...]
    take: tuple[int, ...]
    same: tuple[tuple[int, int], ...] = ()


def picked(columns: tuple[int, ...]) -> Callable[[Row], Row]:
    """A function that takes some columns of a row."""
    if len(columns) > 1:
        return itemgetter(*columns)
    if columns:
        (column,) = columns
        return lambda row: (row[column],)
    return lambda row: ()


def key(columns: tuple[int, ...]) -> Callable[[Row], Any]:
    """A function that takes what rows are found by: as `picked`, but a single value stands alone, which is faster."""
    return itemgetter(*columns) if columns else picked(columns)


class Rows:
    """A set of rows with an index for every access that was asked for."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self._rows = dict.fromkeys(rows)
        self._indexes: dict[Access, dict[Any, list[Row]]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    def __contains__(self, row: Row) -> bool:
        return row in self._rows

    def add(self, rows: Iterable[Row]) -> list[Row]:
        """Add rows, and give those that were not there."""
        fresh = [row for row in dict.fromkeys(rows) if row not in self._rows]
        self._rows.update(dict.fromkeys(fresh))
        for access, index in self._indexes.items():
            _fill(index, access, fresh)
        return fresh

    def index(self, access: Access) -> dict[Any, list[Row]]:
        """Parts of rows by their keys."""
        found = self._indexes.get(access)
        if found is None:
            found = {}
            _fill(found, access, self._rows)
            self._indexes[access] = found  # only now: it may have been interrupted
        return found


def _fill(index: dict[Any, list[Row]], access: Access, rows: Iterable[Row]) -> None:
    by, take = key(access.by), picked(access.take)
    for row in rows:
        if all(row[a] == row[b] for a, b in access.same):
            index.setdefault(by(row), []).append(take(row))
