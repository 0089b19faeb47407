"""Sizes that make no sense are refused before anything is allocated."""

from __future__ import annotations

import os
from collections.abc import Iterable
from math import prod
from typing import TYPE_CHECKING

from tensorlogic.errors import SourceError
from tensorlogic.errors.codes import TOO_LARGE, WRONG_SHAPE
from tensorlogic.runtime.kinds import dtype_name

if TYPE_CHECKING:
    import torch

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
_WITHOUT_A_LIMIT = 1 << 40


def memory() -> int:
    """The memory of this machine in bytes, or a terabyte where it does not say."""
    if not hasattr(os, "sysconf"):
        return _WITHOUT_A_LIMIT
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def check_size(shape: Iterable[int], dtype: torch.dtype) -> None:
    """Refuse a shape with a negative size, or one that needs more memory than the machine has."""
    sizes = list(shape)
    if any(size < 0 for size in sizes):
        raise SourceError(WRONG_SHAPE, f"{sizes} is no shape: a size is negative")
    needed = prod(sizes) * dtype.itemsize
    if needed > memory():
        message = f"{dtype_name(dtype)}{sizes} needs {in_units(needed)}, this machine has {in_units(memory())}"
        raise SourceError(TOO_LARGE, message)


def in_units(size: int) -> str:
    """A number of bytes as people write it: ``1.5 GiB``."""
    step = min(max(size, 1).bit_length() // 10, len(_UNITS) - 1)
    return f"{size / 1024**step:.4g} {_UNITS[step]}"
