"""The interface of models: detection, metadata, inputs by position and by name, tensors, saving."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
import safetensors.torch
import torch

import tensorlogic as tl
from tensorlogic.errors import codes
from tests.malformed import small_package


@pytest.fixture(scope="module")
def model(package: Path) -> tl.Model:
    return tl.load_model(package)


X = np.random.default_rng(1).standard_normal(small_package.INPUT_SHAPE).astype(np.float32)


def test_metadata(model: tl.Model, package: Path) -> None:
    metadata = model.metadata
    assert (metadata.format, metadata.quantization, metadata.opset) == ("CoreML", "F16", "iOS15")
    assert (metadata.name, metadata.coremltools_version) == ("small", "9.0")
    assert metadata.parameters == 16 * 3 * 3 * 3 + 10 * 16 + 10
    assert metadata.size == sum(p.stat().st_size for p in package.rglob("*") if p.is_file())
    assert repr(model) == "Model('small', CoreML, F16, 602 parameters)"


def test_every_way_of_giving_inputs_is_the_same(model: tl.Model) -> None:
    name = model.inputs[0].name
    first = model.predict(X)["scores"]
    for other in (model.predict({name: X}), model.predict(**{name: X}), model.predict(X.tolist())):
        np.testing.assert_array_equal(other.scores, first)


def test_arrays_come_back_as_the_kind_that_went_in(model: tl.Model) -> None:
    assert isinstance(model.predict(X).scores, np.ndarray)
    tensor = model.predict(torch.from_numpy(X)).scores
    assert isinstance(tensor, torch.Tensor)
    np.testing.assert_array_equal(tensor.numpy(), model.predict(X).scores)


def test_nan_passes_through(model: tl.Model) -> None:
    assert np.isnan(model.predict(np.full_like(X, np.nan)).scores).all()


WRONG = [
    (lambda m: m.predict(X, X), codes.UNKNOWN_INPUT, "takes 1"),
    (lambda m: m.predict(), codes.MISSING_INPUT, "float32[1, 3, 8, 8]"),
    (lambda m: m.predict(**{m.inputs[0].name + "s": X}), codes.UNKNOWN_INPUT, "Did you mean"),
    (lambda m: m.predict(X, **{m.inputs[0].name: X}), codes.WRONG_ARGUMENTS, "twice"),
    (lambda m: m.predict(X[0]), codes.WRONG_SHAPE, "x[None]"),
    (lambda m: m.predict(X.transpose(0, 2, 3, 1)), codes.WRONG_SHAPE, "[1, 8, 8, 3]"),
    (lambda m: m.predict(X.astype(complex)), codes.WRONG_DTYPE, "complex"),
    (lambda m: m.get_tensor("weight"), codes.UNKNOWN_TENSOR, "tensors lists them"),
    (lambda m: m.get_tensor(next(iter(m.tensors)), framework="jax"), codes.UNKNOWN_OPTION, "numpy or torch"),
    (lambda m: m.predict(X).nothing, None, "nothing"),
]


@pytest.mark.parametrize(("call", "code", "says"), WRONG)
def test_wrong_use(model: tl.Model, call, code, says: str) -> None:
    with pytest.raises((tl.TensorLogicError, AttributeError)) as caught:
        call(model)
    assert says in str(caught.value)
    if code is not None:
        assert caught.value.code == code


OPTIONS = [
    ({"device": "tpu"}, codes.NO_DEVICE, "Available"),
    ({"device": "cpu:x"}, codes.NO_DEVICE, "tl devices"),
    ({"precision": "f8"}, codes.UNKNOWN_OPTION, "f32, f16, bf16"),
    ({"engine": "torhc"}, codes.NO_ENGINE, "'torch'"),
]


@pytest.mark.parametrize(("options", "code", "says"), OPTIONS)
def test_wrong_options(package: Path, options: dict, code, says: str) -> None:
    with pytest.raises(tl.TensorLogicError) as caught:
        tl.load_model(package, **options)
    assert caught.value.code == code
    assert says in str(caught.value)


def test_threads_do_not_meet(model: tl.Model) -> None:
    inputs = [X * scale for scale in range(8)]
    want = [model.predict(x).scores for x in inputs]
    got: dict[int, list[np.ndarray]] = {}

    def work(index: int) -> None:
        got[index] = [model.predict(inputs[index]).scores for _ in range(50)]

    threads = [threading.Thread(target=work, args=(index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for index, results in got.items():
        for result in results:
            np.testing.assert_array_equal(result, want[index])


def test_tensors_are_those_of_the_file(model: tl.Model) -> None:
    shapes = {info.shape for info in model.tensors.values()}
    assert {(16, 3, 3, 3), (10, 16)} <= shapes
    for name, info in model.tensors.items():
        assert model.get_tensor(name).shape == info.shape
        assert model.get_tensor(name, framework="torch").dtype == torch.float16


def test_detection_is_by_content(package: Path, tmp_path: Path) -> None:
    renamed = tmp_path / "model.gguf"
    renamed.symlink_to(package)
    assert tl.load_model(renamed).metadata.format == "CoreML"
    weights = tmp_path / "weights.mlmodel"
    safetensors.numpy.save_file({"w": np.ones(2, np.float32)}, weights)
    assert tl.load_model(weights).metadata.format == "SafeTensors"


NOT_MODELS = [
    ("empty.mlmodel", b"", codes.NOT_A_MODEL),
    ("text.mlpackage", b"hello, this is text", codes.NOT_A_MODEL),
    ("zeros.safetensors", bytes(100), codes.NOT_A_MODEL),
    ("model.gguf", b"GGUF" + bytes(20), codes.UNSUPPORTED_VERSION),
    ("broken.safetensors", (20).to_bytes(8, "little") + b"{not json", codes.TRUNCATED),
    ("claims.safetensors", (1 << 60).to_bytes(8, "little") + b"{}", codes.TOO_LARGE),
]


@pytest.mark.parametrize(("name", "content", "code"), NOT_MODELS)
def test_not_a_model(tmp_path: Path, name: str, content: bytes, code) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(tl.TensorLogicError, match=name) as caught:
        tl.load_model(tmp_path / name)
    assert caught.value.code == code


def test_a_program_without_its_package(package: Path) -> None:
    with pytest.raises(tl.TensorLogicError, match="without its weights") as caught:
        tl.load_model(package / "Data/com.apple.CoreML/model.mlmodel")
    assert "Load the .mlpackage" in str(caught.value)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(tl.TensorLogicError, match="no file or folder") as caught:
        tl.load_model(tmp_path / "nothing.mlpackage")
    assert (caught.value.code, caught.value.exit_code) == (codes.FILE_NOT_FOUND, 2)


def test_safetensors_of_every_type(tmp_path: Path) -> None:
    path = tmp_path / "all.safetensors"
    names = ["float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool"]
    tensors = {name: torch.ones(2, 3, dtype=getattr(torch, name)) for name in names}
    safetensors.torch.save_file(tensors, path, metadata={"made": "here"})
    model = tl.load_model(path)
    assert model.metadata.user_defined == {"made": "here"}
    assert model.metadata.quantization == "Mixed"
    for name in names:
        assert (model.tensors[name].dtype, model.tensors[name].shape) == (name, (2, 3))
        assert torch.equal(model.get_tensor(name, framework="torch"), tensors[name])
    with pytest.raises(tl.TensorLogicError, match='framework="torch"'):
        model.get_tensor("bfloat16")
    with pytest.raises(tl.TensorLogicError, match="no program"):
        model.predict(1)


def test_saving_keeps_every_value(model: tl.Model, tmp_path: Path) -> None:
    path = tmp_path / "saved.safetensors"
    tl.save_model(model, path)
    saved = tl.load_model(path)
    assert saved.metadata.quantization == "F16"
    for name in model.tensors:
        np.testing.assert_array_equal(saved.get_tensor(name), model.get_tensor(name))
    tl.save_model({"w": torch.arange(6.0).reshape(2, 3).T, "v": np.arange(3)}, path)
    np.testing.assert_array_equal(tl.load_model(path).get_tensor("w"), [[0, 3], [1, 4], [2, 5]])
    assert [p.name for p in tmp_path.iterdir()] == ["saved.safetensors"]


@pytest.mark.parametrize(("name", "says"), [("x.gguf", ".safetensors"), ("no/x.safetensors", "cannot write")])
def test_saving_refused(model: tl.Model, tmp_path: Path, name: str, says: str) -> None:
    with pytest.raises(tl.TensorLogicError, match=says) as caught:
        tl.save_model(model, tmp_path / name)
    assert caught.value.code == codes.CANNOT_WRITE
    assert list(tmp_path.iterdir()) == []
