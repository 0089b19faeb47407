"""Constants as small integers, which are what relations hold."""

from __future__ import annotations

from collections.abc import Iterable

from tensorlogic.logic.terms import Value

_ORDER = {bool: 0, int: 1, float: 1, str: 3}
_NAN = (2, 0)


class Values:
    """Every constant that was met, numbered from 0 in order of first appearance."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[type, Value], int] = {}
        self.values: list[Value] = []
        """The constants by their numbers."""

    def number(self, value: Value) -> int:
        """The number of a constant. Every NaN has the same."""
        key = (type(value), value) if value == value else (float, "nan")
        found = self._numbers.setdefault(key, len(self.values))
        if found == len(self.values):
            self.values.append(value)
        return found

    def ranks(self, numbers: Iterable[int]) -> dict[int, int]:
        """The places of constants in answers: truth values, numbers by size, NaN, texts as they first appeared."""
        ordered = sorted(set(numbers), key=self._key)
        return {number: rank for rank, number in enumerate(ordered)}

    def _key(self, number: int) -> tuple[int, float, int]:
        """Of 1 and 1.0, the integer is first."""
        value = self.values[number]
        if isinstance(value, str):
            return _ORDER[str], 0, number
        return (*(_NAN if value != value else (_ORDER[type(value)], value)), isinstance(value, float))
