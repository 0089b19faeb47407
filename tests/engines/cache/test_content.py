"""Keys, and digests of a model's files."""

from __future__ import annotations

import os
import time
from hashlib import sha256
from pathlib import Path

import pytest

from tensorlogic.engines import cache
from tensorlogic.errors import FormatError, codes


def test_a_key_tells_its_parts_apart() -> None:
    parts: list[tuple[bytes | str, ...]] = [(), ("",), ("", ""), ("ab",), ("a", "b"), ("b", "a"), ("a", "b", "")]
    assert len({cache.key(*each) for each in parts}) == len(parts)
    assert cache.key("ä") == cache.key("ä".encode())
    assert cache.key("ab") == sha256(b"\x02\0\0\0\0\0\0\0ab").hexdigest()


def written(folder: Path, files: dict[str, bytes]) -> list[Path]:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return [folder / name for name in files]


PACKAGE = {"Manifest.json": b"{}", "Data/model.mlmodel": b"model", "Data/weights/weight.bin": b"weights"}


def test_a_digest_is_of_contents_and_names(tmp_path: Path) -> None:
    here = written(tmp_path / "a.mlpackage", PACKAGE)
    there = written(tmp_path / "elsewhere" / "b.mlpackage", PACKAGE)
    same = cache.digest(here)
    assert cache.digest(there) == cache.digest(reversed(there)) == cache.digest([*here, here[0]]) == same
    others = [
        here[:2],
        written(tmp_path / "c", PACKAGE | {"Data/model.mlmodel": b"Model"}),
        written(tmp_path / "d", PACKAGE | {"Data/weights/weight.bin": b""}),
        written(
            tmp_path / "e", {"Manifest.json": b"{}", "Data/model": b"model", "Data/weights/weight.bin": b"weights"}
        ),
    ]
    assert len({same, *map(cache.digest, others)}) == 5


def test_the_name_of_a_single_file_does_not_matter(tmp_path: Path) -> None:
    one, two = written(tmp_path, {"one.mlmodel": b"same", "two.mlmodel": b"same"})
    assert cache.digest([one]) == cache.digest([two])


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="cannot read") as caught:
        cache.digest([tmp_path / "nothing"])
    assert caught.value.code == codes.CORRUPT


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that is large enough for its digest to be kept, and a cache of its own."""
    monkeypatch.setenv("TENSORLOGIC_CACHE", str(tmp_path / "cache"))
    (path,) = written(tmp_path, {"weight.bin": bytes(9_000_000)})
    return path


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """The clock says what it will say so many seconds from now."""
    now = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: now + int(seconds * 1e9))


def forbid_hashing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("tensorlogic.engines.cache.content.file_digests", lambda _: pytest.fail("the file is hashed again"))


def test_a_large_file_is_hashed_once(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    later(monkeypatch, 3)
    first = cache.digest([large])
    assert [entry.about for entry in cache.default().entries()] == [{"what": "digest", "of": str(large)}]
    with monkeypatch.context() as patch:
        forbid_hashing(patch)
        assert cache.digest([large]) == first


def test_a_file_that_has_just_changed_is_hashed_every_time(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = cache.digest([large])
    assert cache.default().entries() == []
    later(monkeypatch, 3)
    assert cache.digest([large]) == first
    monkeypatch.undo()
    with pytest.MonkeyPatch.context() as patch:
        forbid_hashing(patch)
        with pytest.raises(pytest.fail.Exception, match="hashed again"):
            cache.digest([large])


def test_a_file_that_changed_has_another_digest(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    later(monkeypatch, 3)
    first, status = cache.digest([large]), large.stat()
    time.sleep(0.02)  # the clock of a file system goes by ticks
    large.write_bytes(b"\x01" + bytes(8_999_999))
    os.utime(large, ns=(status.st_atime_ns, status.st_mtime_ns))
    later(monkeypatch, 6)
    assert cache.digest([large]) != first


def test_a_damaged_memo_is_not_believed(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    later(monkeypatch, 3)
    first = cache.digest([large])
    (entry,) = cache.default().entries()
    (entry.folder / "text").write_text("0" * 64)
    assert cache.digest([large]) == first


def test_digests_without_a_cache(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = cache.digest([large])
    monkeypatch.setenv("TENSORLOGIC_CACHE", "off")
    later(monkeypatch, 3)
    assert cache.digest([large]) == cache.digest([large]) == first
