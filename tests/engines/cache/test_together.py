"""Several processes and threads at once, and those that are killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tensorlogic.engines import cache
from tensorlogic.engines.cache import Cache
from tests.engines.cache.harness import ABOUT, FILES, KEY, LARGE, contents, left_over, writing

posix = pytest.mark.skipif(sys.platform == "win32", reason="there are no such rights or signals")


def _keep_and_find(folder: Path, limit: int, number: int) -> bool:
    """Whether everything that is found, while others keep and remove the same, is as it was kept."""
    store = Cache(folder, limit)
    for turn in range(30):
        name = f"entry {turn % 3}"
        files = {"data": name.encode() * 1000}
        store.keep(cache.key(name), writing(files), {"by": str(number)})
        found = store.find(cache.key(name))
        # Another process may have removed it since; then its files cannot be opened.
        try:
            if found is not None and {"data": (found / "data").read_bytes()} != files:
                return False
        except FileNotFoundError:
            continue
    return True


@pytest.mark.parametrize("limit", [LARGE, 20_000])
def test_several_processes_keep_the_same(limit: int, tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        sound = pool.starmap(_keep_and_find, [(tmp_path, limit, number) for number in range(4)])
    store = Cache(tmp_path, limit)
    assert all(sound)
    assert left_over(store) == []
    assert all(store.find(entry.key) for entry in store.entries())
    assert limit < LARGE or len(store.entries()) == 3


def test_several_threads_keep_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda number: _keep_and_find(tmp_path, LARGE, number), range(8)))
    assert len(Cache(tmp_path, LARGE).entries()) == 3
    assert left_over(Cache(tmp_path, LARGE)) == []


WRITER = """
import sys, time
from pathlib import Path
from tensorlogic.engines.cache import Cache

def write(folder):
    (folder / "model.onnx").write_bytes(b"half")
    print("writing", flush=True)
    time.sleep(600)

Cache(Path(sys.argv[1]), 1 << 30).keep(sys.argv[2], write, {})
"""


@posix
def test_a_writer_that_is_killed_leaves_nothing_that_is_found(tmp_path: Path) -> None:
    store = Cache(tmp_path, LARGE)
    with subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), KEY], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"writing\n"
        writer.send_signal(signal.SIGKILL)
    assert (store.find(KEY), store.entries()) == (None, [])
    (left,) = left_over(store)

    store.sweep()  # it might still be written
    assert left_over(store) == [left]
    an_hour_ago = time.time() - 3601
    os.utime(left, (an_hour_ago, an_hour_ago))
    store.sweep()  # a file of it has just been written
    assert left_over(store) == [left]
    os.utime(left / "model.onnx", (an_hour_ago, an_hour_ago))
    assert contents(store.keep(KEY, writing(FILES), ABOUT)) == FILES
    assert left_over(store) == []


@posix
def test_files_that_are_open_stay(kept: Cache) -> None:
    place = kept.find(KEY)
    assert place is not None
    with (place / "weights.bin").open("rb") as file:
        assert kept.remove(KEY)
        assert file.read() == FILES["weights.bin"]
