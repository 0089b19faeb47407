"""Keys, and digests of files at the speed of memory."""

from __future__ import annotations

import os
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

PIECE = 8 << 20
"""Files are hashed in pieces of so many bytes, several at a time: one SHA-256 alone would use one core."""

_READ = 1 << 18
_MOST_THREADS = 8


def key(*parts: bytes | str) -> str:
    """The SHA-256 of `parts`, in hexadecimal. No two lists of parts have the same key, however they are cut."""
    hashed = sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        hashed.update(len(data).to_bytes(8, "little"))
        hashed.update(data)
    return hashed.hexdigest()


def file_digests(files: Iterable[Path]) -> list[str]:
    """A digest of each file's content: the key of the SHA-256 of its pieces. Raises `OSError`."""
    offsets = {file: range(0, file.stat().st_size, PIECE) for file in files}
    pieces = iter(_piece_digests([(file, offset) for file, starts in offsets.items() for offset in starts]))
    return [key(*(next(pieces) for _ in starts)) for starts in offsets.values()]


def _piece_digests(pieces: list[tuple[Path, int]]) -> list[bytes]:
    threads = min(len(pieces), os.cpu_count() or 1, _MOST_THREADS)
    if threads < 2:
        return [_piece_digest(*piece) for piece in pieces]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(_piece_digest, *zip(*pieces, strict=True)))


def _piece_digest(file: Path, offset: int) -> bytes:
    # Read rather than mapped: a mapped file that another process cuts short ends this one.
    hashed, left = sha256(), PIECE
    with file.open("rb", buffering=0) as opened:
        opened.seek(offset)
        while data := opened.read(min(left, _READ)):
            hashed.update(data)
            left -= len(data)
    return hashed.digest()
