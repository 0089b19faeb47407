"""Compiled models (.mlmodelc): they load, say what they are, and predict as their packages do."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import tensorlogic as tl
from tensorlogic.errors import codes
from tensorlogic.formats.specification import model_classes
from tensorlogic.models import inspect_model
from tests.conftest import shared_model
from tests.malformed import small_compiled, small_package
from tests.mil.test_round_trip import SILERO

X = np.random.default_rng(1).standard_normal(small_package.INPUT_SHAPE).astype(np.float32)


def test_it_predicts_as_its_package(compiled: Path, package: Path) -> None:
    want = tl.load_model(package).predict(X).scores
    np.testing.assert_array_equal(tl.load_model(compiled).predict(X).scores, want)


def test_it_says_what_it_is(compiled: Path, package: Path) -> None:
    model, other = tl.load_model(compiled), tl.load_model(package)
    said = model.metadata
    assert (said.format, said.name, said.opset, said.spec_version) == ("CoreML", "small", "iOS15", 6)
    assert (said.author, said.license, said.version) == ("The authors", "None", "2.5")
    assert (said.description, said.coremltools_version) == ("A small network", "9.0")
    assert said.user_defined["made for"] == "tests"
    assert said.size == sum(path.stat().st_size for path in compiled.rglob("*") if path.is_file())
    assert (model.inputs, model.outputs, model.tensors) == (other.inputs, other.outputs, other.tensors)
    for name in model.tensors:
        np.testing.assert_array_equal(model.get_tensor(name), other.get_tensor(name))


@pytest.mark.parametrize("form", [b"generic", b"spec"])
def test_metadata_describes_the_features_where_nothing_else_does(form: bytes, compiled: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.mlmodelc"
    shutil.copytree(compiled, copy)
    (copy / "coremldata.bin").write_bytes(small_compiled.data(small_compiled.ML_PROGRAM, b"", form))
    (said,) = json.loads((copy / "metadata.json").read_text())
    said["inputSchema"][0] |= {"shapeRange": "[[1, 2], [3, 3], [8, 8], [8, -1]]", "isOptional": "1"}
    said["outputSchema"][0] |= {"enumeratedShapes": "[[1, 10], [2, 10]]", "shortDescription": "ten"}
    (copy / "metadata.json").write_text(json.dumps([said]))
    model = tl.load_model(copy)
    (given,), (scores,) = model.inputs, model.outputs
    assert (given.shape, given.dtype, given.optional) == (small_package.INPUT_SHAPE, "float32", True)
    assert given.ranges == ((1, 2), (3, 3), (8, 8), (8, None))
    assert (scores.choices, scores.description) == (((1, 10), (2, 10)), "ten")
    np.testing.assert_array_equal(model.predict(X).scores, tl.load_model(compiled).predict(X).scores)


def test_a_folder_without_metadata(compiled: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.mlmodelc"
    shutil.copytree(compiled, copy)
    (copy / "metadata.json").unlink()
    assert tl.load_model(copy).metadata.author == ""


FUNCTIONS = """program(1.3)
{
    func add<ios18>(tensor<fp32, [2]> x, state<tensor<fp16, [2]>> total) {
            tensor<fp16, [2]> before = read_state(input = total)[name = string("before")];
            tensor<fp16, [2]> given = cast(dtype = string("fp16"), x = x);
            tensor<fp16, [2]> after = add(x = before, y = given);
            write_state(data = after, input = total)[name = string("total_write")];
            tensor<fp32, [2]> y = cast(dtype = string("fp32"), x = after);
        } -> (y);
    func double<ios18>(tensor<fp32, [2]> x) {
            tensor<fp32, [2]> y = add(x = x, y = x);
        } -> (y);
}"""


def test_functions_and_states(tmp_path: Path) -> None:
    description = model_classes().ModelDescription(defaultFunctionName="add")
    array = {"shape": [2], "dataType": "FLOAT32"}
    for name in ("add", "double"):
        function = description.functions.add(name=name)
        for features, feature in ((function.input, "x"), (function.output, "y")):
            features.add(name=feature, type={"multiArrayType": array})
    kept = {"stateType": {"arrayType": array | {"dataType": "FLOAT16"}}}
    description.functions[0].state.add(name="total", type=kept)
    (tmp_path / "model.mil").write_text(FUNCTIONS)
    data = small_compiled.data(small_compiled.ML_PROGRAM, description.SerializeToString())
    (tmp_path / "coremldata.bin").write_bytes(data)
    model = tl.load_model(tmp_path)
    state = model.make_state()
    assert [model.predict([1, 2], state=state).y.tolist() for _ in range(3)] == [[1, 2], [2, 4], [3, 6]]
    assert tl.load_model(tmp_path, function="double").predict([1, 2]).y.tolist() == [2, 4]


@pytest.mark.parametrize("name", SILERO)
def test_silero_predicts_as_its_package(name: str) -> None:
    compiled = tl.load_model(shared_model(f"silero-vad/{name}.mlmodelc"))
    package = tl.load_model(shared_model(f"silero-vad/{name}.mlpackage"))
    rng = np.random.default_rng(0)
    inputs = {feature.name: rng.random(feature.shape, np.float32) for feature in package.inputs}
    for output, want in zip(compiled.predict(inputs).values(), package.predict(inputs).values(), strict=True):
        np.testing.assert_array_equal(output, want)


def test_argmax() -> None:
    model = tl.load_model(shared_model("argmax/Argmax.mlmodelc"))
    logits = np.random.default_rng(0).standard_normal(1025).astype(np.float16)
    assert model.metadata.author == "FluidAudio"
    assert model.predict(logits) == {"index": [logits.argmax()], "score": [logits.max()]}


def test_add_model() -> None:
    model = tl.load_model(shared_model("add-model/add_model.mlmodelc"))
    x, y = np.random.default_rng(0).standard_normal((2, 1, 10)).astype(np.float16)
    np.testing.assert_array_equal(model.predict(x, y).var_3, x * y)


def test_a_compiled_network_is_named() -> None:
    path = shared_model("cardscan/FindFour.mlmodelc")
    for look in (tl.load_model, inspect_model):
        with pytest.raises(tl.TensorLogicError) as caught:
            look(path)
        assert caught.value.code == codes.UNSUPPORTED_MODEL
        assert "neuralNetwork" in str(caught.value)
