"""The comments of a program, which are not in its tree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tensorlogic.lang.lexer import comments
from tensorlogic.lang.source import Source, Span


class Comment(NamedTuple):
    """A comment, and how it stands in the text."""

    text: str
    spaced: bool
    """Whether an empty line is before it."""


class Comments:
    """Gives out the comments of a source in the order of the text, each once."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._left = list(comments(source))[::-1]

    def before(self, offset: int) -> Iterator[Comment]:
        """Those that begin before an offset and were not given out."""
        while self._left and self._left[-1].start < offset:
            yield self._comment(self._left.pop())

    def behind(self, offset: int) -> Comment | None:
        """The one that follows on the same line as what ends at an offset."""
        if self._left and not self._source.text[offset : self._left[-1].start].strip(" \t,;"):
            return self._comment(self._left.pop())
        return None

    def spaced(self, offset: int) -> bool:
        """Whether an empty line is before what begins at an offset."""
        text = self._source.text
        line = text.rfind("\n", 0, offset) + 1
        before = text.rfind("\n", 0, max(0, line - 1)) + 1
        return line > 0 and not text[line:offset].strip() and not text[before:line].strip()

    def _comment(self, span: Span) -> Comment:
        text = self._source.text[span.start : span.end].rstrip()
        return Comment(text, self.spaced(span.start))
