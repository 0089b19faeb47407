"""A part of a state is written where it lies, and never where something would notice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from tensorlogic.engines.torch import TorchEngine
from tensorlogic.engines.torch.session import TorchSession
from tensorlogic.errors import EngineError
from tensorlogic.lower.torch import fused
from tensorlogic.mil import Operation, Program, StateType, Value
from tensorlogic.mil.types import FP32, INT32
from tensorlogic.mil.verify import verify
from tests.ops.harness import operation, program, tensor

SIZE = (4, 2)
X = np.float32([[1, 2]])
AT = np.int32([1, 0])


def read(name: str, state: str = "s") -> Operation:
    return operation("read_state", tensor(name, FP32, *SIZE), input=state)


def put(name: str, x: str, update: str = "x", begin: Any = (1, 0), rows: int = 1) -> Operation:
    begin = [*begin] if isinstance(begin, tuple) else begin
    end = [1 + rows, 2] if isinstance(begin, list) else "to"
    return operation("slice_update", tensor(name, FP32, *SIZE), x=x, update=update, begin=begin, end=end)


def write(data: str, state: str = "s") -> Operation:
    return operation("write_state", (), input=state, data=data)


def update(name: str, value: str, state: str = "s") -> Operation:
    return operation("coreml_update_state", tensor(name, FP32, *SIZE), state=state, value=value)


def part(name: str, x: str, first: int, last: int) -> Operation:
    return operation("slice_by_index", tensor(name, FP32, last - first, 2), x=x, begin=[first, 0], end=[last, 2])


def add(name: str, x: str, y: str, *shape: int) -> Operation:
    return operation("add", tensor(name, FP32, *(shape or SIZE)), x=x, y=y)


def of(operations: Sequence[Operation], outputs: Sequence[str]) -> Program:
    states = [Value(name, StateType(tensor("", FP32, *SIZE).type)) for name in "st"]
    others = [tensor("x", FP32, 1, 2), tensor("at", INT32, 2), tensor("to", INT32, 2), tensor("i", INT32, 1)]
    tested = program([*others, *states], operations, outputs, opset=18)
    verify(tested)
    return tested


def prepared(tested: Program) -> TorchSession:
    session = TorchEngine().prepare(tested, "main", "cpu", "f32")
    assert isinstance(session, TorchSession)
    return session


OLD = np.float32([[10, 20], [30, 40], [50, 60], [70, 80]])
NEW = np.float32([[10, 20], [1, 2], [50, 60], [70, 80]])
INPUTS = {"x": X, "at": AT, "to": np.int32([2, 2]), "i": np.int32([0])}

LAYER = [part("k", "a", 0, 2), add("kk", "k", "k", 2, 2), put("v", "a", rows=2, update="kk"), update("b", "v")]

# Operations, outputs, what they are, what the state is afterwards, and how often a whole state was copied.
CASES: list[tuple[list[Operation], list[str], list[np.ndarray], np.ndarray, int]] = [
    ([read("r"), put("u", "r"), write("u"), read("now")], ["now"], [NEW], NEW, 0),
    ([read("r"), put("u", "r"), update("now", "u")], ["now"], [NEW], NEW, 0),
    ([read("r"), put("u", "r", begin="at"), write("u"), read("now")], ["now"], [NEW], NEW, 0),
    # Two parts of one state, as several layers write them.
    (
        [read("r"), put("u", "r"), update("a", "u"), *LAYER],
        ["b"],
        [np.float32([[10, 20], [20, 40], [2, 4], [70, 80]])],
        np.float32([[10, 20], [20, 40], [2, 4], [70, 80]]),
        0,
    ),
    # What was read is needed afterwards: as it was read, through a view, or as an output.
    ([read("r"), put("u", "r"), update("a", "u"), add("o", "a", "r")], ["o"], [OLD + NEW], NEW, 1),
    ([read("r"), put("u", "r"), write("u"), read("now")], ["r", "now"], [OLD, NEW], NEW, 1),
    (
        [read("r"), part("v", "r", 1, 3), put("u", "r"), write("u"), add("o", "v", "v", 2, 2)],
        ["o"],
        [2 * OLD[1:3]],
        NEW,
        1,
    ),
    ([read("q"), read("r"), put("u", "r"), write("u"), add("o", "q", "q")], ["o"], [2 * OLD], NEW, 1),
    # What is written lies in the state itself.
    (
        [read("r"), part("v", "r", 0, 2), put("u", "r", update="v", rows=2), update("now", "u")],
        ["now"],
        [OLD[[0, 0, 1, 3]]],
        OLD[[0, 0, 1, 3]],
        1,
    ),
    # Of two operations on the old value, the second one does not see the first.
    (
        [read("r"), put("u", "r"), put("v", "r", begin=(0, 0), rows=0), write("u"), update("now", "v")],
        ["now"],
        [np.float32([[1, 2], [30, 40], [50, 60], [70, 80]])],
        np.float32([[1, 2], [30, 40], [50, 60], [70, 80]]),
        2,
    ),
    # A state that takes another one's value has memory of its own.
    ([read("r"), write("r", "t"), put("u", "r"), write("u"), read("b", "t")], ["b"], [OLD], NEW, 1),
    ([read("r"), put("u", "r"), write("u", "t"), read("b", "t")], ["b"], [NEW], OLD, 1),
    ([read("r"), put("u", "r"), add("d", "u", "u"), write("d")], ["d"], [2 * NEW], 2 * NEW, 0),
]


@pytest.mark.parametrize(("operations", "outputs", "want", "after", "copies"), CASES)
def test_in_place(
    operations: list[Operation],
    outputs: list[str],
    want: list[np.ndarray],
    after: np.ndarray,
    copies: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    copied: list[Any] = []
    whole = fused.slice_update

    def counted(**arguments: Any) -> Any:
        copied.append(arguments)
        return whole(**arguments)

    monkeypatch.setattr(fused, "slice_update", counted)
    session = prepared(of(operations, outputs))
    for _ in range(2):
        state = session.make_state()
        state.write("s", OLD)
        result = session.run(INPUTS, state)
        for name, each in zip(outputs, want, strict=True):
            np.testing.assert_array_equal(result[name], each)
        np.testing.assert_array_equal(state.read("s"), after)
    assert len(copied) == 2 * copies


def test_a_state_stays_in_its_memory() -> None:
    session = prepared(of([read("r"), put("u", "r", begin="at"), update("now", "u")], ["now"]))
    state = session.make_state()
    place, want = state._memory["s"].data_ptr(), np.zeros(SIZE, np.float32)
    for turn in range(4):
        want[turn] = turn
        given = {**INPUTS, "x": want[[turn]], "at": np.int32([turn, 0]), "to": np.int32([turn + 1, 2])}
        np.testing.assert_array_equal(session.run(given, state)["now"], want)
    np.testing.assert_array_equal(state.read("s"), want)
    assert state._memory["s"].data_ptr() == place


def test_a_run_that_fails_later_is_undone() -> None:
    pick = operation("gather", tensor("o", FP32, 1, 2), x="b", indices="i", axis=0)
    twice = [read("r"), put("u", "r"), update("a", "u"), put("v", "a", begin=(1, 0)), update("b", "v"), pick]
    session = prepared(of([*twice, part("p", "b", 0, 1)], ["o", "p"]))
    state = session.make_state()
    state.write("s", OLD)
    with pytest.raises(EngineError):
        session.run({**INPUTS, "i": np.int32([9])}, state)
    np.testing.assert_array_equal(state.read("s"), OLD)
    session.run(INPUTS, state)
    np.testing.assert_array_equal(state.read("s"), NEW)


def test_an_update_of_another_shape_is_refused_and_undone() -> None:
    session = prepared(of([read("r"), put("u", "r", begin=(1, 0), rows=2), update("now", "u")], ["now"]))
    state = session.make_state()
    state.write("s", OLD)
    with pytest.raises(EngineError, match=r"an update of the shape \[1, 2\] for \[2, 2\]"):
        session.run(INPUTS, state)
    np.testing.assert_array_equal(state.read("s"), OLD)
