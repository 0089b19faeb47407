"""What is kept is found, and no disk that fails is a failure."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tensorlogic.engines import cache
from tensorlogic.engines.cache import Cache
from tests.engines.cache.harness import ABOUT, FILES, KEY, LARGE, contents, left_over, writing

posix = pytest.mark.skipif(sys.platform == "win32", reason="there are no such rights or signals")


def test_what_is_kept_is_found(kept: Cache) -> None:
    assert contents(Cache(kept.folder, LARGE).find(KEY)) == FILES
    assert kept.find(cache.key("another")) is None
    (entry,) = kept.entries()
    assert (entry.key, entry.about) == (KEY, ABOUT)
    assert entry.size == sum(file.stat().st_size for file in entry.folder.iterdir())
    assert left_over(kept) == []


@posix
def test_only_the_user_reads_it(kept: Cache) -> None:
    folder = kept.find(KEY)
    assert folder is not None
    for each in (folder, folder.parent, folder.parent.parent):
        assert each.stat().st_mode & 0o777 == 0o700


def test_the_first_of_several_wins(kept: Cache) -> None:
    assert contents(kept.keep(KEY, writing({"model.onnx": b"later"}), ABOUT)) == FILES
    assert left_over(kept) == []


def test_removing(kept: Cache) -> None:
    assert kept.remove(KEY)
    assert not kept.remove(KEY)
    assert (kept.find(KEY), kept.entries(), left_over(kept)) == (None, [], [])


def test_texts(kept: Cache) -> None:
    kept.keep_text(cache.key("text"), "fünf\n", ABOUT)
    assert kept.find_text(cache.key("text")) == "fünf\n"
    assert kept.find_text(cache.key("none")) is None


@pytest.mark.parametrize("wrong", ["", "..", "model", KEY.upper(), KEY + "/..", KEY + "\n"])
def test_only_keys_name_entries(wrong: str, kept: Cache) -> None:
    with pytest.raises(ValueError, match="not a key"):
        kept.find(wrong)


# Disks that fail


def test_a_full_disk_is_no_failure(tmp_path: Path) -> None:
    def write(folder: Path) -> None:
        (folder / "model.onnx").write_bytes(b"half")
        raise OSError(28, "No space left on device")

    store = Cache(tmp_path / "cache", LARGE)
    assert store.keep(KEY, write, ABOUT) is None
    assert (store.find(KEY), left_over(store)) == (None, [])


def test_other_failures_are_passed_on(tmp_path: Path) -> None:
    def write(folder: Path) -> None:
        (folder / "model.onnx").write_bytes(b"half")
        raise RuntimeError("the engine failed")

    store = Cache(tmp_path / "cache", LARGE)
    with pytest.raises(RuntimeError, match="the engine failed"):
        store.keep(KEY, write, ABOUT)
    assert (store.find(KEY), left_over(store)) == (None, [])


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "cache").write_bytes(b"")
    store = Cache(tmp_path / "cache", LARGE)
    assert store.keep(KEY, writing(FILES), ABOUT) is None
    assert (store.find(KEY), store.entries(), store.remove(KEY)) == (None, [], False)


@posix
def test_a_read_only_folder(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    tmp_path.chmod(0o500)
    store = Cache(tmp_path / "cache", LARGE)
    assert store.keep(KEY, writing(FILES), ABOUT) is None
    assert (store.find(KEY), store.entries()) == (None, [])


class ReadOnly:
    """What the system calls that change a folder answer where nothing may be written."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        for name in ("mkdir", "rename", "utime", "unlink", "rmdir"):
            patch.setattr(os, name, self.refuse)

    def refuse(self, *_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")


def test_a_read_only_cache_is_read(kept: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    ReadOnly(monkeypatch)
    assert contents(kept.find(KEY)) == FILES
    assert kept.keep(cache.key("another"), writing(FILES), ABOUT) is None
    assert not kept.remove(KEY)
    kept.sweep()
    assert len(kept.entries()) == 1


def test_a_damaged_entry_that_cannot_be_removed_is_not_found(kept: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    place = kept.find(KEY)
    assert place is not None
    (place / "empty").write_bytes(b"damage")
    ReadOnly(monkeypatch)
    assert kept.find(KEY) is None
    assert kept.keep(KEY, writing(FILES), ABOUT) is None


def test_without_a_folder_nothing_is_kept() -> None:
    def write(_: Path) -> None:
        pytest.fail("nothing should be written")

    off = Cache(None, LARGE)
    assert off.keep(KEY, write, ABOUT) is None
    off.keep_text(KEY, "text", ABOUT)
    off.sweep()
    assert (off.find(KEY), off.find_text(KEY), off.entries(), off.remove(KEY)) == (None, None, [], False)
