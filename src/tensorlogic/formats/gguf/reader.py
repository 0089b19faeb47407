"""GGUF files, read lazily: what they hold is checked when they are opened, the tensors' bytes stay in the file."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from gguf.constants import GGML_QUANT_SIZES, GGUF_DEFAULT_ALIGNMENT, GGMLQuantizationType, GGUFValueType, Keys

from tensorlogic.errors import BytePlace, UnsupportedError, codes
from tensorlogic.formats.gguf.cursor import LONGEST_NAME, Cursor, shown
from tensorlogic.formats.gguf.values import Values, find_values
from tensorlogic.formats.mapped import MappedFile

MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_MOST = 1 << 16
"""So many values, and so many tensors, a file has at most."""
_MOST_AXES = 4
_MOST_ELEMENTS = 1 << 48


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """A tensor in the file: the type of its blocks, its shape in PyTorch's order, and where its bytes are."""

    kind: GGMLQuantizationType
    shape: tuple[int, ...]
    offset: int
    size: int


class GGUFFile:
    """An opened file: its metadata, its tensors, and their bytes on request.

    Raises `FormatError` with the byte of the damage, and `UnsupportedError` for other versions and byte orders.
    """

    def __init__(self, path: Path) -> None:
        self._file = MappedFile(path)
        cursor = Cursor(self._file)
        self.version = _version(cursor)
        tensors, values = _count(cursor, "tensors"), _count(cursor, "values")
        self.metadata: Values = find_values(cursor, values)
        self.alignment = _alignment(cursor, self.metadata)
        self.tensors = _find_tensors(cursor, tensors, self.alignment)

    @property
    def path(self) -> Path:
        """The file's path."""
        return self._file.path

    @property
    def size(self) -> int:
        """Bytes of the whole file."""
        return self._file.size

    def data(self, name: str) -> memoryview:
        """The bytes of the tensor `name`, mapped: nothing is read before they are looked at."""
        stored = self.tensors[name]
        return self._file.view(stored.offset, stored.size, f"the tensor {shown(name)}")

    def refuse_value(self, name: str, message: str) -> NoReturn:
        """Raise the `FormatError` of the value `name`."""
        Cursor(self._file, self.metadata.places[name].at).refuse(codes.CORRUPT, message)


def _version(cursor: Cursor) -> int:
    if bytes(cursor.take(len(MAGIC), "the magic number")) != MAGIC:
        cursor.refuse(codes.NOT_A_MODEL, "this is no GGUF file: it does not begin with GGUF", 0)
    start = cursor.at
    version = cursor.count("the version", width=4)
    if version not in _VERSIONS:
        swapped = int.from_bytes(version.to_bytes(4, "little"), "big") in _VERSIONS
        found = "in big-endian byte order" if swapped else f"of version {version}"
        place = BytePlace(str(cursor.file.path), start)
        help = "Convert the model again with a current llama.cpp, for a little-endian machine."
        message = f"the GGUF file is {found}; little-endian files of versions 2 and 3 are supported"
        raise UnsupportedError(codes.UNSUPPORTED_VERSION, message, place, help=help)
    return version


def _count(cursor: Cursor, what: str) -> int:
    start = cursor.at
    count = cursor.count(f"the number of {what}")
    if count > _MOST:
        cursor.refuse(codes.TOO_LARGE, f"the file claims {count:,} {what}; the limit is {_MOST:,}", start)
    return count


def _alignment(cursor: Cursor, metadata: Values) -> int:
    stored = metadata.places.get(Keys.General.ALIGNMENT)
    if stored is None:
        return GGUF_DEFAULT_ALIGNMENT
    value = metadata[Keys.General.ALIGNMENT]
    if stored.kind is not GGUFValueType.UINT32 or value.bit_count() != 1:
        message = f"{Keys.General.ALIGNMENT} must be a power of two in 32 bits, and is {shown(str(value))}"
        cursor.refuse(codes.CORRUPT, message, stored.at)
    return int(value)


def _find_tensors(cursor: Cursor, count: int, alignment: int) -> dict[str, StoredTensor]:
    """The tensors that the next `count` descriptions stand for, checked against the file and each other."""
    found: dict[str, tuple[int, StoredTensor]] = {}
    for _ in range(count):
        start = cursor.at
        name = cursor.text("the name of a tensor", LONGEST_NAME)
        if name in found:
            cursor.refuse(codes.CORRUPT, f"the tensor {shown(name)} is there twice", start)
        found[name] = (start, _describe(cursor, f"the tensor {shown(name)}"))
    data = -(-cursor.at // alignment) * alignment
    tensors = {name: _placed(cursor, name, *each, data, alignment) for name, each in found.items()}
    _check_overlaps(cursor, {name: (found[name][0], stored) for name, stored in tensors.items()})
    return tensors


def _describe(cursor: Cursor, what: str) -> StoredTensor:
    """The next description, whose offset still counts from the first tensor."""
    start = cursor.at
    axes = cursor.count(f"the number of axes of {what}", width=4)
    if axes > _MOST_AXES:
        cursor.refuse(codes.TOO_LARGE, f"{what} has {axes:,} axes; the limit is {_MOST_AXES}", start)
    shape = tuple(cursor.count(f"the shape of {what}") for _ in range(axes))[::-1]
    if math.prod(size or 1 for size in shape) > _MOST_ELEMENTS:
        cursor.refuse(codes.TOO_LARGE, f"{what} has the shape {list(shape)}, which no memory can hold", start)
    kind = cursor.member(GGMLQuantizationType, f"the type of {what}")
    block, width = GGML_QUANT_SIZES[kind]
    if (shape[-1] if shape else 1) % block:
        message = f"{what} of shape {list(shape)} cannot be {kind.name}: rows must be multiples of {block}"
        cursor.refuse(codes.SIZE_MISMATCH, message, start)
    return StoredTensor(kind, shape, cursor.count(f"the offset of {what}"), math.prod(shape) // block * width)


def _placed(cursor: Cursor, name: str, start: int, described: StoredTensor, data: int, alignment: int) -> StoredTensor:
    """The tensor at its place in the file, which starts at the byte `data`."""
    what, offset = f"the tensor {shown(name)}", data + described.offset
    if described.offset % alignment:
        message = f"{what} starts at {described.offset:,}, which is not a multiple of {alignment}"
        cursor.refuse(codes.BAD_OFFSET, message, start)
    if offset + described.size > cursor.file.size:
        message = (
            f"{what} needs {described.size:,} bytes from byte {offset:,}, but the file has {cursor.file.size:,} bytes"
        )
        cursor.refuse(codes.TRUNCATED, message, start)
    return StoredTensor(described.kind, described.shape, offset, described.size)


def _check_overlaps(cursor: Cursor, tensors: dict[str, tuple[int, StoredTensor]]) -> None:
    """Refuse tensors that share bytes: no writer makes them, and a damaged offset does."""
    end, before = 0, ""
    in_order = sorted(tensors.items(), key=lambda item: item[1][1].offset)
    for name, (start, stored) in in_order:
        if stored.size and stored.offset < end:
            cursor.refuse(codes.CORRUPT, f"the tensors {shown(before)} and {shown(name)} share bytes", start)
        if stored.size:
            end, before = stored.offset + stored.size, name
