"""What the tests of the cache share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tensorlogic.engines import cache
from tensorlogic.engines.cache import Cache

LARGE = 1 << 30
KEY = cache.key("an entry")
FILES = {"model.onnx": b"\x00\x01" * 500, "weights.bin": b"weights", "empty": b""}
ABOUT = {"what": "test"}


def writing(files: dict[str, bytes]) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        for name, data in files.items():
            (folder / name).write_bytes(data)

    return write


def contents(folder: Path | None) -> dict[str, bytes] | None:
    """The files of an entry, without its manifest."""
    if folder is None:
        return None
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.name != "manifest"}


def left_over(store: Cache) -> list[Path]:
    assert store.folder is not None
    return list((store.folder / "temporary").iterdir())
