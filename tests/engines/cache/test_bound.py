"""Entries leave, the least recently used first."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tensorlogic.engines import cache
from tensorlogic.engines.cache import Cache
from tests.engines.cache.harness import LARGE, left_over, writing


def filled(tmp_path: Path, limit: int, *names: str) -> Cache:
    """A cache with an entry of 100,000 bytes for each name, used at 1, 2, 3... seconds after 1970."""
    made = Cache(tmp_path / "cache", limit)
    for second, name in enumerate(names, 1):
        place = made.keep(cache.key(name), writing({"data": bytes(100_000)}), {"name": name})
        assert place is not None
        os.utime(place, (second, second))
    return made


def names(store: Cache) -> list[str]:
    return [entry.about["name"] for entry in store.entries()]


def test_the_least_recently_used_leave_first(tmp_path: Path) -> None:
    store = filled(tmp_path, 350_000, "a", "b", "c")
    assert store.find(cache.key("a")) is not None
    assert names(store) == ["b", "c", "a"]
    store.keep(cache.key("d"), writing({"data": bytes(100_000)}), {"name": "d"})
    assert names(store) == ["c", "a", "d"]
    store.keep(cache.key("e"), writing({"data": bytes(240_000)}), {"name": "e"})
    assert names(store) == ["d", "e"]


def test_all_leave_for_a_large_one(tmp_path: Path) -> None:
    store = filled(tmp_path, 350_000, "a", "b", "c")
    assert store.keep(cache.key("d"), writing({"data": bytes(340_000)}), {"name": "d"}) is not None
    assert names(store) == ["d"]


@pytest.mark.parametrize("size", [350_000, 350_001, 10_000_000])
def test_one_that_is_too_large_is_not_kept(size: int, tmp_path: Path) -> None:
    store = filled(tmp_path, 350_000, "a", "b")
    assert store.keep(cache.key("d"), writing({"data": bytes(size)}), {"name": "d"}) is None
    assert names(store) == ["a", "b"]
    assert left_over(store) == []


def test_a_smaller_limit_holds_from_the_next_entry(tmp_path: Path) -> None:
    store = Cache(filled(tmp_path, LARGE, "a", "b", "c").folder, 250_000)
    store.keep(cache.key("d"), writing({"data": b""}), {"name": "d"})
    assert names(store) == ["b", "c", "d"]


def test_a_clock_that_was_ahead_does_not_cost_the_newest(tmp_path: Path) -> None:
    store = filled(tmp_path, 250_000, "a", "b")
    tomorrow = time.time() + 86400
    for entry in store.entries():
        os.utime(entry.folder, (tomorrow, tomorrow))
    assert store.keep(cache.key("c"), writing({"data": bytes(100_000)}), {"name": "c"}) is not None
    assert len(names(store)) == 2
    assert "c" in names(store)
