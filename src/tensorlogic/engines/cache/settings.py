"""The cache that the environment asks for."""

from __future__ import annotations

import os
import re
from pathlib import Path

from tensorlogic.engines.cache.store import Cache
from tensorlogic.errors import UsageError, codes

FOLDER = "TENSORLOGIC_CACHE"
"""The folder; ``off``, or nothing, for no cache. Without the variable, a folder among the user's caches."""

LIMIT = "TENSORLOGIC_CACHE_LIMIT"
"""The most that may be kept, such as ``2GiB``."""

_DEFAULT_LIMIT = "10GiB"
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(I?)B?", re.ASCII | re.IGNORECASE)


def default() -> Cache:
    """The user's cache. Raises `UsageError` for a limit that is no size."""
    limit = _limit(os.environ.get(LIMIT, _DEFAULT_LIMIT))
    return Cache(_folder() if limit else None, limit)


def _folder() -> Path | None:
    wanted = os.environ.get(FOLDER)
    if wanted is None:
        import platformdirs

        return Path(platformdirs.user_cache_dir("tensorlogic", appauthor=False))
    return None if wanted.strip().lower() in ("", "off") else Path(wanted).expanduser().absolute()


def _limit(text: str) -> int:
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        message = f"{LIMIT} is {text!r}, which is no size"
        raise UsageError(codes.UNKNOWN_OPTION, message, help="Write a number and a unit, such as 500MB or 2GiB.")
    number, unit, binary = found.groups()
    power = " KMGT".index(unit.upper() or " ")
    return int(float(number) * (1024 if binary else 1000) ** power)
