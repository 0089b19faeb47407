"""What the commands share when they print."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
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


def page(text: str, colour: Callable[[str], str]) -> None:
    """A long text: through the user's pager in a terminal, and as it is elsewhere."""
    import pydoc

    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        print(text)
        return
    # As git does: colours stay, and what fits on the screen is not paged.
    os.environ.setdefault("LESS", "FRX")
    pydoc.pager((colour(text) if console.color_system and not console.no_color else text) + "\n")
