"""What a run of coremltools' tests is told of: which tests to leave out, and what each one predicted.

Loaded by every process of the run. `DONE` in the environment names a file of test names that have results already.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tensorlogic.coreml import shim

DONE = "CONFORMANCE_DONE"
PREDICTED = "operations that predictions ran"

shim.install()

from tensorlogic.coreml.shim import native  # noqa: E402


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what an interrupted run has done."""
    path = os.environ.get(DONE)
    done = set(json.loads(Path(path).read_text())) if path else set()
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid in done])
    items[:] = [item for item in items if item.nodeid not in done]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Note the operations of the programs that the test really ran."""
    ran: set[str] = set()
    predict = native._MLModelProxy.predict

    def noted(self: Any, *arguments: Any) -> Any:
        outputs = predict(self, *arguments)
        ran.update(self.operations)
        return outputs

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(native._MLModelProxy, "predict", noted)
        try:
            return (yield)
        finally:
            item.user_properties.append((PREDICTED, sorted(ran)))
