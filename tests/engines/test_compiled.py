"""`torch.compile` as an engine: it says what it cannot, and computes what the steps compute."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from tensorlogic.engines.torch import TorchCompileEngine, TorchEngine
from tensorlogic.errors import EngineError
from tensorlogic.mil import Block, Operation, Program, StateType, Value
from tensorlogic.mil.types import FP32, INT32
from tests.ops.harness import constant, literal, operation, program, tensor

ROWS = np.random.default_rng(3).normal(size=(2, 4)).astype(np.float32)
WEIGHT = np.random.default_rng(5).normal(size=(4, 4)).astype(np.float32)


def rows(name: str) -> Value:
    return tensor(name, FP32, 2, 4)


def of(*operations: Operation, inputs: tuple[Value, ...] = (rows("x"),), opset: int = 15) -> Program:
    return program(inputs, operations, ["out"], opset)


def network() -> Program:
    return of(
        constant("w", literal(WEIGHT)),
        operation("linear", rows("a"), x="x", weight="w"),
        operation("tanh", rows("b"), x="a"),
        operation("softmax", rows("out"), x="b", axis=-1),
    )


def keeping() -> Program:
    kept = Value("s", StateType(tensor("", FP32, 4, 4).type))
    steps = [
        operation("read_state", tensor("r", FP32, 4, 4), input="s"),
        operation("slice_update", tensor("u", FP32, 4, 4), x="r", update="x", begin=[1, 0], end=[3, 4]),
        operation("coreml_update_state", tensor("k", FP32, 4, 4), state="s", value="u"),
        operation("add", tensor("more", FP32, 4, 4), x="k", y=1.0),
        operation("write_state", (), input="s", data="more"),
        operation("slice_by_index", rows("out"), x="k", begin=[2, 0], end=[4, 4]),
    ]
    return of(*steps, inputs=(rows("x"), kept), opset=18)


@pytest.fixture
def uncompiled(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Let what is traced run as it is: generating code takes long, and is PyTorch's to test."""
    seen: list[Any] = []

    def compiled(traced: Any, **options: Any) -> Any:
        seen.append(traced)
        return traced

    monkeypatch.setattr(torch, "compile", compiled)
    return seen


def prepared(tested: Program, engine: TorchEngine) -> Any:
    assert engine.missing(tested, "main") == ()
    return engine.prepare(tested, "main", "cpu", "f32")


def test_it_computes_what_the_steps_compute(uncompiled: list[Any]) -> None:
    session, steps = prepared(network(), TorchCompileEngine()), prepared(network(), TorchEngine())
    for turn in range(3):
        given = {"x": ROWS + turn}
        np.testing.assert_allclose(session.run(given)["out"], steps.run(given)["out"], rtol=1e-6)
    assert len(uncompiled) == 1


def test_states_are_kept(uncompiled: list[Any]) -> None:
    session, steps = prepared(keeping(), TorchCompileEngine()), prepared(keeping(), TorchEngine())
    first, second = session.make_state(), steps.make_state()
    for turn in range(3):
        given = {"x": ROWS + turn}
        np.testing.assert_array_equal(session.run(given, first)["out"], steps.run(given, second)["out"])
        np.testing.assert_array_equal(first.read("s"), second.read("s"))
    assert len(uncompiled) == 1


def test_what_reads_a_value_is_refused_rather_than_frozen(uncompiled: list[Any]) -> None:
    tested = of(operation("slice_by_size", rows("out"), x="x", begin="at", size=[2, 4]), inputs=(rows("x"), AT))
    with pytest.raises(EngineError, match="data-dependent"):
        prepared(tested, TorchCompileEngine()).run({"x": ROWS, "at": np.int32([0, 0])})


AT = tensor("at", INT32, 2)
INNER = Block((), (operation("relu", rows("y"), x="x"),), ("y",))
MISSING = [
    (of(operation("warp", rows("out"), x="x")), ["warp"]),
    (of(operation("relu", tensor("out", FP32, None, 4), x="x")), ["relu"]),
    (of(operation("relu", rows("out"), x="x"), inputs=(tensor("x", FP32, None, 4),)), ["input"]),
    (of(operation("cond", rows("out"), [INNER, INNER], pred=True)), ["cond"]),
    (of(operation("random_normal", rows("out"), shape=[2, 4])), ["random_normal"]),
    (of(operation("non_zero", tensor("out", INT32, None, 2), x="x")), ["non_zero"]),
]


@pytest.mark.parametrize(("tested", "wanted"), MISSING)
def test_what_changes_from_run_to_run_is_missing(tested: Program, wanted: list[str]) -> None:
    assert [each.operation for each in TorchCompileEngine().missing(tested, "main")] == wanted


@pytest.mark.slow
def test_generated_code_computes_the_same() -> None:
    session, steps = prepared(network(), TorchCompileEngine()), prepared(network(), TorchEngine())
    np.testing.assert_allclose(session.run({"x": ROWS})["out"], steps.run({"x": ROWS})["out"], rtol=1e-5)
