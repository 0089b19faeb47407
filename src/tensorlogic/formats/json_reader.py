"""JSON of known form, read part by part, so that errors name the byte and nothing large is made of small texts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from tensorlogic.errors import BytePlace, Code, FormatError, codes
from tensorlogic.formats.mapped import MappedFile

_MARK = re.compile(r"[ \t\n\r]*([{}:,])[ \t\n\r]*")
_SPACE = re.compile(r"[ \t\n\r]*")
_LONGEST = 400
"""Characters of a message, in which names of the file occur."""
_DAMAGED = "The file is truncated or damaged: copy or download it again."


class JsonReader:
    """Goes through the JSON object that stands in a part of a file; `at` is where it is, in characters."""

    def __init__(self, file: MappedFile, start: int, size: int, what: str) -> None:
        self.path = str(file.path)
        self.what = what
        self.at = 0
        self._start = start
        self._decoder = json.JSONDecoder(object_pairs_hook=list)
        data = bytes(file.view(start, size, what))
        try:
            self.text = data.decode()
        except UnicodeDecodeError as error:
            place = BytePlace(self.path, start + error.start)
            raise FormatError(codes.CORRUPT, f"{what} is not UTF-8 text", place, help=_DAMAGED) from None

    def members(self) -> Iterator[tuple[str, int]]:
        """The names of the members of an object and their places; each value is read before the next is asked for."""
        if self.mark("{") and self.text.startswith("}", self.at):
            self.mark("}")
            return
        seen: set[str] = set()
        while True:
            at, name = self.at, self.string()
            if name in seen:
                self.fail(f"the name {name!r} occurs twice in {self.what}", at)
            seen.add(name)
            self.mark(":")
            yield name, at
            if self.mark(",}") == "}":
                return

    def mark(self, wanted: str) -> str:
        """The next character, which must be one of these; the space around it is skipped."""
        found = _MARK.match(self.text, self.at)
        if found is None or found[1] not in wanted:
            self.fail(f"{self.what} is not JSON: no {' or '.join(wanted)} where one must be", self.at)
        self.at = found.end()
        return found[1]

    def string(self) -> str:
        """The next value, which must be a string."""
        at = self.at
        if not self.text.startswith('"', at):
            self.fail(f"a string is missing in {self.what}", at)
        value = self.value()
        try:
            value.encode()
        except UnicodeEncodeError:
            self.fail(f"half of a character stands in {self.what}", at)
        return str(value)

    def value(self) -> Any:
        """The next value, whatever it is; objects come as lists of pairs, which can have a name twice."""
        try:
            value, self.at = self._decoder.raw_decode(self.text, self.at)
        except json.JSONDecodeError as error:
            self.fail(f"{self.what} is not JSON: {error.msg}", error.pos)
        except (ValueError, RecursionError) as error:
            self.fail(f"{self.what} holds what is too long or nested too deeply: {error}", self.at)
        return value

    def end(self) -> None:
        """Make sure that nothing else follows."""
        space = _SPACE.match(self.text, self.at)
        if space is None or space.end() != len(self.text):
            self.fail(f"something follows the end of {self.what}", self.at)

    def fail(self, message: str, at: int, code: Code = codes.CORRUPT, help: str = _DAMAGED) -> NoReturn:
        """Raise the error at a character."""
        short = message if len(message) <= _LONGEST else f"{message[:_LONGEST]}…"
        raise FormatError(code, short, BytePlace(self.path, self.byte(at)), help)

    def byte(self, at: int) -> int:
        """Where a character stands in the file."""
        return self._start + len(self.text[:at].encode())
