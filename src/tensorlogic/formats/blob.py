"""Blob files, version 2: the ``weight.bin`` of a Core ML package.

Layout (little-endian): a 64-byte header with u32 record count and u32 version; then records, each 64 bytes of
metadata (u32 0xDEADBEEF, u32 data type, u64 size in bytes, u64 data offset, u64 padding in bits) and its data.
An offset in a program names a metadata record.
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from dataclasses import dataclass
from pathlib import Path

from tensorlogic.errors import BytePlace, FormatError, UnsupportedError, codes
from tensorlogic.formats.mapped import MappedFile

_HEADER = struct.Struct("<II")
_METADATA = struct.Struct("<IIQQQ")
_METADATA_SIZE = 64
_SENTINEL = 0xDEADBEEF
_VERSION = 2

# The numbers of coremltools' MILBlob storage format, as the type names of MIL.
_DTYPES = {
    1: "fp16", 2: "fp32", 3: "uint8", 4: "int8", 5: "bf16", 6: "int16", 7: "uint16", 8: "int4",
    9: "uint1", 10: "uint2", 11: "uint4", 12: "uint3", 13: "uint6", 14: "int32", 15: "uint32",
    16: "fp8e4m3fn", 17: "fp8e5m2",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class BlobRecord:
    """One record: the MIL name of its data type and a view of its bytes."""

    dtype: str
    data: memoryview
    padding: int
    """How many bits at the end belong to no element, where elements are smaller than a byte."""
    offset: int
    """Where the metadata record stands in the file."""


class BlobFile:
    """A memory-mapped blob file; records are read by the offset of their metadata."""

    def __init__(self, path: Path) -> None:
        self._file = MappedFile(path)
        self._records: dict[int, BlobRecord] = {}
        self._spans: list[tuple[int, int]] = []
        _, version = _HEADER.unpack(self._file.view(0, _HEADER.size, "the header of the weights"))
        if version != _VERSION:
            raise UnsupportedError(
                codes.UNSUPPORTED_VERSION,
                f"the weights are in blob format version {version}; version {_VERSION} is supported",
                BytePlace(str(path), 4),
                help="Convert the model again with coremltools 5 or newer.",
            )

    @property
    def path(self) -> Path:
        """The file's path."""
        return self._file.path

    def record(self, offset: int) -> BlobRecord:
        """The record whose metadata stands at `offset`. Raises `FormatError` on anything implausible."""
        if offset not in self._records:
            self._records[offset] = self._read(offset)
        return self._records[offset]

    def _read(self, offset: int) -> BlobRecord:
        place = BytePlace(str(self.path), offset)
        metadata = self._file.view(offset, _METADATA_SIZE, "a weight's record")
        sentinel, dtype, size, data_offset, padding = _METADATA.unpack(metadata[: _METADATA.size])
        if sentinel != _SENTINEL:
            raise FormatError(
                codes.BAD_OFFSET,
                "there is no weight's record at the offset that the program names",
                place,
                help="The program and its weights do not belong together, or one of them was damaged.",
            )
        if dtype not in _DTYPES:
            raise FormatError(codes.CORRUPT, f"a weight has the unknown data type {dtype}", place)
        data = self._file.view(data_offset, size, "a weight's data")
        self._claim(offset, offset + _METADATA_SIZE, place)
        self._claim(data_offset, data_offset + size, place)
        return BlobRecord(_DTYPES[dtype], data, padding, offset)

    def _claim(self, start: int, end: int, place: BytePlace) -> None:
        """Refuse records that share bytes: no writer makes them, and a damaged offset does."""
        at = bisect_left(self._spans, (start, end))
        before = at > 0 and self._spans[at - 1][1] > start
        after = at < len(self._spans) and self._spans[at][0] < end
        if start < end and (before or after):
            raise FormatError(codes.CORRUPT, "two weights overlap in the file", place)
        if start < end:
            self._spans.insert(at, (start, end))
