"""An entry's manifest: its key, what it is, and the size and digest of every file. Its first line is its own digest."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from tensorlogic.engines.cache.hashing import file_digests, key

NAME = "manifest"
_LIMIT = 1 << 20
_DAMAGE = (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError)
"""What reading a manifest may end in that is not what `seal` wrote."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an entry is said to hold."""

    key: str
    about: Mapping[str, str]
    sizes: Mapping[str, int]
    digests: Mapping[str, str]


def seal(folder: Path, of: str, about: Mapping[str, str]) -> None:
    """Write the manifest of the files in `folder`, the entry for the key `of`."""
    sizes = _sizes(folder)
    text = json.dumps(asdict(Manifest(of, dict(about), sizes, _digests(folder, sizes))))
    (folder / NAME).write_bytes(f"{key(text)}\n{text}".encode())


def is_whole(folder: Path, of: str) -> bool:
    """Whether `folder` is the entry for the key `of`, with exactly the files that were sealed, unchanged."""
    try:
        sizes = _sizes(folder)
        said = _read(folder, sizes.pop(NAME))
        return said.key == of and said.sizes == sizes and said.digests == _digests(folder, sizes)
    except _DAMAGE:
        return False


def read_about(folder: Path) -> Mapping[str, str]:
    """What the entry says about itself; nothing when it is damaged."""
    try:
        about = _read(folder, _sizes(folder)[NAME]).about
        return {str(name): str(value) for name, value in about.items()}
    except _DAMAGE:
        return {}


def _read(folder: Path, size: int) -> Manifest:
    if size > _LIMIT:
        raise ValueError("too large")
    digest, _, text = (folder / NAME).read_text(encoding="utf-8").partition("\n")
    if digest != key(text):
        raise ValueError("damaged")
    return Manifest(**json.loads(text))


def _sizes(folder: Path) -> dict[str, int]:
    """The size of each file. Names come from here only, so that no manifest leads out of its folder."""
    if folder.is_symlink():
        raise ValueError("a link")
    with os.scandir(folder) as found:
        files = sorted(found, key=lambda file: file.name)
    if not all(file.is_file(follow_symlinks=False) for file in files):
        raise ValueError("an entry holds files, no folders and no links")
    return {file.name: file.stat(follow_symlinks=False).st_size for file in files}


def _digests(folder: Path, names: Mapping[str, int]) -> dict[str, str]:
    return dict(zip(names, file_digests(folder / name for name in names), strict=True))
