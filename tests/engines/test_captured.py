"""Captured runs: who has which, what cannot be captured, and on a GPU that they give what the steps give."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import torch

from tensorlogic.engines.torch import TorchEngine
from tensorlogic.engines.torch.graph import Cells
from tensorlogic.engines.torch.plan import Plan, compile_plan
from tensorlogic.engines.torch.session import TorchSession, step_by_step
from tensorlogic.errors import EngineError
from tensorlogic.mil import Operation, Program, StateType, Value
from tensorlogic.mil.types import FP32, INT32
from tests.ops.harness import operation, program, tensor

X = np.float32([[1, -2, 3]])


class FakeRun:
    """What a graph is to a session: for one thread at a time."""

    made: list[FakeRun]
    can = True

    def __init__(self, plan: Plan, cells: Cells) -> None:
        self.plan, self.cells = plan, cells
        self.busy = threading.Lock()

    def run(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        assert self.busy.acquire(blocking=False), "two threads have one run"
        try:
            return step_by_step(self.plan, inputs, self.cells)
        finally:
            self.busy.release()

    @classmethod
    def capture(cls, plan: Plan, inputs: Mapping[str, Any], cells: Cells) -> Any:
        step_by_step(plan, inputs, {})
        if not cls.can:
            cls.made.append(None)  # type: ignore[arg-type]
            return None
        cls.made.append(cls(plan, cells))
        return cls.made[-1]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> type[FakeRun]:
    monkeypatch.setattr(FakeRun, "made", [], raising=False)
    monkeypatch.setattr(FakeRun, "can", True)
    return FakeRun


def of(operations: Sequence[Operation], outputs: Sequence[str], *sizes: int | None, states: str = "") -> Program:
    kept = [Value(name, StateType(tensor("", FP32, *sizes).type)) for name in states]
    return program([tensor("x", FP32, *sizes), tensor("i", INT32, 1), *kept], operations, outputs, opset=18)


def doubled(*sizes: int | None) -> Program:
    return of([operation("add", tensor("out", FP32, *sizes), x="x", y="x")], ["out"], *sizes)


def picking() -> Program:
    picked = operation("gather", tensor("out", FP32, 1, 1), x="x", indices="i", axis=1)
    return of([picked], ["out"], 1, 3)


def planned(tested: Program, capture: Any) -> TorchSession:
    return TorchSession(compile_plan(tested, "main", torch.device("cpu"), "f32"), capture)


ZERO = np.int32([0])


def test_a_run_is_captured_once(fake: type[FakeRun]) -> None:
    session = planned(doubled(1, 3), fake.capture)
    for _ in range(5):
        np.testing.assert_array_equal(session.run({"x": X, "i": ZERO})["out"], 2 * X)
    assert len(fake.made) == 1


def test_threads_never_have_the_same_run(fake: type[FakeRun]) -> None:
    session, start = planned(doubled(1, 3), fake.capture), threading.Barrier(8)

    def work(turn: int) -> None:
        start.wait()
        for i in range(100):
            np.testing.assert_array_equal(session.run({"x": X + i + turn, "i": ZERO})["out"], 2 * (X + i + turn))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert 1 <= len(fake.made) <= 2


def test_what_cannot_be_captured_is_run_step_by_step_from_then_on(fake: type[FakeRun]) -> None:
    fake.can = False
    session = planned(doubled(1, 3), fake.capture)
    for _ in range(5):
        np.testing.assert_array_equal(session.run({"x": X, "i": ZERO})["out"], 2 * X)
    assert fake.made == [None]


def test_shapes_that_may_change_are_not_captured(fake: type[FakeRun]) -> None:
    session = planned(doubled(None, 3), fake.capture)
    for rows in (1, 2):
        given = np.repeat(X, rows, 0)
        np.testing.assert_array_equal(session.run({"x": given, "i": ZERO})["out"], 2 * given)
    assert fake.made == []


def test_a_failing_first_run_leaves_it_open(fake: type[FakeRun]) -> None:
    session = planned(picking(), fake.capture)
    with pytest.raises(EngineError):
        session.run({"x": X, "i": np.int32([7])})
    np.testing.assert_array_equal(session.run({"x": X, "i": np.int32([1])})["out"], [[-2]])
    assert len(fake.made) == 1


def test_a_run_that_fails_gives_its_graph_back(fake: type[FakeRun]) -> None:
    session = planned(picking(), fake.capture)
    session.run({"x": X, "i": ZERO})
    for _ in range(3):
        with pytest.raises(EngineError):
            session.run({"x": X, "i": np.int32([7])})
    np.testing.assert_array_equal(session.run({"x": X, "i": ZERO})["out"], [[1]])
    assert len(fake.made) == 1


def counter() -> Program:
    operations = [
        operation("read_state", tensor("before", FP32, 1, 3), input="s"),
        operation("add", tensor("after", FP32, 1, 3), x="before", y="x"),
        operation("write_state", (), input="s", data="after"),
    ]
    return of(operations, ["before", "after"], 1, 3, states="s")


def test_every_state_has_a_run_of_its_own_which_ends_with_it(fake: type[FakeRun]) -> None:
    def capture(plan: Plan, inputs: Mapping[str, Any], cells: Cells) -> Any:
        made.append({name: cell.memory for name, cell in cells.items()})

    made: list[Any] = []
    session = planned(counter(), capture)
    session._capture = lambda plan, inputs, cells: FakeRun(plan, cells) if not capture(plan, inputs, cells) else None
    first, second = session.make_state(), session.make_state()
    for state in (first, first, second, second, first):
        session.run({"x": X, "i": ZERO}, state)
    assert [each["s"].data_ptr() for each in made] == [s._memory["s"].data_ptr() for s in (first, second)]
    assert len(session._graphs) == 2
    del first, state
    assert len(session._graphs) == 1


# On a GPU

gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")


def on_gpu(tested: Program, precision: str = "f32") -> TorchSession:
    session = TorchEngine().prepare(tested, "main", "cuda", precision)
    assert isinstance(session, TorchSession)
    return session


@gpu
def test_a_graph_gives_what_the_steps_give() -> None:
    session = on_gpu(doubled(1, 3))
    for turn in range(4):
        np.testing.assert_array_equal(session.run({"x": X + turn, "i": ZERO})["out"], 2 * (X + turn))
    assert session._capture is not None


@gpu
def test_a_graph_changes_the_state_it_was_captured_with() -> None:
    session = on_gpu(counter())
    first, second = session.make_state(), session.make_state()
    for turn in range(4):
        result = session.run({"x": X, "i": ZERO}, first)
        np.testing.assert_array_equal(result["before"], turn * X)
        np.testing.assert_array_equal(result["after"], (turn + 1) * X)
    second.write("s", 5 * X)
    np.testing.assert_array_equal(session.run({"x": X, "i": ZERO}, second)["after"], 6 * X)
    np.testing.assert_array_equal(first.read("s"), 4 * X)
    assert session._capture is not None


@gpu
def test_what_reads_values_on_the_host_runs_without_a_graph() -> None:
    found = operation("non_zero", tensor("out", INT32, None, 2), x="x")
    session = on_gpu(of([found], ["out"], 1, 3))
    for given in (X, X * 0, X):
        want = np.argwhere(given)
        np.testing.assert_array_equal(session.run({"x": given, "i": ZERO})["out"], want)
    assert session._capture is None
    again = on_gpu(doubled(1, 3))
    np.testing.assert_array_equal(again.run({"x": X, "i": ZERO})["out"], 2 * X)
    assert again._capture is not None


@gpu
def test_tensors_on_the_device_stay_there() -> None:
    session = on_gpu(doubled(1, 3))
    for turn in range(3):
        given = {"x": torch.tensor(X + turn, device="cuda"), "i": torch.tensor(ZERO, device="cuda")}
        result = session.run(given)["out"]
        assert result.is_cuda
        np.testing.assert_array_equal(result.cpu().numpy(), 2 * (X + turn))


@gpu
def test_threads_with_graphs_do_not_meet() -> None:
    session = on_gpu(doubled(64, 64))
    given = [np.full((64, 64), i, np.float32) for i in range(8)]

    def work(turn: int) -> None:
        for _ in range(100):
            np.testing.assert_array_equal(session.run({"x": given[turn], "i": ZERO})["out"], 2 * given[turn])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
