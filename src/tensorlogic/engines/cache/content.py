"""What a model's files hold, as a digest that is computed once for a large file."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

from tensorlogic.engines.cache.hashing import PIECE, file_digests, key
from tensorlogic.engines.cache.settings import default
from tensorlogic.errors import BytePlace, FormatError, codes

_SETTLED = 2_000_000_000
"""A file that changed less than this many nanoseconds ago may change again without a file system's clock showing it."""


def digest(files: Iterable[Path]) -> str:
    """A digest of the contents of `files`, and of their names from the folder that they have in common.

    Raises `FormatError` when a file cannot be read.
    """
    paths = sorted({file.absolute() for file in files})
    root = os.path.commonpath(paths)
    return key(*(part for path in paths for part in (path.relative_to(root).as_posix(), _content(path))))


def _content(path: Path) -> str:
    try:
        return _remembered(path) if path.stat().st_size > PIECE else file_digests([path])[0]
    except OSError as error:
        raise FormatError(codes.CORRUPT, f"cannot read the file: {error.strerror}", BytePlace(str(path))) from None


def _remembered(path: Path) -> str:
    """The digest of a large file, from the cache while nothing shows that the file has changed."""
    cache = default()
    before = path.stat()
    settled = time.time_ns() - max(before.st_mtime_ns, before.st_ctime_ns) > _SETTLED
    found = cache.find_text(_identity(path, before)) if settled else None
    if found is not None:
        return found
    (content,) = file_digests([path])
    if settled and _identity(path, path.stat()) == _identity(path, before):
        cache.keep_text(_identity(path, before), content, {"what": "digest", "of": str(path)})
    return content


def _identity(path: Path, status: os.stat_result) -> str:
    """What changes with the file."""
    numbers = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return key("content", str(path), *map(str, numbers))
