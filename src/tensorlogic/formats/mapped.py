"""A file as a memory-mapped run of bytes whose every access is checked."""

from __future__ import annotations

import mmap
import sys
from contextlib import suppress
from errno import ENOMEM
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tensorlogic.errors import BytePlace, FormatError, UsageError, codes

_POPULATE_READ = 22
"""``MADV_POPULATE_READ`` of Linux, which `mmap` has no name for."""


class _Mapping(mmap.mmap):
    """Mapped bytes, and the file that they are of."""

    path: Path


def _map(descriptor: int) -> _Mapping:
    """Copy-on-write, so that libraries which insist on writable memory take the views as they are.

    Systems refuse that for files much larger than the memory, which are mapped for reading alone.
    """
    try:
        return _Mapping(descriptor, 0, access=mmap.ACCESS_COPY)
    except OSError as error:
        if error.errno != ENOMEM:
            raise
        return _Mapping(descriptor, 0, access=mmap.ACCESS_READ)


class MappedFile:
    """The bytes of `path`, mapped privately: views cost nothing until they are read and never change the file.

    Views of files that are larger than the memory may be `readonly`.

    Raises `UsageError` when there is no such file and `FormatError` when it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with path.open("rb") as file:
                self.size = file.seek(0, 2)
                self._bytes: _Mapping | bytes = _map(file.fileno()) if self.size else b""
        except (FileNotFoundError, NotADirectoryError):
            raise not_found(path) from None
        except OSError as error:
            raise FormatError(codes.CORRUPT, f"cannot read the file: {error.strerror}", BytePlace(str(path))) from None
        if isinstance(self._bytes, _Mapping):
            self._bytes.path = path

    def view(self, offset: int, size: int, what: str) -> memoryview:
        """`size` bytes from `offset`; `what` names them in the error when they are not all there."""
        if offset > self.size:
            raise FormatError(
                codes.BAD_OFFSET,
                f"{what} should start at byte {offset:,}, but the file has {self.size:,} bytes",
                BytePlace(str(self.path), offset),
                help="The file is truncated or was edited: copy or download it again.",
            )
        if size > self.size - offset:
            raise FormatError(
                codes.TRUNCATED,
                f"{what} needs {size:,} bytes, but only {self.size - offset:,} are left in the file",
                BytePlace(str(self.path), offset),
                help="The file is truncated: copy or download it again.",
            )
        return memoryview(self._bytes)[offset : offset + size]


def fetch(view: memoryview) -> None:
    """Read mapped bytes from the disk at once: page after page, as they are touched, takes about twice as long."""
    mapping = view.obj
    if sys.platform == "linux" and isinstance(mapping, _Mapping) and view.nbytes:
        start = _address(view) - _address(mapping)
        start, stop = start - start % mmap.PAGESIZE, start + view.nbytes
        with suppress(OSError):  # systems before Linux 5.14 have no second one
            for advice in (mmap.MADV_WILLNEED, _POPULATE_READ):
                mapping.madvise(advice, start, stop - start)


def _address(data: memoryview | _Mapping) -> int:
    return int(np.frombuffer(data, np.uint8).ctypes.data)


def place_of(array: npt.NDArray[Any]) -> tuple[Path, int] | None:
    """The mapped file that the bytes of an array stand in, and where they start there; None for other arrays."""
    base: Any = array
    while isinstance(base, np.ndarray):
        base = base.base
    mapping = base.obj if isinstance(base, memoryview) else None
    if not isinstance(mapping, _Mapping) or not array.flags.c_contiguous:
        return None
    return mapping.path, array.ctypes.data - _address(mapping)


def not_found(path: Path) -> UsageError:
    """The error for a path that leads nowhere, with the likeliest cure."""
    return UsageError(
        codes.FILE_NOT_FOUND,
        f"there is no file or folder {str(path)!r}",
        help=f"Relative paths start at the current folder, {Path.cwd()}.",
    )
