"""`tl cache`: what it lists, what it removes, and what it says."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from tensorlogic.engines.cache import Cache, key
from tests.cli.test_cli import tl

DAY = 86400
MODEL = {"what": "optimised model", "of": "[red]resnet.mlpackage", "by": "onnxruntime 1.32.0"}


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cache:
    """A cache with a model that was used three days ago, and a choice that was used now."""
    monkeypatch.setenv("TENSORLOGIC_CACHE", str(tmp_path))
    made = Cache(tmp_path, 10 << 30)
    model = made.keep(key("model"), lambda folder: (folder / "model.onnx").write_bytes(bytes(500_000)) and None, MODEL)
    made.keep_text(key("choice"), "torch", {"what": "choice"})
    assert model is not None
    os.utime(model, (time.time() - 3 * DAY - 60,) * 2)
    return made


def test_list(store: Cache) -> None:
    done = tl("cache", "list")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert all(word in lines[1] for word in (key("model")[:12], "optimised model", "500.4 kB", "3 days ago"))
    assert "[red]resnet.mlpackage" in done.stdout
    assert all(word in done.stdout for word in (key("choice")[:12], "just now"))
    assert lines[-1].startswith("2 entries, 500.") and lines[-1].endswith(f"of at most 10.7 GB, in {store.folder}")


def test_list_as_json(store: Cache) -> None:
    data = json.loads(tl("cache", "list", "--json").stdout)
    assert (data["folder"], data["limit"]) == (str(store.folder), 10 << 30)
    assert [entry["key"] for entry in data["entries"]] == [key("model"), key("choice")]
    model = data["entries"][0]
    assert model["about"] == MODEL
    assert 500_000 < model["size"] < 501_000
    assert model["used"] < model["created"]
    assert model["used"].endswith("+00:00")


def test_an_entry_without_a_manifest_is_damaged(store: Cache) -> None:
    (store.entries()[0].folder / "manifest").unlink()
    assert "damaged" in tl("cache", "list").stdout


# Arguments, and which entries are left.
CLEARINGS = [
    ((), []),
    (("--older-than", "2"), ["choice"]),
    (("--older-than", "4"), ["model", "choice"]),
    (("--older-than", "0"), []),
    ((key("model"),), ["choice"]),
    ((key("model")[:8], key("model")[:8]), ["choice"]),
    ((key("choice")[:12], key("model")), []),
    ((key("choice"), "--older-than", "1"), ["model", "choice"]),
]


@pytest.mark.parametrize(("arguments", "left"), CLEARINGS)
def test_clear(arguments: tuple[str, ...], left: list[str], store: Cache) -> None:
    before = {entry.key: entry.size for entry in store.entries()}
    done = tl("cache", "clear", *arguments, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert [entry.key for entry in store.entries()] == [key(name) for name in left]
    gone = [each for each in before if each not in map(key, left)]
    said = json.loads(done.stdout)
    assert (set(said["removed"]), said["freed"]) == (set(gone), sum(before[each] for each in gone))


def test_clear_says_what_it_freed(store: Cache) -> None:
    assert tl("cache", "clear", key("model")).stdout == "Removed 1 entry, 500.4 kB.\n"
    assert tl("cache", "clear", "--older-than", "1").stdout == "Removed 0 entries, 0 bytes.\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(("zz",), "no entry"), (("",), "several entries"), (("--older-than", "-1"), "-1"), (("--older-than", "x"), "'x'")],
)
def test_wrong_usage(arguments: tuple[str, ...], says: str, store: Cache) -> None:
    done = tl("cache", "clear", *arguments)
    assert (done.returncode, len(store.entries())) == (2, 2)
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENSORLOGIC_CACHE", "off")
    assert tl("cache", "list").stdout == "The cache is off.\n"
    assert json.loads(tl("cache", "list", "--json").stdout)["folder"] is None
    assert tl("cache", "clear").stdout == "Removed 0 entries, 0 bytes.\n"


def test_an_empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENSORLOGIC_CACHE", str(tmp_path / "new"))
    assert tl("cache", "list").stdout == f"0 entries, 0 bytes of at most 10.7 GB, in {tmp_path / 'new'}\n"
    assert not (tmp_path / "new").exists()
