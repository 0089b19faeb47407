"""A relation's rows, as Python's for few and as columns for many; either is made of the other when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from tensorlogic.logic.rows import Row, Rows

if TYPE_CHECKING:
    from tensorlogic.logic.columns import Column, Columns


class Relation:
    """A set of rows of `arity` constants."""

    def __init__(self, arity: int, rows: Iterable[Row] = ()) -> None:
        self.arity = arity
        self._rows: Rows | None = Rows(rows)
        self._columns: Columns | None = None

    @classmethod
    def packed(cls, arity: int) -> Relation:
        """An empty relation that holds columns."""
        from tensorlogic.logic.columns import Columns

        made = cls(arity)
        made._rows, made._columns = None, Columns(arity)
        return made

    @property
    def is_packed(self) -> bool:
        """Whether it holds nothing but columns."""
        return self._rows is None

    def __len__(self) -> int:
        held = self._columns if self._rows is None else self._rows
        return 0 if held is None else len(held)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    @property
    def rows(self) -> Rows:
        """One row at a time."""
        if self._rows is None:
            self._rows = Rows(self._columns.rows() if self._columns else ())
        return self._rows

    @property
    def columns(self) -> Columns:
        """Many rows at a time. Raises `TooWide`."""
        if self._columns is None:
            from tensorlogic.logic.columns import Columns, of_rows

            made = Columns(self.arity)
            made.add(of_rows(self.rows, self.arity))
            self._columns = made
        return self._columns

    def arrays(self) -> list[Column]:
        """The columns as arrays of as many numbers as there are rows."""
        import numpy as np

        from tensorlogic.logic.columns import unpack

        if self.is_packed:
            return list(unpack(self.columns.packed, self.arity))
        return list(np.array(list(self.rows), np.int64).reshape(len(self), self.arity).T)

    def add(self, rows: Iterable[Row]) -> list[Row]:
        """Add rows, and give those that were not there."""
        fresh = self.rows.add(rows)
        if fresh:
            self._columns = None
        return fresh

    def extend(self, numbers: Sequence[int]) -> None:
        """Add many rows, given one after the other."""
        from tensorlogic.logic.columns import TooWide, of_numbers

        try:
            self.add_packed(of_numbers(numbers, self.arity))
        except TooWide:
            self.add(zip(*(iter(numbers),) * self.arity, strict=True))

    def add_packed(self, packed: Column) -> None:
        """Add packed rows, sorted and each once."""
        from tensorlogic.logic.columns import unpack

        self.add_fresh(self.columns.fresh(unpack(packed, self.arity), len(packed)) if len(self) else packed)

    def add_fresh(self, packed: Column) -> None:
        """Add packed rows that are not there, sorted and each once."""
        if len(packed):
            self.columns.add(packed)
            self._rows = None

    def merge(self, other: Relation) -> None:
        """Add the rows of another relation that is held alike."""
        if self.is_packed:
            self.add_packed(other.columns.packed)
        else:
            self.add(other.rows)
