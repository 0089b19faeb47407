"""The name that was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The name of `known` closest to `name`, or None when none is close: the shortest that goes on from it, if any."""
    lower = {k.lower(): k for k in known}
    if longer := [k for k in lower if len(name) > 2 and k.startswith(name.lower())]:
        return lower[min(longer, key=len)]
    found = difflib.get_close_matches(name.lower(), lower, n=1, cutoff=0.6)
    return lower[found[0]] if found else None
