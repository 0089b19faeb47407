"""States: one run sees what the runs before it left, and within a run every reading what was written before it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tensorlogic.engines.torch import TorchEngine
from tensorlogic.engines.torch.session import TorchSession
from tensorlogic.errors import EngineError, ProgramError, codes
from tensorlogic.mil import Block, Operation, Program, StateType, Value
from tensorlogic.mil.types import BOOL, FP16, FP32, INT32, DType
from tensorlogic.mil.verify import verify

from .harness import ProgramCase, constant, literal, operation, program, suite, tensor


def kept(name: str, dtype: DType, *shape: int) -> Value:
    return Value(name, StateType(tensor("", dtype, *shape).type))


def read(name: str, dtype: DType, *shape: int, state: str = "s") -> Operation:
    return operation("read_state", tensor(name, dtype, *shape), input=state)


def write(data: object, state: str = "s") -> Operation:
    return operation("write_state", (), input=state, data=data)


def stateful(inputs: Sequence[Value], operations: Sequence[Operation], outputs: Sequence[str]) -> Program:
    return program(inputs, operations, outputs, opset=18)


def order(floats: DType) -> Program:
    """Read, write, read, write, read: what was read stays as it was."""
    steps = [
        read("first", floats, 2),
        write("x"),
        read("second", floats, 2),
        operation("add", tensor("more", floats, 2), x="second", y="x"),
        operation("coreml_update_state", tensor("updated", floats, 2), state="s", value="more"),
        read("third", floats, 2),
    ]
    return stateful([tensor("x", floats, 2), kept("s", floats, 2)], steps, ["first", "second", "updated", "third"])


def two(floats: DType) -> Program:
    """Two states that take each other's values, one of them a constant at first."""
    steps = [
        constant("seven", literal(np.float32([7, 7]), floats)),
        write("seven", "s"),
        write("x", "t"),
        read("a", floats, 2, state="s"),
        read("b", floats, 2, state="t"),
        write("a", "t"),
        write("b", "s"),
        read("c", floats, 2, state="s"),
        read("d", floats, 2, state="t"),
    ]
    inputs = [tensor("x", floats, 2), kept("s", floats, 2), kept("t", floats, 2)]
    return stateful(inputs, steps, ["a", "b", "c", "d"])


def whole(_: DType) -> Program:
    """A state of whole numbers, and one that is a single number."""
    steps = [
        read("n", INT32, 2),
        operation("add", tensor("m", INT32, 2), x="n", y="x"),
        write("m"),
        operation("reduce_sum", tensor("sum", INT32), x="m", axes=[0], keep_dims=False),
        write("sum", "t"),
        read("total", INT32, state="t"),
    ]
    return stateful([tensor("x", INT32, 2), kept("s", INT32, 2), kept("t", INT32)], steps, ["m", "total"])


def looped(floats: DType) -> Program:
    """A loop whose every turn adds x to the state, and whose last turn a choice makes different."""
    seen, turn = tensor("seen", INT32), tensor("i", INT32)
    condition = Block((seen,), (operation("less", tensor("low", BOOL), x="seen", y="n"),), ("low",))
    yes = Block((), (operation("mul", tensor("ten", floats, 2), x="more", y=literal(10.0, floats)), write("ten")), ())
    no = Block((), (write("more"),), ())
    body = Block(
        (turn,),
        (
            read("now", floats, 2),
            operation("add", tensor("more", floats, 2), x="now", y="x"),
            operation("add", tensor("next", INT32), x="i", y=1),
            operation("equal", tensor("last", BOOL), x="next", y="n"),
            operation("cond", (), [yes, no], pred="last"),
        ),
        ("next",),
    )
    steps = [
        operation("while_loop", [tensor("count", INT32)], [condition, body], loop_vars=(literal(0),)),
        read("end", floats, 2),
    ]
    inputs = [tensor("n", INT32), tensor("x", floats, 2), kept("s", floats, 2)]
    return stateful(inputs, steps, ["count", "end"])


X = np.float32([1.5, -2])
ZERO = np.float32([0, 0])
SEVEN = np.float32([7, 7])

CASES = [
    ProgramCase("order", order, {"x": X}, (ZERO, X, 2 * X, 2 * X)),
    ProgramCase("two states", two, {"x": X}, (SEVEN, X, X, SEVEN)),
    ProgramCase("whole numbers", whole, {"x": np.int32([3, 4])}, (np.int32([3, 4]), np.int32(7))),
    *[
        ProgramCase(f"loop of {n}", looped, {"n": np.int32(n), "x": X}, (np.int32(n), want))
        for n, want in [(0, ZERO), (1, 10 * X), (4, 40 * X)]
    ],
]

test_cases = suite(CASES)


# From one run to the next


def counter(floats: DType = FP32) -> Program:
    """The sum of everything that was given, and what it was before."""
    steps = [
        read("before", floats, 2),
        operation("add", tensor("after", floats, 2), x="before", y="x"),
        write("after"),
        operation("gather", tensor("picked", floats, 1), x="after", indices="at", axis=0),
    ]
    inputs = [tensor("x", floats, 2), tensor("at", INT32, 1), kept("s", floats, 2)]
    return stateful(inputs, steps, ["before", "after"])


