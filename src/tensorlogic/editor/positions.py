"""Places in programs as editors count them: lines from 0, and columns in the units that the client asked for."""

from __future__ import annotations

from typing import Any

from lsprotocol.types import Location, Position, Range, TextEdit
from pygls.uris import from_fs_path
from pygls.workspace import PositionCodec

from tensorlogic.editor.documents import Document
from tensorlogic.errors import SourcePlace
from tensorlogic.lang import Source, Span


class Positions:
    """Translates between offsets in characters and an editor's positions."""

    def __init__(self, codec: PositionCodec) -> None:
        self._units: Any = codec.client_num_units

    def offset(self, source: Source, position: Position) -> int:
        """The offset of a position; one beyond the end of a line or of the text is that end."""
        start = source.offset(position.line + 1, 0)
        line = source.line(position.line + 1) if start < len(source.text) else ""
        column = units = 0
        while column < len(line) and units < position.character:
            units += self._units(line[column])
            column += 1
        return start + column

    def range(self, source: Source, span: Span) -> Range:
        """The range of a stretch of the text."""
        return Range(self.position(source, span.start), self.position(source, span.end))

    def position(self, source: Source, offset: int) -> Position:
        """The position of an offset."""
        line, column = source.position(offset)
        return Position(line - 1, self._units(source.text[offset - column : offset]))

    def of_place(self, place: SourcePlace) -> Range:
        """The range of the place of an error."""
        start, end = place.column - 1, place.column - 1 + place.length
        first, last = self._units(place.text[:start]), self._units(place.text[:end])
        return Range(Position(place.line - 1, first), Position(place.line - 1, last))

    def location_of(self, place: SourcePlace, uri: str) -> Location:
        """The place of a remark about the file with a URI."""
        return Location(uri, self.of_place(place))

    def location(self, document: Document, span: Span) -> Location:
        """A stretch of a file."""
        return Location(document.uri or from_fs_path(str(document.path)) or "", self.range(document.source, span))

    def edit(self, document: Document, span: Span, text: str) -> TextEdit:
        """The replacement of a stretch of a file."""
        return TextEdit(self.range(document.source, span), text)
