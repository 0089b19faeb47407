"""The process of its own in which a start is measured: it loads a model, predicts once, and says how that went.

`fresh` runs it. The request comes on standard input, the answer is the last line of standard output, both JSON.
"""

from __future__ import annotations

import builtins
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from tensorlogic.errors import TensorLogicError
from tensorlogic.models import load_model
from tensorlogic.models.bench.results import Start

T = TypeVar("T")


def main(started: float) -> None:
    """Answer the request. `started` is what `time.perf_counter` said before anything was imported."""
    imports = time.perf_counter() - started
    request = json.load(sys.stdin)
    with np.load(request["arrays"], allow_pickle=False) as stored:
        inputs = dict(zip(request["names"], stored.values(), strict=True))
    try:
        model, load, while_loading = _timed(lambda: load_model(request["path"], **request["options"]))
        _, first, while_predicting = _timed(lambda: model.predict(inputs, state=model.make_state()))
    except TensorLogicError as error:
        sys.exit(str(error))
    start = Start(imports + while_loading + while_predicting, load, first, _memory(), _gpu_memory())
    print("\n" + json.dumps(asdict(start)))


def _timed(work: Callable[[], T]) -> tuple[T, float, float]:
    """What `work` gives, the seconds that it took without imports, and those of its imports."""
    start = time.perf_counter()
    with _imports() as imports:
        result = work()
    spent = time.perf_counter() - start
    return result, spent - sum(imports), sum(imports)


@contextmanager
def _imports() -> Iterator[list[float]]:
    """The seconds of every import statement that runs in the block, those inside another one left out."""
    plain, seconds, depth = builtins.__import__, list[float](), 0

    def timed(*arguments: Any, **named: Any) -> Any:
        nonlocal depth
        depth += 1
        start = time.perf_counter()
        try:
            return plain(*arguments, **named)
        finally:
            depth -= 1
            if depth == 0:
                seconds.append(time.perf_counter() - start)

    builtins.__import__ = timed
    try:
        yield seconds
    finally:
        builtins.__import__ = plain


def _memory() -> int | None:
    """The most memory that this process had, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():
        # Linux's getrusage would tell the memory of the process that started this one, where that had more.
        most = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(most.split()[1]) * 1024
    try:
        if sys.platform == "win32":
            return int(import_module("psutil").Process().memory_info().peak_wset)
        used = import_module("resource")
        return int(used.getrusage(used.RUSAGE_SELF).ru_maxrss) * (1 if sys.platform == "darwin" else 1024)
    except ImportError:
        return None


def _gpu_memory() -> int | None:
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_initialized():
        return None
    return int(torch.cuda.max_memory_allocated())
