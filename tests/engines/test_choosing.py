"""Which engine runs a model, what is measured, and what is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorlogic as tl
from tensorlogic.engines import cache, engine, tuning
from tensorlogic.engines.onnxruntime import preparing
from tensorlogic.errors import UnsupportedError, codes
from tensorlogic.lower import onnx
from tests.malformed import small_package

X = np.linspace(-1, 1, int(np.prod(small_package.INPUT_SHAPE)), dtype=np.float32).reshape(small_package.INPUT_SHAPE)

BFLOAT16 = next(name for name in ("openvino", "torch") if "bf16" in engine(name).precisions("cpu"))

CHOICES = [
    ({}, "onnxruntime", "f32"),
    ({"precision": "f32"}, "onnxruntime", "f32"),
    ({"precision": "bf16"}, BFLOAT16, "bf16"),
    ({"precision": "f16"}, "torch", "f16"),
    ({"engine": "torch"}, "torch", "f32"),
    ({"engine": "openvino"}, "openvino", "f32"),
]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENSORLOGIC_CACHE", str(tmp_path / "cache"))


@pytest.mark.parametrize(("options", "name", "precision"), CHOICES)
def test_what_is_chosen_on_a_cpu(package: Path, options: dict[str, str], name: str, precision: str) -> None:
    chosen = tl.load_model(package, device="cpu", **options).candidate
    assert (chosen.engine, chosen.device, chosen.precision) == (name, "cpu", precision)


def test_a_precision_that_an_engine_lacks(package: Path) -> None:
    with pytest.raises(tl.TensorLogicError) as caught:
        tl.load_model(package, engine="onnxruntime", precision="bf16")
    assert caught.value.code == codes.UNKNOWN_OPTION
    assert "It does in f32." in str(caught.value)


def test_the_next_engine_takes_what_one_cannot_run(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any, **named: Any) -> None:
        raise UnsupportedError(codes.UNSUPPORTED_OPERATION, "not this one")

    monkeypatch.setattr(onnx, "lower", refuse)
    assert tl.load_model(package, device="cpu").candidate.engine == "torch"
    with pytest.raises(tl.TensorLogicError, match="not this one"):
        tl.load_model(package, engine="onnxruntime")


Times = Mapping[str, float]


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Callable[[Times], list[list[str]]]:
    """Let measuring find these times; what was measured is noted."""

    def found(times: Times) -> list[list[str]]:
        asked: list[list[str]] = []

        def measure(sessions: Mapping[str, Callable[[], object]]) -> dict[str, tuning.Timing]:
            asked.append(list(sessions))
            for run in sessions.values():
                run()
            return {name: tuning.Timing(times[name], times[name], 1) for name in sessions}

        monkeypatch.setattr(tuning, "measure", measure)
        return asked

    return found


def test_the_fastest_is_remembered(package: Path, measured: Callable[[Times], list[list[str]]]) -> None:
    asked = measured({"onnxruntime": 3, "openvino": 2, "torch": 1})
    want = tl.load_model(package, device="cpu").predict(X).scores
    tuned = tl.load_model(package, device="cpu", tune=True)
    assert tuned.candidate.engine == "torch"
    np.testing.assert_allclose(tuned.predict(X).scores, want, rtol=1e-5, atol=1e-6)
    assert tl.load_model(package, device="cpu").candidate.engine == "torch"
    assert tl.load_model(package, device="cpu", tune=True).candidate.engine == "torch"
    assert tl.load_model(package, device="cpu", engine="openvino").candidate.engine == "openvino"
    assert asked == [["onnxruntime", "openvino", "torch"]]


def test_another_model_is_measured_anew(
    package: Path, stateful_package: Path, measured: Callable[[Times], list[list[str]]]
) -> None:
    asked = measured({"onnxruntime": 3, "openvino": 2, "torch": 1})
    for path in (package, stateful_package):
        tl.load_model(path, device="cpu", tune=True)
    assert len(asked) == 2


@pytest.mark.skipif(BFLOAT16 == "torch", reason="this processor does not compute in bfloat16")
def test_precisions_are_not_compared(package: Path, measured: Callable[[Times], list[list[str]]]) -> None:
    asked = measured({"openvino": 2, "torch": 1})
    assert tl.load_model(package, device="cpu", precision="bf16", tune=True).candidate.precision == "bf16"
    assert asked == [["openvino", "torch"]]


@pytest.fixture
def small_models_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparing, "_WORTH_KEEPING", 0)


@pytest.mark.usefixtures("small_models_are_kept")
@pytest.mark.parametrize("name", ["onnxruntime", "openvino"])
def test_what_was_prepared_is_found(package: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    want = tl.load_model(package, engine=name).predict(X).scores
    (entry,) = cache.default().entries()
    assert (entry.about["engine"], entry.about["function"]) == (name, "main")
    monkeypatch.setattr(onnx, "lower", None)  # nothing is lowered again
    np.testing.assert_array_equal(tl.load_model(package, engine=name).predict(X).scores, want)


@pytest.mark.usefixtures("small_models_are_kept")
@pytest.mark.parametrize("name", ["onnxruntime", "openvino"])
def test_states_and_labels_are_found(stateful_package: Path, name: str) -> None:
    def steps() -> list[np.ndarray]:
        model = tl.load_model(stateful_package, engine=name)
        state, x = model.make_state(), np.ones(model.inputs[0].shape, np.float32)
        return [next(iter(model.predict(x, state=state).values())) for _ in range(3)]

    for first, second in zip(steps(), steps(), strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.mark.usefixtures("small_models_are_kept")
@pytest.mark.parametrize("name", ["onnxruntime", "openvino"])
def test_damage_is_prepared_again(package: Path, name: str) -> None:
    want = tl.load_model(package, engine=name).predict(X).scores
    (entry,) = cache.default().entries()
    for file in entry.folder.iterdir():
        file.write_bytes(file.read_bytes()[:-1] + b"?")
    np.testing.assert_array_equal(tl.load_model(package, engine=name).predict(X).scores, want)


def test_small_models_are_not_kept(package: Path) -> None:
    tl.load_model(package, engine="onnxruntime")
    assert cache.default().entries() == []
