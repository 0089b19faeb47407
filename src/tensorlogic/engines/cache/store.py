"""The folder of entries: found, kept, bounded."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from tensorlogic.engines.cache import manifest

_KEY = re.compile(r"[0-9a-f]{64}")
_ENTRIES = "entries"
_TEMPORARY = "temporary"
_STALE = 3600.0
_TEXT = "text"


@dataclass(frozen=True, slots=True)
class Entry:
    """One kept thing: its folder, the bytes of its files, and when it was made and last used (seconds since 1970)."""

    folder: Path
    size: int
    created: float
    used: float

    @property
    def key(self) -> str:
        """What the entry is found by."""
        return self.folder.name

    @property
    def about(self) -> Mapping[str, str]:
        """What the entry says about itself; nothing when it is damaged."""
        return manifest.read_about(self.folder)


class Cache:
    """Entries under `folder`, of at most `limit` bytes together; the least recently used leave first.

    Without a folder, nothing is kept and nothing is found. Safe with any number of processes and threads. A disk that
    is full, read-only or broken is no failure: then nothing is kept.
    """

    def __init__(self, folder: Path | None, limit: int) -> None:
        self.folder = folder
        self.limit = limit

    def find(self, key: str) -> Path | None:
        """The folder of the entry's files, which are as they were kept; the entry counts as used now.

        A damaged entry is removed. Another process may remove any entry at any time: a file that has gone by the time
        it is opened was not found.
        """
        if self.folder is None:
            return None
        place = _place(self.folder, key)
        if not os.path.lexists(place):
            return None
        if not manifest.is_whole(place, key):
            self.remove(key)
            return None
        with suppress(OSError):  # a read-only cache is still read
            os.utime(place)
        return place

    def keep(self, key: str, write: Callable[[Path], None], about: Mapping[str, str]) -> Path | None:
        """Keep the files that `write` makes in an empty folder, and give back the folder in which they are kept.

        `about` says what they are, for people. Nothing when they cannot be kept: the disk failed (an `OSError`, which
        `write` may raise too), or they are larger than the whole cache may be. What else `write` raises is passed on.
        """
        if self.folder is None:
            return None
        place = _place(self.folder, key)
        self.sweep()
        with suppress(OSError), _unfinished(self.folder) as new:
            write(new)
            manifest.seal(new, key, about)
            if _size(new) <= self.limit:
                self._publish(new, place)
                self._trim(place)
                return place
        return None

    def find_text(self, key: str) -> str | None:
        """The text that was kept under the key."""
        found = self.find(key)
        with suppress(OSError):
            return None if found is None else (found / _TEXT).read_text(encoding="utf-8")
        return None

    def keep_text(self, key: str, text: str, about: Mapping[str, str]) -> None:
        """Keep a short text."""

        def write(folder: Path) -> None:
            (folder / _TEXT).write_bytes(text.encode())

        self.keep(key, write, about)

    def entries(self) -> list[Entry]:
        """All entries, the least recently used first. Damage shows only when one is found."""
        if self.folder is None:
            return []
        try:
            found = [_entry(place) for place in (self.folder / _ENTRIES).iterdir() if _KEY.fullmatch(place.name)]
        except OSError:
            return []
        return sorted((entry for entry in found if entry is not None), key=lambda entry: entry.used)

    def remove(self, key: str) -> bool:
        """Remove one entry, and say whether it was there and has gone."""
        if self.folder is None:
            return False
        away = self.folder / _TEMPORARY / f"{key}.{token_hex(8)}"
        try:
            away.parent.mkdir(mode=0o700, exist_ok=True)
            _place(self.folder, key).rename(away)
        except OSError:
            return False
        _delete(away)
        return True

    def sweep(self) -> None:
        """Remove what processes left that ended while they wrote: what nothing has changed in for an hour."""
        if self.folder is None:
            return
        with suppress(OSError):
            for left in (self.folder / _TEMPORARY).iterdir():
                if _last_change(left) < time.time() - _STALE:
                    _delete(left)

    def _publish(self, new: Path, place: Path) -> None:
        try:
            new.rename(place)
        except OSError:
            # Another was first; or what is there is damaged, and has gone after looking for it.
            if self.find(place.name) is None:
                new.rename(place)

    def _trim(self, newest: Path) -> None:
        entries = self.entries()
        excess = sum(entry.size for entry in entries) - self.limit
        for entry in entries:
            if excess <= 0:
                return
            if entry.folder != newest and self.remove(entry.key):
                excess -= entry.size


def _place(folder: Path, key: str) -> Path:
    if not _KEY.fullmatch(key):
        raise ValueError(f"not a key: {key!r}")
    return folder / _ENTRIES / key


def _entry(place: Path) -> Entry | None:
    """The entry at `place`, unless it has just been removed."""
    try:
        used = place.lstat().st_mtime
        said = place / manifest.NAME
        created = said.lstat().st_mtime if os.path.lexists(said) else used
        return Entry(place, _size(place), created, used)
    except OSError:
        return None


def _size(folder: Path) -> int:
    return sum(file.lstat().st_size for file in _walk(folder) if file.is_symlink() or not file.is_dir())


def _last_change(folder: Path) -> float:
    return max(file.lstat().st_mtime for file in _walk(folder))


def _walk(folder: Path) -> Iterator[Path]:
    """The folder and all in it, through no link."""
    yield folder
    if folder.is_dir() and not folder.is_symlink():
        for inner in folder.iterdir():
            yield from _walk(inner)


@contextmanager
def _unfinished(folder: Path) -> Iterator[Path]:
    """An empty folder, on the file system of the entries, that is gone afterwards unless it was renamed."""
    for name in (".", _ENTRIES, _TEMPORARY):
        (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(dir=folder / _TEMPORARY))
    try:
        yield new
    finally:
        _delete(new)


def _delete(path: Path) -> None:
    """Remove a folder or a file, as far as that can be done, and follow no link."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()
