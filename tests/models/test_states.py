"""What models remember between predictions, through the interface of models."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorlogic as tl
from tensorlogic.engines import engine
from tensorlogic.errors import codes
from tests.malformed import small_package
from tests.malformed.stateful import SIZE, WEIGHT

X = np.arange(SIZE, dtype=np.float32)[None] - 3
PRODUCT = X @ WEIGHT.T.astype(np.float32)
SEVEN = np.full((1, SIZE), 7, np.float16)


Load = Callable[..., tl.Model]


@pytest.fixture(scope="module", params=["torch", "onnxruntime", "openvino"])
def load(request: pytest.FixtureRequest) -> Load:
    """`load_model` with one engine on the CPU."""
    if not engine(request.param).devices():
        pytest.skip(f"{request.param} is not installed")
    return partial(tl.load_model, engine=request.param, device="cpu")


@pytest.fixture(scope="module")
def model(load: Load, stateful_package: Path) -> tl.Model:
    return load(stateful_package, precision="f32")


def test_states_are_described(model: tl.Model) -> None:
    assert [str(state) for state in model.states] == ["total: float16[1, 8]"]
    assert [feature.name for feature in model.inputs] == ["x"]
    state = model.make_state()
    assert state.names == ("total",)
    assert repr(state) == "State(total: float16[1, 8])"


def test_predictions_go_on_where_the_last_ended(model: tl.Model) -> None:
    one, other = model.make_state(), model.make_state()
    for turn in (1, 2, 3):
        np.testing.assert_array_equal(model.predict(X, state=one).sum, turn * PRODUCT)
    np.testing.assert_array_equal(model.predict({"x": X}, state=other).sum, PRODUCT)
    np.testing.assert_array_equal(one["total"], np.float16(3 * PRODUCT), strict=True)


def test_a_state_is_read_and_written_by_name(model: tl.Model) -> None:
    state = model.make_state()
    state["total"] = SEVEN.tolist()
    np.testing.assert_array_equal(state.read("total"), SEVEN, strict=True)
    np.testing.assert_array_equal(model.predict(X, state=state).sum, PRODUCT + 7)
    state.write("total", np.zeros((1, SIZE), np.float64))
    np.testing.assert_array_equal(state["total"], np.zeros((1, SIZE), np.float16), strict=True)


def test_functions_of_a_model_go_on_with_each_others_state(load: Load, stateful_package: Path, model: tl.Model) -> None:
    twice, state = load(stateful_package, function="twice", precision="f32"), model.make_state()
    model.predict(X, state=state)
    np.testing.assert_array_equal(twice.predict(np.vstack([X, 2 * X]), state=state).sum[1:], 5 * PRODUCT)


def test_a_model_without_states_takes_an_empty_one(package: Path) -> None:
    model = tl.load_model(package)
    state = model.make_state()
    assert (model.states, state.names) == ((), ())
    x = np.ones(small_package.INPUT_SHAPE)
    np.testing.assert_array_equal(model.predict(x, state=state).scores, model.predict(x).scores)


@pytest.mark.parametrize("precision", ["f32", "f16", "bf16"])
def test_a_state_is_of_the_declared_type_in_every_precision(stateful_package: Path, precision: str) -> None:
    model = tl.load_model(stateful_package, precision=precision)
    state = model.make_state()
    state["total"] = SEVEN
    assert model.predict(X, state=state).sum.dtype == np.float16
    np.testing.assert_array_equal(state["total"], np.float16(PRODUCT + 7), strict=True)


WRONG: list[tuple[Callable[[Any, Any], Any], codes.Code, str]] = [
    (lambda model, state: model.predict(X), codes.WRONG_STATE, "model.make_state()"),
    (lambda model, state: model.predict(X, state={}), codes.UNKNOWN_INPUT, "no input 'state'"),
    (lambda model, state: state["totl"], codes.UNKNOWN_STATE, "Did you mean 'total'?"),
    (lambda model, state: state.write("k_cache", SEVEN), codes.UNKNOWN_STATE, "It has: total."),
    (lambda model, state: state.write("total", SEVEN[0]), codes.WRONG_SHAPE, "the state 'total' has shape [8]"),
    (lambda model, state: state.write("total", "text"), codes.WRONG_DTYPE, "the state 'total' must be numbers"),
]


@pytest.mark.parametrize(("call", "code", "says"), WRONG)
def test_wrong_use(model: tl.Model, call: Callable[[Any, Any], Any], code: codes.Code, says: str) -> None:
    with pytest.raises(tl.TensorLogicError) as caught:
        call(model, model.make_state())
    assert (caught.value.code, caught.value.exit_code) == (code, 2)
    assert says in str(caught.value)


def test_the_state_of_another_model_is_refused(model: tl.Model, package: Path, stateful_package: Path) -> None:
    other, half = tl.load_model(package), tl.load_model(stateful_package, engine="torch", precision="f16")
    for predicting, given, x in [
        (model, other, X),
        (other, model, np.ones(small_package.INPUT_SHAPE)),
        (half, model, X),
    ]:
        with pytest.raises(tl.TensorLogicError, match="the state of another model") as caught:
            predicting.predict(x, state=given.make_state())
        assert caught.value.code == codes.WRONG_STATE


def test_weights_remember_nothing(tmp_path: Path) -> None:
    tl.save_model({"w": X}, tmp_path / "w.safetensors")
    with pytest.raises(tl.TensorLogicError, match="no program"):
        tl.load_model(tmp_path / "w.safetensors").make_state()
