"""Values that no machine like this can hold are refused before anything is computed."""

from __future__ import annotations

import os
from functools import cache

from tensorlogic.errors import OperationPlace, ProgramError, codes
from tensorlogic.mil.types import TensorType


def check_size(declared: TensorType, itemsize: int, place: OperationPlace) -> None:
    """Refuse a value whose elements, of so many bytes each, do not fit into this machine's memory."""
    size = (declared.elements or 0) * itemsize
    if size > _memory():
        message = f"a value of {declared} takes {size:,} bytes, more than this machine's memory"
        raise ProgramError(codes.TOO_LARGE, message, place)


@cache
def _memory() -> int:
    """Bytes of this machine's memory; 64 GiB where the system does not tell."""
    if "SC_PHYS_PAGES" not in getattr(os, "sysconf_names", {}):
        return 1 << 36
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
