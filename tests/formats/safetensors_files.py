"""SafeTensors files written by hand, sound and damaged."""

from __future__ import annotations

import json
import struct
from typing import Any

DATA = bytes(range(24))
W = '"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}'
V = '"v":{"dtype":"I8","shape":[8],"data_offsets":[16,24]}'
SOUND = f'{{"__metadata__":{{"made":"here"}},{W},{V}}}'


def file_of(header: str | bytes, data: bytes = DATA, length: int | None = None) -> bytes:
    """A file with a header and its data; `length` is what it says of the header's, if not the truth."""
    text = header.encode() if isinstance(header, str) else header
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def header_of(**tensors: tuple[Any, Any, Any]) -> str:
    """A header of tensors, each given as its type, shape and offsets."""
    fields = ("dtype", "shape", "data_offsets")
    return json.dumps({name: dict(zip(fields, said, strict=True)) for name, said in tensors.items()})
