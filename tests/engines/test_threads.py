"""Threads that predict with one model at once."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest

import tensorlogic as tl
from tensorlogic.engines import engine
from tests.malformed import small_package

THREADS, TIMES = 8, 1000
KEPT = 512
"""The bytes of each prediction that may stay, by chance: what the model is given has more."""


@pytest.mark.parametrize("name", ["torch", "onnxruntime", "openvino"])
def test_threads_get_the_same_numbers_and_leave_nothing(name: str, package: Path) -> None:
    if not engine(name).devices():
        pytest.skip(f"{name} is not installed")
    model = tl.load_model(package, engine=name, device="cpu", precision="f32")
    rng = np.random.default_rng(0)
    given = [rng.random(small_package.INPUT_SHAPE, np.float32) for _ in range(THREADS)]
    wanted = [model.predict(x).scores for x in given]

    def predict(thread: int, times: int) -> bool:
        return all(np.array_equal(model.predict(given[thread]).scores, wanted[thread]) for _ in range(times))

    with ThreadPoolExecutor(THREADS) as pool:
        assert all(pool.map(predict, range(THREADS), [TIMES // 2] * THREADS))

        def growth() -> int:
            before = memory()
            assert all(pool.map(predict, range(THREADS), [TIMES] * THREADS))
            return memory() - before

        # What predictions leave is there each time; a process may grow by itself once.
        assert any(growth() < KEPT * THREADS * TIMES for _ in range(3))


def memory() -> int:
    gc.collect()
    return int(psutil.Process().memory_info().rss)
