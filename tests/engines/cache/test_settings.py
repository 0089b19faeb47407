"""What the environment asks for."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tensorlogic.engines import cache
from tensorlogic.errors import UsageError, codes

# TENSORLOGIC_CACHE, TENSORLOGIC_CACHE_LIMIT, and whether anything is kept.
OFF = [("off", None), ("OFF", None), ("", None), (" ", None), ("/somewhere", "0"), ("/somewhere", "0GiB")]


@pytest.mark.parametrize(("folder", "limit"), OFF)
def test_off(folder: str, limit: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENSORLOGIC_CACHE", folder)
    if limit is not None:
        monkeypatch.setenv("TENSORLOGIC_CACHE_LIMIT", limit)
    assert cache.default().folder is None


def test_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TENSORLOGIC_CACHE", "here")
    assert cache.default().folder == tmp_path / "here"
    monkeypatch.setenv("TENSORLOGIC_CACHE", str(tmp_path / "there"))
    assert cache.default().folder == tmp_path / "there"
    monkeypatch.setenv("TENSORLOGIC_CACHE", "~/there")
    assert cache.default().folder == Path.home() / "there"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems keep caches elsewhere")
def test_the_users_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TENSORLOGIC_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.default().folder == tmp_path / "tensorlogic"


# What is asked for, and bytes.
LIMITS = [
    ("2GiB", 2 << 30), ("1.5 GiB", 3 << 29), ("500MB", 500_000_000), ("500 M", 500_000_000), ("10kib", 10_240),
    ("1TB", 10**12), ("12345", 12345), (" 7 B ", 7),
]  # fmt: skip


@pytest.mark.parametrize(("text", "size"), LIMITS)
def test_the_limit(text: str, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENSORLOGIC_CACHE_LIMIT", text)
    assert cache.default().limit == size


def test_the_limit_without_a_variable() -> None:
    assert cache.default().limit == 10 << 30


@pytest.mark.parametrize("text", ["", "lots", "-1", "2 GiB or so", "1e9", "GiB", "2XB", "nan", "٣", "3\u212a"])
def test_a_limit_that_is_no_size(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENSORLOGIC_CACHE_LIMIT", text)
    with pytest.raises(UsageError, match="which is no size") as caught:
        cache.default()
    assert caught.value.code == codes.UNKNOWN_OPTION
