"""The metadata of a GGUF file: named values, read when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from gguf.constants import GGUFValueType as Kind

from tensorlogic.errors import codes
from tensorlogic.formats.gguf.cursor import LONGEST_NAME, Cursor, shown
from tensorlogic.formats.mapped import MappedFile

MOST_ITEMS = 1 << 24
"""So many items the arrays of one file have at most: fifty times the largest vocabulary."""
DEEPEST = 8
"""So deep arrays are nested at most."""
NUMBERS = {
    Kind.UINT8: "<u1", Kind.INT8: "<i1", Kind.UINT16: "<u2", Kind.INT16: "<i2", Kind.UINT32: "<u4", Kind.INT32: "<i4",
    Kind.UINT64: "<u8", Kind.INT64: "<i8", Kind.FLOAT32: "<f4", Kind.FLOAT64: "<f8", Kind.BOOL: "?",
}  # fmt: skip
_SMALLEST = {Kind.STRING: 8, Kind.ARRAY: 12}
"""The bytes that an item takes at least, where items have no fixed size."""


class Stored(NamedTuple):
    """Where a value stands; of an array also the type of its items and how many there are."""

    kind: Kind
    at: int
    items: Kind | None = None
    length: int = 0


class Values(Mapping[str, Any]):
    """Values by name: numbers, truth values, texts, and lists of such. A list is read when it is asked for."""

    def __init__(self, file: MappedFile, places: Mapping[str, Stored]) -> None:
        self._file = file
        self.places = places
        self._known: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._known:
            stored = self.places[name]
            self._known[name] = read_value(Cursor(self._file, stored.at), stored.kind, f"the value {shown(name)}")
        value = self._known[name]
        return value.copy() if isinstance(value, list) else value

    def __iter__(self) -> Iterator[str]:
        return iter(self.places)

    def __len__(self) -> int:
        return len(self.places)


def find_values(cursor: Cursor, count: int) -> Values:
    """The next `count` values, with the cursor behind them. Raises `FormatError` for any that cannot be read."""
    places: dict[str, Stored] = {}
    room = [MOST_ITEMS]
    for _ in range(count):
        start = cursor.at
        name = cursor.text("the name of a value", LONGEST_NAME)
        if name in places:
            cursor.refuse(codes.CORRUPT, f"the value {shown(name)} is there twice", start)
        what = f"the value {shown(name)}"
        kind = cursor.member(Kind, f"the type of {what}")
        places[name] = _place(cursor, kind, what)
        _skip(cursor, kind, what, room, 0)
    return Values(cursor.file, places)


def read_value(cursor: Cursor, kind: Kind, what: str) -> Any:
    """The value at the cursor, which was found to be inside the file."""
    if kind in NUMBERS:
        return cursor.number(NUMBERS[kind], what)
    if kind is Kind.STRING:
        return cursor.text(what)
    items, count = cursor.member(Kind, f"the type of {what}"), cursor.count(what)
    if items in NUMBERS:
        return cursor.numbers(NUMBERS[items], count, what)
    return [read_value(cursor, items, what) for _ in range(count)]


def _place(cursor: Cursor, kind: Kind, what: str) -> Stored:
    if kind is not Kind.ARRAY:
        return Stored(kind, cursor.at)
    ahead = Cursor(cursor.file, cursor.at)
    return Stored(kind, cursor.at, ahead.member(Kind, f"the type of {what}"), ahead.count(f"the length of {what}"))


def _skip(cursor: Cursor, kind: Kind, what: str, room: list[int], depth: int) -> None:
    """Go past a value. `room` is how many items arrays may still have."""
    if kind in NUMBERS:
        cursor.numbers(NUMBERS[kind], 1, what)
    elif kind is Kind.STRING:
        cursor.take(cursor.count(f"the length of {what}"), what)
    else:
        _skip_array(cursor, what, room, depth)


def _skip_array(cursor: Cursor, what: str, room: list[int], depth: int) -> None:
    start = cursor.at
    items, count = cursor.member(Kind, f"the type of {what}"), cursor.count(f"the length of {what}")
    room[0] -= count
    if room[0] < 0:
        cursor.refuse(codes.TOO_LARGE, f"{what} has {count:,} items; a file has at most {MOST_ITEMS:,}", start)
    if depth == DEEPEST:
        cursor.refuse(codes.TOO_LARGE, f"{what} is nested more than {DEEPEST} deep", start)
    if items in NUMBERS:
        cursor.take(count * np.dtype(NUMBERS[items]).itemsize, what)
        return
    if count * _SMALLEST[items] > cursor.left:
        message = f"{what} should have {count:,} items, but only {cursor.left:,} bytes are left in the file"
        cursor.refuse(codes.TRUNCATED, message, start)
    if items is Kind.STRING:
        cursor.skip_texts(count, what)
        return
    for _ in range(count):
        _skip_array(cursor, what, room, depth + 1)
