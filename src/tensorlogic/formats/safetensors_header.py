"""The header of SafeTensors files: which tensors there are, of which types, and where.

Layout: u64 (little-endian) length of the header; the header, one JSON object; the data. Each member of the object is a
tensor, ``"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}``, but for ``__metadata__``, texts by name.
Offsets count from the end of the header; the tensors fill the data, without holes and each in its own bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

from tensorlogic.errors import BytePlace, FormatError, codes
from tensorlogic.formats.description import TensorInfo
from tensorlogic.formats.json_reader import JsonReader
from tensorlogic.formats.mapped import MappedFile

LIMIT = 100_000_000
"""The bytes that a header has at most, for every reader of the format."""

# What a file calls its types, what users of PyTorch call them, and bits an element.
DTYPES = {
    "F64": ("float64", 64), "F32": ("float32", 32), "F16": ("float16", 16), "BF16": ("bfloat16", 16),
    "F8_E4M3": ("float8_e4m3fn", 8), "F8_E5M2": ("float8_e5m2", 8), "F8_E8M0": ("float8_e8m0fnu", 8),
    "F8_E4M3FNUZ": ("float8_e4m3fnuz", 8), "F8_E5M2FNUZ": ("float8_e5m2fnuz", 8),
    "F6_E2M3": ("float6_e2m3", 6), "F6_E3M2": ("float6_e3m2", 6), "F4": ("float4_e2m1", 4), "C64": ("complex64", 64),
    "I64": ("int64", 64), "I32": ("int32", 32), "I16": ("int16", 16), "I8": ("int8", 8),
    "U64": ("uint64", 64), "U32": ("uint32", 32), "U16": ("uint16", 16), "U8": ("uint8", 8), "BOOL": ("bool", 8),
}  # fmt: skip

_LENGTH = 8
"""Bytes of the header's length."""
_METADATA = "__metadata__"
_FIELDS = ("data_offsets", "dtype", "shape")
_ENTRY = re.compile(r"\{[^{}]{0,2000}\}")
"""What is said of one tensor: no objects within, and short, so that reading it takes no memory to speak of."""
_MOST_AXES = 64
_LARGEST = (1 << 63) - 1


@dataclass(slots=True)
class Header:
    """What a header says: the tensors, where the bytes of each begin in the file, and the texts."""

    tensors: dict[str, TensorInfo] = field(default_factory=dict)
    starts: dict[str, int] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)


def read_header(file: MappedFile) -> Header:
    """The header of a file. Raises `FormatError`, with the byte, for whatever is not as it must be."""
    length = int.from_bytes(file.view(0, _LENGTH, "the length of the header"), "little")
    if length > LIMIT:
        message = f"the header should have {length:,} bytes; {LIMIT:,} is the limit"
        raise FormatError(codes.TOO_LARGE, message, BytePlace(str(file.path), 0))
    return _read(JsonReader(file, _LENGTH, length, "the header"), _LENGTH + length, file.size)


def _read(reader: JsonReader, base: int, size: int) -> Header:
    """The header of a file of so many bytes, of which the data begins at `base`."""
    header, spans = Header(), []
    for name, at in reader.members():
        if name == _METADATA:
            header.metadata = {key: reader.string() for key, _ in reader.members()}
        else:
            header.tensors[name], start, end = _entry(reader, name, size - base)
            header.starts[name] = base + start
            spans.append((start, end, at, name))
    reader.end()
    _check_places(reader, sorted(spans), base, size)
    return header


def _entry(reader: JsonReader, name: str, size: int) -> tuple[TensorInfo, int, int]:
    """What is said of the tensor `name`, and where its bytes begin and end among those of the data."""
    at = reader.at
    found = _ENTRY.match(reader.text, at)
    said = dict(pairs) if found is not None and len(pairs := reader.value()) == len(_FIELDS) else {}
    if sorted(said) != list(_FIELDS):
        reader.fail(f"the tensor {name!r} is not described by dtype, shape and data_offsets alone", at)
    dtype, shape, offsets = said["dtype"], said["shape"], said["data_offsets"]
    if not isinstance(dtype, str) or dtype not in DTYPES:
        reader.fail(f"the tensor {name!r} has the unknown data type {dtype!r}", at)
    known, bits = DTYPES[dtype]
    if not _are_sizes(shape) or len(shape) > _MOST_AXES or prod(each or 1 for each in shape) * bits > _LARGEST:
        reader.fail(f"the tensor {name!r} has no shape that a tensor can have", at)
    if not _are_sizes(offsets) or len(offsets) != 2 or offsets[0] > offsets[1]:
        reader.fail(f"the tensor {name!r} has no two offsets, the smaller one first", at, codes.BAD_OFFSET)
    start, end = offsets
    if end > size:
        message = f"the tensor {name!r} ends at byte {end:,} of the data, which has {size:,}"
        reader.fail(message, at, codes.TRUNCATED)
    if prod(shape) * bits != (end - start) * 8:
        message = f"the tensor {name!r}, {known}{shape}, does not fill {end - start:,} bytes"
        reader.fail(message, at, codes.SIZE_MISMATCH)
    return TensorInfo(known, tuple(shape), dtype, end - start), start, end


def _are_sizes(value: Any) -> bool:
    """Whether this is a list of whole numbers that are not negative."""
    return isinstance(value, list) and all(type(each) is int and 0 <= each <= _LARGEST for each in value)


def _check_places(reader: JsonReader, spans: list[tuple[int, int, int, str]], base: int, size: int) -> None:
    """Refuse data of tensors, in its order, that leaves bytes out or shares them: no writer makes such."""
    before = 0
    for start, end, at, name in spans:
        if start != before:
            message = (
                f"the tensor {name!r} begins at byte {start:,} of the data, and the one before it ends at {before:,}"
            )
            reader.fail(message, at, codes.BAD_OFFSET)
        before = end
    if base + before != size:
        message = f"{size - base - before:,} bytes at the end of the file belong to no tensor"
        raise FormatError(codes.CORRUPT, message, BytePlace(reader.path, base + before))


def make_header(tensors: Mapping[str, TensorInfo], metadata: Mapping[str, str]) -> bytes:
    """A header with its length, for tensors whose data follows in this order, aligned for elements of 8 bytes."""
    said: dict[str, Any] = {_METADATA: dict(metadata)} if metadata else {}
    end = 0
    for name, info in tensors.items():
        start, end = end, end + info.size
        said[name] = {"dtype": info.storage, "shape": list(info.shape), "data_offsets": [start, end]}
    text = json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % _LENGTH)
    return len(text).to_bytes(_LENGTH, "little") + text
