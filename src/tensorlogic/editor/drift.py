"""Offsets in a text that has been changed since it was analyzed."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile


def carried(offset: int, now: str, then: str) -> int:
    """Where an offset of the text as it is now was in the text as it was; inside the change, where that began."""
    if now == then:
        return offset
    same = _shared(now, then)
    if offset <= same:
        return offset
    behind = min(_shared(reversed(now), reversed(then)), len(now) - same, len(then) - same)
    return offset + len(then) - len(now) if offset >= len(now) - behind else same


def _shared(one: Iterable[str], other: Iterable[str]) -> int:
    """How many characters are the same from the beginning on."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