GOOD, BAD = np.int32([0]), np.int32([7])


def prepared(tested: Program, precision: str = "f32") -> TorchSession:
    verify(tested)
    session = TorchEngine().prepare(tested, "main", "cpu", precision)
    assert isinstance(session, TorchSession)
    return session


def test_a_state_lives_from_one_run_to_the_next_and_is_no_other_state() -> None:
    session = prepared(counter())
    first, second = session.make_state(), session.make_state()
    for turn in range(4):
        result = session.run({"x": X, "at": GOOD}, first)
        np.testing.assert_array_equal(result["before"], turn * X)
        np.testing.assert_array_equal(first.read("s"), (turn + 1) * X)
    np.testing.assert_array_equal(second.read("s"), ZERO)


def test_a_state_is_read_and_written_from_outside() -> None:
    session = prepared(counter())
    state = session.make_state()
    given = SEVEN.copy()
    state.write("s", given)
    given[:] = 99
    np.testing.assert_array_equal(session.run({"x": X, "at": GOOD}, state)["before"], SEVEN)
    state.read("s")[:] = 99
    np.testing.assert_array_equal(state.read("s"), SEVEN + X)


def test_a_run_that_fails_leaves_the_state_as_it_was() -> None:
    session = prepared(counter())
    state = session.make_state()
    session.run({"x": X, "at": GOOD}, state)
    with pytest.raises(EngineError):
        session.run({"x": X, "at": BAD}, state)
    np.testing.assert_array_equal(state.read("s"), X)


def test_a_state_keeps_no_array_of_the_caller() -> None:
    tested = stateful([tensor("x", FP32, 2), kept("s", FP32, 2)], [write("x"), read("y", FP32, 2)], ["y"])
    session = prepared(tested)
    state, given = session.make_state(), X.copy()
    result = session.run({"x": given}, state)["y"]
    given[:] = result[:] = 99
    np.testing.assert_array_equal(state.read("s"), X)


def test_runs_with_one_state_wait_for_each_other() -> None:
    session = prepared(counter())
    state = session.make_state()
    start = threading.Barrier(8)

    def work(_: int) -> None:
        start.wait()
        for _ in range(50):
            session.run({"x": np.float32([1, 2]), "at": GOOD}, state)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    np.testing.assert_array_equal(state.read("s"), [400, 800])


@pytest.mark.parametrize(
    ("declared", "precision", "want"),
    [
        (FP32, "f32", 1 + 2**-12),
        (FP16, "f32", 1 + 2**-12),
        (FP16, "f16", 1),
        (FP32, "f16", 1 + 2**-12),
        (FP16, "bf16", 1),
    ],
)
def test_a_state_has_the_precision_that_values_of_its_type_are_computed_in(
    declared: DType, precision: str, want: float
) -> None:
    session = prepared(counter(declared), precision)
    state = session.make_state()
    for value in (1, 2**-12):
        session.run({"x": np.float32([value, value]), "at": GOOD}, state)
    np.testing.assert_array_equal(state.read("s"), [want, want])


# What is refused

STATE, NUMBERS = kept("s", FP32, 2), tensor("x", FP32, 2)


def verified(*operations: Operation, outputs: Sequence[str] = ("y",)) -> Callable[[], None]:
    return lambda: verify(stateful([STATE, NUMBERS], operations, outputs))


REFUSED = [
    (verified(operation("read_state", tensor("y", FP32, 2), input="x")), "'input' takes a state"),
    (verified(operation("read_state", tensor("y", FP32, 2), input=literal(X))), "'input' takes a state"),
    (verified(operation("write_state", (), input="s", data="s"), outputs=["x"]), "'data' takes no state"),
    (verified(operation("relu", tensor("y", FP32, 2), x="s")), "'x' takes no state"),
    (verified(operation("relu", (), x="x"), outputs=["x"]), "has no result"),
    (verified(outputs=["s"]), "the output 's' is a state"),
]


@pytest.mark.parametrize(("refused", "message"), REFUSED)
def test_a_state_stands_where_one_is_taken(refused: Callable[[], None], message: str) -> None:
    with pytest.raises(ProgramError, match=message):
        refused()


@pytest.mark.parametrize("written", [tensor("x", FP32, 1), tensor("x", FP32, 1, 2), tensor("x", INT32, 2)])
def test_only_values_of_its_type_are_written(written: Value) -> None:
    session = prepared(stateful([STATE, written], [write("x"), read("y", FP32, 2)], ["y"]))
    with pytest.raises(EngineError, match=r"is written to a state of float32\[2\]"):
        session.run({"x": np.ones(written.type.shape)}, session.make_state())


def test_too_large_a_state_is_refused_when_the_model_is_loaded() -> None:
    huge = kept("s", FP32, 1 << 30, 1 << 30)
    with pytest.raises(ProgramError, match="more than this machine's memory") as caught:
        prepared(stateful([huge], [read("y", FP32, 1 << 30, 1 << 30)], ["y"]))
    assert caught.value.code == codes.TOO_LARGE
