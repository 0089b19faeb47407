"""Loaded by every process of a conformance run: installs the drop-in, and notes what each test really predicted.

Variables of the environment: `DONE` names a file with the tests that have results already, `LIST` a file to write the
names of all collected tests to, `DEVICE` and `ENGINE` what predictions run on; `FIRST` keeps one case of every test.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from journal import DEVICE, DONE, ENGINE, ENGINES, FIRST, LIST, RAN

from tensorlogic import engines
from tensorlogic.coreml import shim
from tensorlogic.mil import Program

shim.install(engine=os.environ.get(ENGINE, "auto"), device=os.environ.get(DEVICE, "cpu"))

from tensorlogic.coreml.shim import native  # noqa: E402


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what an interrupted run has done, and all but the first case of each test where that is asked for."""
    path = os.environ.get(DONE)
    done = set(json.loads(Path(path).read_text())) if path else set()
    kept = _first_cases(items) if os.environ.get(FIRST) else items
    left = {item.nodeid for item in kept} - done
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in left])
    items[:] = [item for item in items if item.nodeid in left]


def _first_cases(items: list[pytest.Item]) -> Iterable[pytest.Item]:
    """The first case of each test, and of each operation where one test is of several, as its `mode`."""

    def what(item: pytest.Item) -> tuple[str, Any]:
        given = item.callspec.params if hasattr(item, "callspec") else {}
        return item.nodeid.partition("[")[0], given.get("mode")

    return {what(item): item for item in reversed(items)}.values()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Write down the names: not line by line, since some of them have several lines."""
    if path := os.environ.get(LIST):
        Path(path).write_text(json.dumps([item.nodeid for item in session.items]))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Note the operations of each program that predicts, and on which engine.

    A test that draws its inputs or what it expects gets the same ones in every run.
    """
    np.random.seed(zlib.crc32(item.nodeid.encode()))
    ran: set[str] = set()
    prepared: set[str] = set()
    chosen: set[str] = set()
    used: set[str] = set()
    prepare, predict = engines.prepare, native._MLModelProxy.predict

    def noting_prepare(program: Program, function: str, *options: Any, **more: Any) -> engines.Prepared:
        prepared.update(operation.type for operation in program.functions[function].body.walk())
        result = prepare(program, function, *options, **more)
        chosen.add(result.candidate.engine)
        return result

    def noting_predict(proxy: Any, *arguments: Any) -> Any:
        outputs = predict(proxy, *arguments)
        ran.update(prepared)
        used.update(chosen)
        return outputs

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engines, "prepare", noting_prepare)
        patch.setattr(native._MLModelProxy, "predict", noting_predict)
        try:
            return (yield)
        finally:
            item.user_properties += [(RAN, sorted(ran)), (ENGINES, sorted(used))]
