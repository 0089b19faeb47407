"""GGUF files byte by byte, as the specification says, so that tests can also write what no writer would."""

from __future__ import annotations

import struct
from collections.abc import Sequence

U8, U32, F32, BOOL, STRING, ARRAY, U64 = 0, 4, 6, 7, 8, 9, 10
F32_TENSOR, F16_TENSOR, Q4_0, Q8_0 = 0, 1, 2, 8


def u32(number: int) -> bytes:
    return struct.pack("<I", number)


def u64(number: int) -> bytes:
    return struct.pack("<Q", number)


def text(value: str | bytes) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return u64(len(data)) + data


def entry(name: str | bytes, kind: int, payload: bytes) -> bytes:
    return text(name) + u32(kind) + payload


def array(kind: int, *items: bytes, count: int | None = None) -> bytes:
    return u32(kind) + u64(len(items) if count is None else count) + b"".join(items)


def tensor(name: str, sizes: Sequence[int], kind: int = F32_TENSOR, offset: int = 0) -> bytes:
    """A description; `sizes` as GGUF has them, the innermost first."""
    return text(name) + u32(len(sizes)) + b"".join(map(u64, sizes)) + u32(kind) + u64(offset)


def header(tensors: int, values: int, version: int = 3) -> bytes:
    return b"GGUF" + u32(version) + u64(tensors) + u64(values)


def file(values: Sequence[bytes] = (), tensors: Sequence[bytes] = (), data: bytes = b"", alignment: int = 32) -> bytes:
    start = header(len(tensors), len(values)) + b"".join((*values, *tensors))
    return start + bytes(-len(start) % alignment) + data
