"""Sizes that make no sense are refused before anything is allocated."""

from __future__ import annotations

import os
from collections.abc import Iterable
from math import prod
from typing import TYPE_CHECKING

from tensorlogic.errors import SourceError
from tensorlogic.errors.codes import TOO_LARGE, WRONG_SHAPE
from tensorlogic.runtime.kinds import dtype_name, kind

if TYPE_CHECKING:
    import torch

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
_WITHOUT_A_LIMIT = 1 << 40
_ELEMENT = 8
"""The bytes of an element of a list, without the value itself."""
_MOST_BITS = 1 << 24
_SHARE = 8
"""A text or a list takes at most this part of the memory."""


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
    # A tensor without elements may have sizes of which torch cannot count the product.
    check_bytes(prod(size or 1 for size in sizes) * dtype.itemsize, f"{dtype_name(dtype)}{sizes}")


def check_length(count: int, each: int = _ELEMENT) -> None:
    """Refuse a list that the machine has no memory for, with so many bytes for each element."""
    check_bytes(count * each, f"a list of {count} elements")


def check_growth(needed: int, value: object) -> None:
    """Refuse a text or a list of so many bytes, which is made from `value`.

    The limit leaves room for what it was made from, and for one that is twice as long: that of a sum is seen too late.
    """
    limit = memory() // _SHARE
    if needed > limit:
        raise SourceError(
            TOO_LARGE, f"a {kind(value)} of {in_units(needed)} is too large: the limit is {in_units(limit)}"
        )


def check_integer(bits: int) -> None:
    """Refuse an integer of so many bits that counting with it takes seconds."""
    if bits > _MOST_BITS:
        message = f"an integer of {in_units(bits // 8)} is too large: the limit is {in_units(_MOST_BITS // 8)}"
        raise SourceError(TOO_LARGE, message, help="Take a float: 10.0 instead of 10.")


def check_bytes(needed: int, what: str) -> None:
    """Refuse to make `what` if it needs more bytes than the machine has."""
    if needed > memory():
        raise SourceError(TOO_LARGE, f"{what} needs {in_units(needed)}, this machine has {in_units(memory())}")


def in_units(size: int) -> str:
    """A number of bytes as people write it: ``1.5 GiB``."""
    step = min(max(size, 1).bit_length() // 10, len(_UNITS) - 1)
    return f"{size / 1024**step:.4g} {_UNITS[step]}"
