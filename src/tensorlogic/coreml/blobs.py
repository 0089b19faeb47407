"""The values of a program that stand in blob files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tensorlogic.errors import BytePlace, FormatError, codes
from tensorlogic.formats.blob import BlobFile
from tensorlogic.mil import BlobReference, Literal, TensorType, Type
from tensorlogic.mil.literals import from_bytes


class Blobs:
    """Finds values by the file and the offset that a program names; `weights` finds the file. Nothing is copied.

    A value that is named twice is one object, as where functions share their weights.
    """

    def __init__(self, weights: Callable[[str], Path]) -> None:
        self._weights = weights
        self._files: dict[str, BlobFile] = {}
        self._found: dict[tuple[Type, BlobReference], Literal] = {}

    def literal(self, declared: Type, reference: BlobReference) -> Literal:
        """The stored value, which must be of the declared type. Raises `FormatError`."""
        key = declared, reference
        if key not in self._found:
            self._found[key] = self._read(declared, reference)
        return self._found[key]

    def _read(self, declared: Type, reference: BlobReference) -> Literal:
        file = self._files.get(reference.file)
        if file is None:
            file = self._files[reference.file] = BlobFile(self._weights(reference.file))
        record = file.record(reference.offset)
        place = BytePlace(str(file.path), record.offset)
        if not isinstance(declared, TensorType) or declared.dtype.name != record.dtype:
            message = f"the program declares a weight as {declared}, but the file holds {record.dtype}"
            raise FormatError(codes.SIZE_MISMATCH, message, place)
        try:
            array = from_bytes(declared, record.data)
        except ValueError as error:
            raise FormatError(codes.SIZE_MISMATCH, str(error), place) from None
        left_over = 8 * len(record.data) - (declared.elements or 0) * declared.dtype.bits
        if declared.dtype.bits < 8 and left_over != record.padding:
            message = (
                f"a constant of type {declared} leaves {left_over} bits over, but the file says {record.padding:,}"
            )
            raise FormatError(codes.SIZE_MISMATCH, message, place)
        return Literal(declared, array, reference)
