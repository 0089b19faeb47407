"""A place in a file that moves on with what is read there."""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import NoReturn, TypeVar

import numpy as np

from tensorlogic.errors import BytePlace, FormatError, codes
from tensorlogic.errors.codes import Code
from tensorlogic.formats.mapped import MappedFile

LONGEST_NAME = (1 << 16) - 1
"""The longest name of a value or tensor in bytes, as GGUF says."""
_SHOWN = 80
_Kind = TypeVar("_Kind", bound=IntEnum)
_LENGTH = struct.Struct("<Q")


class Cursor:
    """Reads from `at` onwards; every read is checked against the end of the file."""

    def __init__(self, file: MappedFile, at: int = 0) -> None:
        self.file = file
        self.at = at

    @property
    def left(self) -> int:
        """How many bytes of the file come after this place."""
        return self.file.size - self.at

    def take(self, size: int, what: str) -> memoryview:
        """The next `size` bytes; `what` names them in an error."""
        found = self.file.view(self.at, size, what)
        self.at += size
        return found

    def number(self, dtype: str, what: str) -> int | float | bool:
        """The next number of a NumPy type such as ``<u4``."""
        value: int | float | bool = self.numbers(dtype, 1, what)[0]
        return value

    def numbers(self, dtype: str, count: int, what: str) -> list[int | float | bool]:
        """The next `count` numbers. A truth value is a byte that is 0 or 1."""
        start = self.at
        found = np.frombuffer(self.take(count * np.dtype(dtype).itemsize, what), dtype)
        if dtype == "?" and (found.view(np.uint8) > 1).any():
            self.refuse(codes.CORRUPT, f"{what} holds a truth value that is neither 0 nor 1", start)
        values: list[int | float | bool] = found.tolist()
        return values

    def count(self, what: str, width: int = 8) -> int:
        """The next unsigned integer of `width` bytes."""
        return int.from_bytes(self.take(width, what), "little")

    def member(self, kinds: type[_Kind], what: str) -> _Kind:
        """The next member of an enumeration, which is a number of 32 bits."""
        start = self.at
        number = self.count(what, width=4)
        try:
            return kinds(number)
        except ValueError:
            self.refuse(codes.UNSUPPORTED_TYPE, f"{what} is {number}, which stands for nothing", start)

    def text(self, what: str, longest: int | None = None) -> str:
        """The next text, of at most `longest` bytes."""
        start = self.at
        length = self.count(f"the length of {what}")
        if longest is not None and length > longest:
            self.refuse(codes.TOO_LARGE, f"{what} is {length:,} bytes long; the limit is {longest:,}", start)
        try:
            return str(self.take(length, what), "utf-8")
        except UnicodeDecodeError as error:
            self.refuse(codes.CORRUPT, f"{what} is not UTF-8: {error.reason}", start + _LENGTH.size + error.start)

    def skip_texts(self, count: int, what: str) -> None:
        """Go past `count` texts without reading them."""
        data = self.file.view(0, self.file.size, what)
        at, last, unpack = self.at, self.file.size - _LENGTH.size, _LENGTH.unpack_from
        for _ in range(count):
            if at > last:
                break
            self.at = at  # where the damage is, if the next one is not there
            at += _LENGTH.size + unpack(data, at)[0]
        else:
            if at <= self.file.size:
                self.at = at
                return
        self.refuse(codes.TRUNCATED, f"{what} goes on beyond the end of the file", min(self.at, self.file.size))

    def refuse(self, code: Code, message: str, at: int | None = None) -> NoReturn:
        """Raise the `FormatError` of damage `at` a byte, or at this place."""
        place = BytePlace(str(self.file.path), self.at if at is None else at)
        raise FormatError(code, message, place, help="The file is damaged: copy or download it again.")


def shown(name: str) -> str:
    """A name for messages: quoted, and cut where it is long."""
    return repr(name if len(name) <= _SHOWN else f"{name[:_SHOWN]}…")
