"""A program's text, and stretches of it."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from tensorlogic.errors import SourcePlace


class Span(NamedTuple):
    """A stretch of a text: offsets in characters, the end excluded."""

    start: int
    end: int

    def to(self, last: Span) -> Span:
        """From the start of this span to the end of `last`."""
        return Span(self.start, last.end)

    def holds(self, other: Span) -> bool:
        """Whether a stretch is inside this one."""
        return self.start <= other.start and other.end <= self.end

    def first(self, length: int) -> Span:
        """The first `length` characters of this span."""
        return Span(self.start, self.start + length)


@dataclass(frozen=True)
class Source:
    """The text of one program, under the name that messages call it by."""

    name: str
    text: str

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        starts += [i + 1 for i, c in enumerate(self.text) if c == "\n"]
        return starts

    def position(self, offset: int) -> tuple[int, int]:
        """The line (from 1) and the column (from 0) of an offset."""
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1]

    def offset(self, line: int, column: int) -> int:
        """The offset of a line (from 1) and a column (from 0); what is beyond the end of a line is its end."""
        if line > len(self._line_starts):
            return len(self.text)
        return self._line_starts[line - 1] + min(column, len(self.line(line)))

    def line(self, number: int) -> str:
        """The text of a line, without its newline."""
        starts = [*self._line_starts, len(self.text) + 1]
        return self.text[starts[number - 1] : starts[number] - 1].rstrip("\r")

    def place(self, span: Span) -> SourcePlace:
        """Where a span is; one that goes over several lines is shown to the end of its first."""
        return self.between(self.position(span.start), self.position(span.end))

    def between(self, start: tuple[int, int], end: tuple[int, int]) -> SourcePlace:
        """The place from one position to another."""
        line, column = start
        text = self.line(line)
        stop = end[1] if end[0] == line else len(text)
        return SourcePlace(self.name, line, column + 1, max(1, stop - column), text)
