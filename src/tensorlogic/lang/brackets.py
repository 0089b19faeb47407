"""The brackets that are open at the end of a text, whether it can be parsed or not."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

FARTHEST: Final = 4000
"""So many characters back are brackets looked for."""
_TOKEN: Final = re.compile(r'"[^"\\]*(?:\\(?s:.)[^"\\]*)*"|//[^\n]*|[()\[\]{},]')
_CLOSING: Final = {")": "(", "]": "[", "}": "{"}


class Bracket(NamedTuple):
    """A bracket that is open."""

    mark: str
    before: str
    """The text before it, as far as it was looked at."""
    behind: str
    """The text behind it."""
    commas: int
    """The commas between its items so far."""


def open_brackets(text: str) -> list[Bracket]:
    """The brackets that are open at the end of a text, the innermost last."""
    text = text[-FARTHEST:]
    stack: list[tuple[str, int, int]] = []
    for found in _TOKEN.finditer(text):
        mark = found[0]
        if mark in "([{":
            stack.append((mark, found.start(), 0))
        elif stack and stack[-1][0] == _CLOSING.get(mark):
            stack.pop()
        elif mark == "," and stack:
            opening, start, commas = stack[-1]
            stack[-1] = opening, start, commas + 1
    return [Bracket(mark, text[:start], text[start + 1 :], commas) for mark, start, commas in stack]
