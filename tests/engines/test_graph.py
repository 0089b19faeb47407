"""How a graph is filled, replayed and read, with stand-ins for CUDA; and which runs wait for their device."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

from tensorlogic.engines.torch import graph
from tensorlogic.engines.torch.graph import GraphRun, capture
from tensorlogic.engines.torch.plan import compile_plan
from tensorlogic.engines.torch.session import TorchSession
from tensorlogic.engines.torch.watching import waits
from tensorlogic.lower.torch.states import opened
from tensorlogic.mil import Operation, Program, StateType, Value
from tensorlogic.mil.types import FP32, INT32
from tests.ops.harness import operation, program, tensor

X = np.float32([[1, -2, 3]])


class Stream:
    """The one that the CPU has."""

    def __init__(self, device: Any = None) -> None: ...
    def synchronize(self) -> None: ...
    def wait_stream(self, other: Any) -> None: ...


class Graph:
    """Computes again what was computed while it recorded, into the same memory."""

    run: Any
    compute: Any
    cells: Any

    def replay(self) -> None:
        kept, state = dict(self.run._results), {n: cell.memory for n, cell in self.cells.items()}
        self.compute(opened(state))
        for name, result in kept.items():
            kept[name] = result.copy_(self.run._results[name])
        self.run._results = kept

    def reset(self) -> None: ...


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    compute = GraphRun._compute

    def computed(run: Any, cells: Any) -> None:
        run._graph.run, run._graph.cells, run._graph.compute = run, cells, partial(compute, run)
        before = {name: cell.memory.clone() for name, cell in cells.items()}
        compute(run, cells)
        for name, cell in cells.items():
            cell.memory.copy_(before[name])

    monkeypatch.setattr(GraphRun, "_compute", computed)
    monkeypatch.setattr(graph, "_pinned", lambda sizes, dtype: torch.full(sizes, 77, dtype=dtype))
    for name, stand_in in {
        "Stream": Stream,
        "CUDAGraph": Graph,
        "stream": lambda stream: nullcontext(),
        "current_stream": lambda device: Stream(),
        "graph": lambda *recorded, **how: torch.inference_mode(),
    }.items():
        monkeypatch.setattr(torch.cuda, name, stand_in)
    monkeypatch.setattr(torch.Tensor, "record_stream", lambda tensor, stream: None)


def of(*operations: Operation, outputs: tuple[str, ...] = ("out",), states: str = "") -> Program:
    kept = [Value(name, StateType(tensor("", FP32, 1, 3).type)) for name in states]
    return program([tensor("x", FP32, 1, 3), *kept], operations, outputs, opset=18)


def planned(tested: Program, precision: str = "f32") -> TorchSession:
    return TorchSession(compile_plan(tested, "main", torch.device("cpu"), precision), capture)


def row(name: str) -> Value:
    return tensor(name, FP32, 1, 3)


DOUBLED = of(operation("add", row("out"), x="x", y="x"))
SEVERAL = of(
    operation("transpose", tensor("t", FP32, 3, 1), x="x", perm=[1, 0]),
    operation("relu", row("r"), x="x"),
    outputs=("t", "r", "x"),
)
COUNTER = of(
    operation("read_state", row("before"), input="s"),
    operation("add", row("after"), x="before", y="x"),
    operation("write_state", (), input="s", data="after"),
    outputs=("before", "after"),
    states="s",
)


@pytest.mark.usefixtures("cuda")
@pytest.mark.parametrize("precision", ["f32", "bf16"])
def test_every_run_computes_on_its_own_inputs(precision: str) -> None:
    session = planned(DOUBLED, precision)
    results = [session.run({"x": X + turn})["out"] for turn in range(4)]
    for turn, result in enumerate(results):
        np.testing.assert_array_equal(result, 2 * (X + turn))
        assert (result.dtype, result.shape) == (np.float32, (1, 3))
    assert session._capture is not None


@pytest.mark.usefixtures("cuda")
def test_results_are_the_callers_own() -> None:
    session = planned(SEVERAL)
    for _ in range(2):
        result = session.run({"x": X})
        np.testing.assert_array_equal(result["t"], X.T)
        np.testing.assert_array_equal(result["r"], X.clip(0))
        np.testing.assert_array_equal(result["x"], X)
        for each in result.values():
            assert each.flags.c_contiguous
            each[:] = 99


@pytest.mark.usefixtures("cuda")
@pytest.mark.parametrize("given", [X.astype(np.float64), np.asfortranarray(X), X[:, ::-1][:, ::-1], X.tolist()])
def test_any_layout_of_an_input_will_do(given: Any) -> None:
    np.testing.assert_array_equal(planned(DOUBLED).run({"x": given})["out"], 2 * X)


@pytest.mark.usefixtures("cuda")
def test_an_input_that_is_copied_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph, "_PIECE", 2)
    np.testing.assert_array_equal(planned(DOUBLED).run({"x": X})["out"], 2 * X)


@pytest.mark.usefixtures("cuda")
def test_tensors_go_in_and_come_out() -> None:
    session = planned(DOUBLED)
    results = [session.run({"x": torch.tensor(X + turn)})["out"] for turn in range(3)]
    for turn, result in enumerate(results):
        assert torch.equal(result, torch.tensor(2 * (X + turn)))


@pytest.mark.usefixtures("cuda")
def test_states_are_changed_where_they_are() -> None:
    session = planned(COUNTER)
    first, second = session.make_state(), session.make_state()
    for turn in range(3):
        result = session.run({"x": X}, first)
        np.testing.assert_array_equal(result["before"], turn * X)
        np.testing.assert_array_equal(result["after"], (turn + 1) * X)
    second.write("s", 5 * X)
    np.testing.assert_array_equal(session.run({"x": X}, second)["after"], 6 * X)
    np.testing.assert_array_equal(first.read("s"), 3 * X)
    assert session._capture is not None


@pytest.mark.usefixtures("cuda")
def test_a_run_that_waits_is_not_captured() -> None:
    found = operation("non_zero", tensor("out", INT32, None, 2), x="x")
    session = planned(of(found))
    for given in (X, 0 * X):
        np.testing.assert_array_equal(session.run({"x": given})["out"], np.argwhere(given))
    assert session._capture is None


@pytest.mark.usefixtures("cuda")
def test_a_capture_that_fails_leaves_the_state_and_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []

    def failing(*recorded: Any, **how: Any) -> Any:
        tried.append(1)
        raise RuntimeError("CUDA error: operation not permitted when stream is capturing")

    monkeypatch.setattr(torch.cuda, "graph", lambda *recorded, **how: nullcontext())
    monkeypatch.setattr(GraphRun, "_compute", failing)
    session = planned(COUNTER)
    for state in (session.make_state(), session.make_state()):
        for turn in range(2):
            np.testing.assert_array_equal(session.run({"x": X}, state)["before"], turn * X)
    assert tried == [1]


# Waiting: the CPU stands for the device, and "meta" for the host.

HERE, THERE = torch.arange(3.0), torch.empty(3, device="meta")
WAITING: list[Callable[[], Any]] = [
    lambda: HERE[0].item(),
    lambda: bool(HERE.any()),
    lambda: HERE.nonzero(),
    lambda: HERE[HERE > 1],
    lambda: torch.masked_select(HERE, HERE > 1),
    lambda: HERE.repeat_interleave(HERE.long()),
    lambda: torch.tensor([1, 2]),
    lambda: HERE.to("meta"),
    lambda: THERE.copy_(HERE),
    lambda: torch.equal(HERE, HERE),
]
GOING_ON: list[Callable[[], Any]] = [
    lambda: HERE + 1,
    lambda: HERE.half().reshape(1, 3).clone(),
    lambda: HERE[HERE.long()],
    lambda: HERE.repeat_interleave(2),
    lambda: torch.arange(3) * HERE,
    lambda: torch.zeros(3).index_copy(0, HERE.long(), HERE),
    lambda: torch.where(HERE > 1, HERE, 0),
    lambda: torch.full((3,), 2.0).sum(),
    lambda: torch.nn.functional.conv1d(HERE[None], HERE[None, None]),
    lambda: THERE + 1,
]


@pytest.mark.parametrize("run", WAITING)
def test_what_waits(run: Callable[[], Any]) -> None:
    with torch.inference_mode():
        assert waits(torch.device("cpu"), run)


@pytest.mark.parametrize("run", GOING_ON)
def test_what_goes_on(run: Callable[[], Any]) -> None:
    with torch.inference_mode():
        assert not waits(torch.device("cpu"), run)
