"""Models as programs see them, with a small model that is none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tensorlogic import models
from tensorlogic.errors import BytePlace, EngineError, FormatError, SourceError, UsageError, codes
from tensorlogic.runtime import Permissions
from tests.runtime.harness import failure, output, under_the_caret


class Outputs(dict[str, Any]):
    pass


@dataclass
class Metadata:
    format: str = "CoreML"
    quantization: str = "F16"
    _path: str = "/secret"


@dataclass
class Feature:
    name: str
    shape: tuple[int, ...]
    secret: str = "hidden"

    __tl_members__ = frozenset({"name", "shape"})

    def __str__(self) -> str:
        return f"{self.name}: float32{list(self.shape)}"


class Model:
    metadata = Metadata()
    inputs = (Feature("x", (2, 3)),)
    secret = "hidden"

    __tl_members__ = frozenset({"metadata", "inputs", "tensors", "predict", "get_tensor", "close", "_path"})

    @property
    def tensors(self) -> dict[str, str]:
        return {"layer.0.weight": "info"}

    def predict(self, *values: Any, **named: Any) -> Outputs:
        if named:
            return Outputs(sum=named["a"] + named["b"], both=np.array([1, 2]))
        if not isinstance(values[0], torch.Tensor):
            raise UsageError(codes.WRONG_DTYPE, "`x` takes a tensor", help="Give one.")
        return Outputs(y=(values[0] * 2).numpy())

    def get_tensor(self, name: str, framework: str = "numpy") -> Any:
        return torch.ones(2) if framework == "torch" else np.ones(2)

    def close(self) -> str:
        return "closed"

    def __repr__(self) -> str:
        return "Model('m')"


@pytest.fixture(autouse=True)
def fake_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "load_model", _load)


def _load(path: str, **options: str) -> Model:
    if path == "broken":
        raise FormatError(codes.TRUNCATED, "the file ends too soon", BytePlace("broken", 7), help="Fetch it again.")
    if path == "raises":
        raise KeyError("internal")
    if options["device"] not in ("auto", "cpu"):
        raise EngineError(codes.NO_DEVICE, f"there is no device {options['device']}")
    return Model()


PROGRAMS = {
    'print("Model format:", m.metadata.format)': "Model format: CoreML",
    'print(m.metadata["quantization"], m.metadata)': 'F16 {format: "CoreML", quantization: "F16"}',
    "print(m)": "Model('m')",
    "print(m.inputs)": "[x: float32[2, 3]]",
    "print(m.inputs[0].name, m.inputs[0].shape, len(m.inputs))": "x [2, 3] 1",
    "y = m.predict([1.0, 2.0]) print(y, y.dtype)": "[2.0, 4.0] float32",
    "print(predict(m, [1.0]))": "[2.0]",
    'r = m.predict(a: 1, b: 2) print(r, r.sum, r["both"] + 1)': "{sum: 3, both: [1, 2]} 3 [2, 3]",
    'print(m.get_tensor("w"), get_tensor(m, "w").dtype)': "[1.0, 1.0] float32",
    'print(m.tensors["layer.0.weight"], m.close())': "info closed",
    "for name in m.tensors { print(name) }": "layer.0.weight",
    'print(load_model("m", device: "cpu").metadata.format)': "CoreML",
    "fn predict(m, x) { x } print(m.predict([1.0]))": "[2.0]",
}


@pytest.mark.parametrize(("program", "want"), PROGRAMS.items())
def test_program(program: str, want: str) -> None:
    assert output(f'm = load_model("m")\n{program}') == want


HIDDEN = [
    "m.secret",
    "m.inputs[0].secret",
    "m._path",
    "m.metadata._path",
    "m.__class__",
    "m.__dict__",
    "m.tensors.keys",
    "m.predict",
]


@pytest.mark.parametrize("expression", HIDDEN)
def test_only_what_is_offered_is_reached(expression: str) -> None:
    found = failure(f'm = load_model("m")\nprint({expression})')
    assert found.code == codes.NO_MEMBER
    assert under_the_caret(found) == (2, expression)


@pytest.mark.parametrize("call", ["m.__repr__()", "m.metadata.__eq__(1)", "m.tensors.clear()", "m.inputs[0].name()"])
def test_no_python_method_is_called(call: str) -> None:
    assert failure(f'm = load_model("m")\n{call}').code == codes.NO_MEMBER


def test_an_error_of_a_model_keeps_its_code_and_help() -> None:
    found = failure('m = load_model("m")\n\ny = m.predict("text")')
    assert (found.code, found.message, found.help) == (codes.WRONG_DTYPE, "`x` takes a tensor", "Give one.")
    assert under_the_caret(found) == (3, 'm.predict("text")')


def test_an_error_in_a_file_keeps_its_place_and_says_where_the_program_was() -> None:
    with pytest.raises(FormatError) as caught:
        output('fn open(path) {\n  load_model(path)\n}\nopen("broken")')
    (found,) = caught.value.diagnostics
    assert found.place == BytePlace("broken", 7)
    assert found.notes == ("at t.tl:2", "in `open`, called at t.tl:4")


def test_wrong_use_inside_a_program_is_the_programs_failure() -> None:
    with pytest.raises(SourceError) as caught:
        output('load_model("m").predict(1)')
    assert caught.value.exit_code == 1


def test_an_option_is_passed_on_and_checked() -> None:
    assert failure('load_model("m", device: "moon")').code == codes.NO_DEVICE
    found = failure('load_model("m", devise: "cpu")')
    assert (found.code, found.help) == (codes.UNKNOWN_OPTION, "Did you mean `device`?")


def test_any_other_exception_is_an_error_at_the_call() -> None:
    found = failure('x = 1\nload_model("raises")')
    assert under_the_caret(found) == (2, 'load_model("raises")')


def test_only_models_predict() -> None:
    assert failure("predict(3, 4)").message == "this takes a model, not an int"


def test_saving_stays_inside_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved: list[Path] = []
    monkeypatch.setattr(models, "save_model", lambda model, path, size: saved.append(path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to("/")
    for path in ("../out.safetensors", "/out.safetensors", "link/out.safetensors", "a/../../out.safetensors"):
        assert failure(f'save_model(load_model("m"), "{path}")').code == codes.CANNOT_WRITE
    output('save_model(load_model("m"), "out.safetensors")')
    output('save_model(load_model("m"), "/out.safetensors")', permissions=Permissions(write=(Path("/"),)))
    assert saved == [tmp_path / "out.safetensors", Path("/out.safetensors")]
