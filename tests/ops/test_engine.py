"""What the engine promises besides the values."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

from tensorlogic.engines import Missing, Session
from tensorlogic.engines.torch import TorchEngine
from tensorlogic.errors import EngineError, OperationPlace, ProgramError, codes
from tensorlogic.lower.torch import registry
from tensorlogic.mil import Block, Operation, Program, Value, ops
from tensorlogic.mil.types import BOOL, FP16, FP32, INT32, DType, ListType

from .harness import RUNS, Case, check, constant, literal, operation, program, tensor
from .tables import every_case

X = np.float32([1.5, -2, 3])


def vector(name: str, dtype: DType = FP32) -> Value:
    return tensor(name, dtype, 3)


def const(name: str, value: Any) -> Operation:
    return constant(name, literal(value))


def prepared(tested: Program, precision: str = "f32") -> Session:
    return TorchEngine().prepare(tested, "main", "cpu", precision)


def of(
    *operations: Operation, inputs: tuple[Value, ...] = (vector("x"),), outputs: tuple[str, ...] = ("out",)
) -> Program:
    return program(inputs, operations, outputs)


# What is missing


def missing(kind: str, name: str, opset: int = 15) -> Missing:
    reason = f"iOS {opset} programs with it cannot run yet"
    return Missing(kind, OperationPlace("case", "main", kind, name), reason)


def test_missing_operations_are_all_reported_with_their_place() -> None:
    inner = Block((), (operation("warp", vector("c"), x="x"),), ("c",))
    tested = of(
        operation("warp", vector("a"), x="x"),
        operation("relu", vector("b"), x="a"),
        operation("cond", vector("d"), [inner, inner], pred=True),
        operation("bend", vector("out"), x="d"),
    )
    found = TorchEngine().missing(tested, "main")
    assert found == (missing("warp", "a"), missing("warp", "c"), missing("warp", "c"), missing("bend", "out"))


@pytest.mark.parametrize(("opset", "found"), [(15, (missing("constexpr_cast", "out"),)), (16, ()), (18, ())])
def test_an_operation_of_a_later_opset_is_missing_in_an_earlier(opset: int, found: tuple[Missing, ...]) -> None:
    cast = Operation(
        "constexpr_cast", {}, (vector("out"),), {"source_val": literal(np.float16(X)), "output_dtype": literal("fp32")}
    )
    assert TorchEngine().missing(program([], [cast], ["out"], opset), "main") == found


def test_nothing_is_missing_for_constants() -> None:
    assert TorchEngine().missing(of(const("c", X), operation("add", vector("out"), x="x", y="c")), "main") == ()


def test_devices_end_with_the_one_that_is_everywhere() -> None:
    assert TorchEngine().devices()[-1] == "cpu"


# What is refused

VECTOR = vector("x").type
SIZES = [1 << 30, 1 << 30]
HUGE = tensor("out", FP32, *SIZES)
WITH_INDEX = (vector("x"), tensor("i", INT32))
WRONG_TYPE = r"the operation computed float32\[3\], but the file declares "

REFUSED = [
    (of(operation("softmax", vector("out"), x="x", axis="i"), inputs=WITH_INDEX), "'axis' must be a constant"),
    (of(operation("softmax", vector("out"), x="x", axis=literal("one"))), "'axis' has an unusable value"),
    (of(operation("relu", tensor("out", FP32, 4), x="x")), WRONG_TYPE + r"tensor<fp32, \[4\]>"),
    (of(operation("relu", tensor("out", FP32, 3, 1), x="x")), WRONG_TYPE + r"tensor<fp32, \[3, 1\]>"),
    (of(operation("relu", tensor("out", FP32, None, None), x="x")), WRONG_TYPE + r"tensor<fp32, \[\?, \?\]>"),
    (of(operation("relu", vector("out", INT32), x="x")), WRONG_TYPE + r"tensor<int32, \[3\]>"),
    (of(operation("random_normal", Value("out", ListType(VECTOR)), shape=[3])), "must be a tensor of numbers"),
    (of(const("c", X), operation("relu", tensor("out", FP32, 2), x="c")), WRONG_TYPE + r"tensor<fp32, \[2\]>"),
]  # fmt: skip


@pytest.mark.parametrize(("tested", "message"), REFUSED)
def test_a_program_that_cannot_be_what_it_says_is_refused(tested: Program, message: str) -> None:
    with pytest.raises(ProgramError, match=message) as caught:
        prepared(tested).run({"x": X, "i": np.int32(0)})
    last = tested.functions["main"].body.operations[-1]
    assert caught.value.diagnostics[0].place == OperationPlace("case", "main", last.type, "out")


@pytest.mark.parametrize("kind", ["fill", "tile"])
def test_too_large_a_result_is_refused_when_the_model_is_loaded(kind: str) -> None:
    arguments = {"fill": {"shape": SIZES, "value": 0.0}, "tile": {"x": "x", "reps": SIZES}}
    with pytest.raises(ProgramError, match="more than this machine's memory") as caught:
        prepared(of(operation(kind, HUGE, **arguments[kind])))
    assert caught.value.code == codes.TOO_LARGE


FAILING = [
    ("floor_div", {"x": "n", "y": "i"}, INT32),
    ("gather", {"x": "n", "indices": "far"}, INT32),
    ("reshape", {"x": "n", "shape": "far"}, INT32),
    ("concat", {"values": ("n", "square"), "axis": 0}, INT32),
    ("matmul", {"x": "n", "y": "square"}, INT32),
]


@pytest.mark.parametrize(
    ("kind", "arguments", "dtype"), FAILING, ids=lambda value: value if isinstance(value, str) else ""
)
def test_what_fails_while_running_names_the_operation(kind: str, arguments: dict[str, Any], dtype: DType) -> None:
    inputs = (vector("n", INT32), tensor("i", INT32), tensor("far", INT32, 1), tensor("square", INT32, 2, 2))
    tested = of(operation(kind, tensor("out", dtype, None), **arguments), inputs=inputs)
    session = prepared(tested)
    given = {"n": np.int32([1, 2, 3]), "i": np.int32(0), "far": np.int32([7]), "square": np.ones((2, 2), np.int32)}
    with pytest.raises(EngineError, match="the operation failed: ") as caught:
        session.run(given)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == codes.ENGINE_FAILED
    assert diagnostic.place == OperationPlace("case", "main", kind, "out")


# What is repeatable

WEIGHTS = np.random.default_rng(9).normal(size=(64, 64)).astype(np.float32)
BATCH = np.random.default_rng(10).normal(size=(16, 64)).astype(np.float32)


def network(floats: DType = FP32) -> Program:
    """A few layers with weights."""
    rows = tensor("", floats, 16, 64).type
    operations = [
        constant("w", literal(WEIGHTS, floats)),
        operation("linear", Value("a", rows), x="x", weight="w"),
        operation("tanh", Value("b", rows), x="a"),
        operation("softmax", Value("c", rows), x="b", axis=-1),
        operation("cumsum", Value("d", rows), x="c", axis=1),
        operation("linear", Value("out", rows), x="d", weight="w"),
    ]
    return program([Value("x", rows)], operations, ["out"])


def test_the_same_inputs_give_the_same_bits() -> None:
    session = prepared(network())
    first = session.run({"x": BATCH})["out"]
    for _ in range(5):
        np.testing.assert_array_equal(session.run({"x": BATCH})["out"], first)
    np.testing.assert_array_equal(prepared(network()).run({"x": BATCH})["out"], first)


def test_threads_share_a_session() -> None:
    session = prepared(network())
    batches = [BATCH + i for i in range(8)]
    alone = [session.run({"x": batch})["out"] for batch in batches]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda i: session.run({"x": batches[i % 8]})["out"], range(64)))
    for i, result in enumerate(together):
        np.testing.assert_array_equal(result, alone[i % 8])


CASES = [each for each in every_case() if isinstance(each, Case)]


@pytest.mark.parametrize("each", CASES, ids=str)
def test_every_case_may_be_computed_when_the_model_is_loaded(each: Case) -> None:
    check(replace(each, const=tuple(each.arguments)), RUNS[0])


@pytest.mark.parametrize("each", CASES, ids=str)
def test_every_case_runs_where_sizes_are_unknown(each: Case) -> None:
    check(replace(each, dynamic=True), RUNS[0])


# What is computed, when, and for how long it is kept


def counted(monkeypatch: pytest.MonkeyPatch, called: Callable[[torch.Tensor], None]) -> None:
    """Let `called` see every result of `add`."""

    def add(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        result = torch.add(x, y)
        called(result)
        return result

    monkeypatch.setitem(registry._registry._implementations, ops.elementwise_binary.add, add)


def test_what_depends_on_constants_alone_is_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    counted(monkeypatch, lambda _: calls.append(1))
    added = operation("add", vector("c"), x=X, y=1.0)
    session = prepared(of(added, operation("mul", vector("out"), x="x", y="c")))
    for _ in range(3):
        np.testing.assert_array_equal(session.run({"x": X})["out"], X * (X + 1))
    assert len(calls) == 1


def test_a_value_is_freed_after_its_last_use(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[weakref.ref[torch.Tensor]] = []
    alive: list[int] = []

    def called(result: torch.Tensor) -> None:
        alive.append(sum(each() is not None for each in made))
        made.append(weakref.ref(result))

    counted(monkeypatch, called)
    names = ["x", *(f"v{i}" for i in range(8)), "out"]
    chain = [operation("add", vector(after), x=before, y=1.0) for before, after in pairwise(names)]
    unused = operation("add", vector("unused"), x="x", y=5.0)
    session = prepared(of(unused, *chain))
    np.testing.assert_array_equal(session.run({"x": X})["out"], X + 9)
    # Of the ten sums, one is never used; of the others each is alive while the next is computed.
    assert alive == [0, 0, *[1] * 8]
    assert not any(each() is not None for each in made)


def test_a_value_from_outside_lives_through_a_loop() -> None:
    """The last operation that names it is the loop, which reads it in every turn."""
    seen, turn = tensor("seen", INT32), tensor("i", INT32)
    state = [vector("state_seen"), vector("state")]
    condition = Block((seen, state[0]), (operation("less", tensor("low", BOOL), x="seen", y=3),), ("low",))
    steps = (
        operation("add", tensor("next", INT32), x="i", y=1),
        operation("add", vector("more"), x="state", y="outer"),
    )
    body = Block((turn, state[1]), steps, ("next", "more"))
    tested = of(
        operation("mul", vector("outer"), x="x", y=2.0),
        operation("while_loop", [tensor("n", INT32), vector("out")], [condition, body], loop_vars=(literal(0), "x")),
    )
    np.testing.assert_array_equal(prepared(tested).run({"x": X})["out"], 7 * X)


# Precision

STEP = np.float32(1 + 2**-10)
"""One and the smallest step that float16 takes there: its square needs float32."""


def squared(floats: DType) -> Program:
    return of(operation("square", tensor("out", floats), x="x"), inputs=(tensor("x", floats),))


@pytest.mark.parametrize(
    ("declared", "precision", "dtype", "want"),
    [
        (FP32, "f32", np.float32, STEP * STEP),
        (FP32, "f16", np.float32, STEP * STEP),
        (FP16, "f16", np.float16, 1 + 2**-9),
        (FP16, "f32", np.float32, STEP * STEP),
        (FP32, "bf16", np.float32, 1),
        (FP16, "bf16", np.float32, 1),
    ],
)
def test_precision(declared: DType, precision: str, dtype: type, want: float) -> None:
    result = prepared(squared(declared), precision).run({"x": STEP})["out"]
    assert (result.dtype, result) == (dtype, want)


@pytest.mark.parametrize("precision", ["f32", "f16", "bf16"])
def test_whole_numbers_and_truth_values_have_no_precision(precision: str) -> None:
    inputs = (vector("x"), vector("n", INT32))
    added = operation("add", vector("sum", INT32), x="n", y=1)
    low = operation("less", vector("low", BOOL), x="n", y="sum")
    session = prepared(of(added, low, inputs=inputs, outputs=("sum", "low")), precision)
    result = session.run({"x": X, "n": np.int32([1, 1 << 24, 3])})
    np.testing.assert_array_equal(result["sum"], np.int32([2, (1 << 24) + 1, 4]), strict=True)
    np.testing.assert_array_equal(result["low"], np.bool_([1, 1, 1]), strict=True)


def test_bfloat16_is_close() -> None:
    exact, close = (prepared(network(), precision).run({"x": BATCH})["out"] for precision in ("f32", "bf16"))
    assert close.dtype == np.float32
    assert 0 < np.abs(close - exact).max() < 0.03 * np.abs(exact).max()


@pytest.mark.parametrize("each", every_case(), ids=str)
def test_every_case_runs_in_bfloat16(each: Any) -> None:
    session = prepared(each.program(FP32), "bf16")
    result = session.run(each.inputs(FP32), session.make_state())
    for got, want in zip(result.values(), each.wanted(FP32), strict=True):
        assert np.shape(got) == np.shape(want)


# The whole


def test_every_function_of_a_program_runs() -> None:
    tested = of(operation("add", vector("out"), x="x", y=1.0))
    other = of(operation("add", vector("out"), x="x", y=2.0)).functions["main"]
    both = Program({**tested.functions, "other": other})
    for function, more in {"main": 1, "other": 2}.items():
        session = TorchEngine().prepare(both, function, "cpu", "f32")
        np.testing.assert_array_equal(session.run({"x": X})["out"], X + more)


def test_constants_stand_in_place_or_by_name() -> None:
    in_place = of(operation("softmax", vector("out"), x="x", axis=0))
    by_name = of(const("axis", 0), operation("softmax", vector("out"), x="x", axis="axis"))
    first, second = (prepared(each).run({"x": X})["out"] for each in (in_place, by_name))
    np.testing.assert_array_equal(first, second)


def test_a_closed_session_forgets_its_weights() -> None:
    session = prepared(network())
    session.close()
    assert not vars(session)
