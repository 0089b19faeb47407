"""What the commands share when they print."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def print_json(data: Any) -> None:
    """One JSON document on standard output."""
    print(json.dumps(data, indent=2, ensure_ascii=False))


@contextmanager
def progress(what: str) -> Iterator[None]:
    """A spinner on standard error while the block runs, where a person looks."""
    from rich.console import Console

    with Console(stderr=True).status(what):
        yield


def size_text(size: int) -> str:
    """Bytes as people say them."""
    from rich.filesize import decimal

    return decimal(size)
