"""What sessions of every engine promise besides the values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from tensorlogic.engines import Session, engine
from tensorlogic.errors import TensorLogicError
from tensorlogic.mil import Operation, Program, Value
from tensorlogic.mil.types import FP32, INT32
from tests.ops.harness import constant, literal, operation, program, tensor

X = np.float32([1.5, -2, 3])


@pytest.fixture(params=["torch", "onnxruntime", "openvino"])
def prepared(request: pytest.FixtureRequest) -> Callable[[Program], Session]:
    """Sessions of one engine on the CPU."""
    tested = engine(request.param)
    if not tested.devices():
        pytest.skip(f"{tested.name} is not installed")
    return lambda program: tested.prepare(program, "main", "cpu", "f32")


Prepared = Callable[[Program], Session]


def vector(name: str) -> Value:
    return tensor(name, FP32, 3)


def const(name: str, value: Any) -> Operation:
    return constant(name, literal(value))


def of(
    *operations: Operation, inputs: tuple[Value, ...] = (vector("x"),), outputs: tuple[str, ...] = ("out",)
) -> Program:
    return program(inputs, operations, outputs)


# What belongs to whom

VIEWS = [
    of(operation("identity", vector("out"), x="x")),
    of(operation("reshape", tensor("out", FP32, 3, 1), x="x", shape=[3, 1])),
    of(operation("split", [tensor("first", FP32, 1), tensor("out", FP32, 2)], x="x", axis=0, split_sizes=[1, 2])),
    of(operation("cast", vector("out"), x="x", dtype=literal("fp32"))),
    of(operation("relu", vector("y"), x="x"), outputs=("x",)),
    of(const("out", X)),
    of(const("c", X), operation("identity", vector("out"), x="c")),
    of(const("c", X), operation("slice_by_index", tensor("out", FP32, 2), x="c", begin=[0], end=[2])),
    of(operation("fill", vector("out"), shape=[3], value=2.0)),
]


@pytest.mark.parametrize("tested", VIEWS)
def test_results_share_no_memory_with_inputs_or_weights(prepared: Prepared, tested: Program) -> None:
    session, given = prepared(tested), X.copy()
    (name,) = tested.functions["main"].body.outputs
    result = session.run({"x": given})[name]
    kept = result.copy()
    given[:] = 99
    np.testing.assert_array_equal(result, kept)
    result[:] = -99
    np.testing.assert_array_equal(session.run({"x": X})[name], kept)
    np.testing.assert_array_equal(given, 99)


def test_weights_are_never_written(prepared: Prepared) -> None:
    weights = X.copy()
    weights.flags.writeable = False
    tested = of(const("c", weights), operation("add", vector("out"), x="x", y="c"))
    np.testing.assert_array_equal(prepared(tested).run({"x": X})["out"], 2 * X)


def given_as(change: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    return change(np.arange(12, dtype=np.float32).reshape(3, 4))


def read_only(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array


ARRAYS = {
    "read-only": given_as(read_only),
    "transposed": given_as(lambda a: a.reshape(4, 3).T),
    "backwards": given_as(lambda a: a[::-1, ::-1]),
    "stepped": np.arange(24, dtype=np.float32).reshape(3, 8)[:, ::2],
    "broadcast": np.broadcast_to(np.float32([1, 2, 3, 4]), (3, 4)),
    "Fortran": given_as(np.asfortranarray),
    "wider": np.arange(12, dtype=np.float64).reshape(3, 4),
    "whole": np.arange(12).reshape(3, 4),
}


@pytest.mark.parametrize("array", ARRAYS.values(), ids=ARRAYS)
def test_any_layout_of_an_input_will_do(prepared: Prepared, array: np.ndarray) -> None:
    tested = of(operation("add", tensor("out", FP32, 3, 4), x="x", y=1.0), inputs=(tensor("x", FP32, 3, 4),))
    result = prepared(tested).run({"x": array})["out"]
    np.testing.assert_array_equal(result, array.astype(np.float32) + 1)
    assert result.dtype == np.float32


def test_a_scalar_stays_one(prepared: Prepared) -> None:
    tested = of(operation("add", tensor("out", FP32), x="x", y=1.0), inputs=(tensor("x", FP32),))
    for given in (np.float32(2), np.array(2, np.float32), 2.0, np.float32([2])):
        result = prepared(tested).run({"x": given})["out"]
        assert (result.shape, result.dtype, result) == ((), np.float32, 3)


def test_a_result_is_not_changed_by_the_next_run(prepared: Prepared) -> None:
    session = prepared(of(operation("add", vector("out"), x="x", y=1.0)))
    first = session.run({"x": X})["out"]
    session.run({"x": X + 5})
    np.testing.assert_array_equal(first, X + 1)


def test_inputs_of_a_run_are_left_alone(prepared: Prepared) -> None:
    """Also where an engine may write results into what it was given."""
    steps = [operation("relu", vector("y"), x="x"), operation("add", vector("out"), x="y", y="y")]
    given = X.copy()
    np.testing.assert_array_equal(prepared(of(*steps)).run({"x": given})["out"], np.float32([3, 0, 6]))
    np.testing.assert_array_equal(given, X)


WRONG: dict[str, Mapping[str, Any]] = {
    "too long": {"x": np.zeros(4, np.float32)},
    "too short": {"x": np.zeros(2, np.float32)},
    "another rank": {"x": np.zeros((1, 3), np.float32)},
    "nothing": {"x": np.zeros(0, np.float32)},
}


@pytest.mark.parametrize("inputs", WRONG.values(), ids=WRONG)
def test_another_shape_fails(prepared: Prepared, inputs: Mapping[str, Any]) -> None:
    """And leaves the session as it was."""
    session = prepared(of(operation("add", vector("out"), x="x", y=literal(X))))
    with pytest.raises(TensorLogicError):
        session.run(inputs)
    np.testing.assert_array_equal(session.run({"x": X})["out"], 2 * X)


def test_outputs_may_be_empty(prepared: Prepared) -> None:
    tested = of(
        operation("slice_by_index", tensor("out", FP32, None), x="x", begin="begin", end=literal(np.int32([3]))),
        inputs=(vector("x"), tensor("begin", INT32, 1)),
    )
    session = prepared(tested)
    for begin in (0, 3, 1):
        np.testing.assert_array_equal(session.run({"x": X, "begin": np.int32([begin])})["out"], X[begin:])


def test_sizes_may_change_from_run_to_run(prepared: Prepared) -> None:
    tested = of(operation("add", tensor("out", FP32, None), x="x", y=1.0), inputs=(tensor("x", FP32, None),))
    session = prepared(tested)
    kept = [(size, session.run({"x": np.full(size, size, np.float32)})["out"]) for size in (3, 1, 5, 3)]
    for size, result in kept:
        np.testing.assert_array_equal(result, np.full(size, size + 1, np.float32))
