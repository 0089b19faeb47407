"""A damaged entry is thrown away, never trusted."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tensorlogic.engines import cache
from tensorlogic.engines.cache import Cache
from tests.engines.cache.harness import ABOUT, FILES, KEY, LARGE, contents, left_over, writing

links = pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")


# What somebody did to the folder of an entry.


def _edit(name: str, change: Callable[[bytearray], object]) -> Callable[[Path], None]:
    def damage(entry: Path) -> None:
        data = bytearray((entry / name).read_bytes())
        change(data)
        (entry / name).write_bytes(data)

    return damage


def _flip(place: int) -> Callable[[bytearray], None]:
    def change(data: bytearray) -> None:
        data[place] ^= 1

    return change


def _forge(**changes: object) -> Callable[[Path], None]:
    """Another manifest, with a digest that is right."""

    def damage(entry: Path) -> None:
        _, _, text = (entry / "manifest").read_text().partition("\n")
        _manifest(entry, json.dumps(json.loads(text) | changes))

    return damage


def _manifest(entry: Path, text: str) -> None:
    (entry / "manifest").write_bytes(f"{cache.key(text)}\n{text}".encode())


def _link(name: str) -> Callable[[Path], None]:
    """The same bytes, behind a link."""

    def damage(entry: Path) -> None:
        (entry / name).rename(entry.parent / "elsewhere")
        (entry / name).symlink_to(entry.parent / "elsewhere")

    return damage


def _whole_link(entry: Path) -> None:
    entry.rename(entry.parent / "elsewhere")
    entry.symlink_to(entry.parent / "elsewhere")


def _file_instead(entry: Path) -> None:
    shutil.rmtree(entry)
    entry.write_bytes(b"")


def _empty(entry: Path) -> None:
    shutil.rmtree(entry)
    entry.mkdir()


DAMAGE: dict[str, Callable[[Path], object]] = {
    "truncated": _edit("model.onnx", lambda data: data.pop()),
    "longer": _edit("weights.bin", lambda data: data.append(0)),
    "grown from nothing": _edit("empty", lambda data: data.append(0)),
    "first byte": _edit("model.onnx", _flip(0)),
    "middle byte": _edit("model.onnx", _flip(500)),
    "last byte": _edit("model.onnx", _flip(-1)),
    "missing": lambda entry: (entry / "weights.bin").unlink(),
    "missing and empty": lambda entry: (entry / "empty").unlink(),
    "extra": lambda entry: (entry / "extra").write_bytes(b""),
    "extra folder": lambda entry: (entry / "extra").mkdir(),
    "renamed": lambda entry: (entry / "weights.bin").rename(entry / "weights"),
    "no manifest": lambda entry: (entry / "manifest").unlink(),
    "empty manifest": lambda entry: (entry / "manifest").write_bytes(b""),
    "manifest of garbage": lambda entry: (entry / "manifest").write_bytes(b"\xff\x00{" * 99),
    "byte of the manifest": _edit("manifest", _flip(-20)),
    "what it says about itself": _edit("manifest", lambda data: _flip(data.index(b"test"))(data)),
    "huge manifest": _forge(about={"what": "?" * (1 << 20)}),
    "manifest is a folder": lambda entry: [(entry / "manifest").unlink(), (entry / "manifest").mkdir()],
    "another key": _forge(key=cache.key("another")),
    "huge sizes": _forge(sizes=dict.fromkeys(FILES, 1 << 62)),
    "negative sizes": _forge(sizes=dict.fromkeys(FILES, -1)),
    "out of the folder": _forge(sizes={"../model.onnx": 1}, digests={"../model.onnx": ""}),
    "absolute path": _forge(sizes={"/etc/passwd": 1}, digests={"/etc/passwd": ""}),
    "digests of nothing": _forge(digests={}),
    "digests of a wrong type": _forge(digests=None),
    "unknown field": _forge(more=1),
    "manifest is a list": lambda entry: _manifest(entry, "[]"),
    "nested too deeply": lambda entry: _manifest(entry, "[" * 100_000),
    "empty folder": _empty,
    "file instead of a folder": _file_instead,
}
LINKS: dict[str, Callable[[Path], object]] = {
    "file is a link": _link("model.onnx"),
    "manifest is a link": _link("manifest"),
    "folder is a link": _whole_link,
    "dangling link": lambda entry: [(entry / "empty").unlink(), (entry / "empty").symlink_to("nothing")],
}
EVERY_DAMAGE = [
    *(pytest.param(damage, id=name) for name, damage in DAMAGE.items()),
    *(pytest.param(damage, id=name, marks=links) for name, damage in LINKS.items()),
]


@pytest.mark.parametrize("damage", EVERY_DAMAGE)
def test_a_damaged_entry_is_thrown_away(damage: Callable[[Path], object], kept: Cache) -> None:
    place = kept.find(KEY)
    assert place is not None
    damage(place)
    assert len(kept.entries()) == 1
    assert all(isinstance(entry.about, dict) for entry in kept.entries())
    assert kept.find(KEY) is None
    assert not os.path.lexists(place)
    assert left_over(kept) == []
    assert contents(kept.keep(KEY, writing(FILES), ABOUT)) == FILES


@pytest.mark.parametrize("damage", EVERY_DAMAGE)
def test_a_damaged_entry_gives_way(damage: Callable[[Path], object], kept: Cache) -> None:
    place = kept.find(KEY)
    assert place is not None
    damage(place)
    assert contents(kept.keep(KEY, writing(FILES), ABOUT)) == FILES
    assert contents(kept.find(KEY)) == FILES


@pytest.mark.parametrize("place", [0, (8 << 20) - 1, 8 << 20, -1])
def test_every_piece_of_a_large_file_is_looked_at(place: int, tmp_path: Path) -> None:
    store = Cache(tmp_path, LARGE)
    kept = store.keep(KEY, writing({"weights.bin": bytes(20_000_000)}), ABOUT)
    assert kept is not None
    assert store.find(KEY) == kept
    _edit("weights.bin", _flip(place))(kept)
    assert store.find(KEY) is None


@links
def test_what_a_link_leads_to_stays(kept: Cache) -> None:
    place = kept.find(KEY)
    assert place is not None
    _whole_link(place)
    assert kept.find(KEY) is None
    assert contents(place.parent / "elsewhere") == FILES
