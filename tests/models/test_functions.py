"""Model files with several functions."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import tensorlogic as tl
from tensorlogic.engines.torch import shared
from tensorlogic.errors import codes
from tensorlogic.models import inspect_model
from tests.malformed.stateful import SIZE, WEIGHT


def test_each_function_has_its_own_features_and_all_the_weights_it_uses(stateful_package: Path) -> None:
    add, twice = tl.load_model(stateful_package), tl.load_model(stateful_package, function="twice")
    for model, name, shape in ((add, "add", (1, SIZE)), (twice, "twice", (2, SIZE))):
        assert (model.function, model.functions) == (name, ("add", "twice"))
        assert model.inputs[0].shape == shape
        assert model.metadata.parameters == SIZE * SIZE + SIZE
        weight = next(key for key in model.tensors if "weight" in key)
        np.testing.assert_array_equal(model.get_tensor(weight), WEIGHT)


def test_a_single_function_has_a_name_too(package: Path) -> None:
    model = tl.load_model(package, function="main")
    assert (model.function, model.functions) == ("main", ("main",))


@pytest.mark.parametrize(("name", "says"), [("twise", "Did you mean 'twice'?"), ("x", "It has: add, twice.")])
def test_another_name_is_refused(stateful_package: Path, name: str, says: str) -> None:
    for load in (tl.load_model, inspect_model):
        with pytest.raises(tl.TensorLogicError) as caught:
            load(stateful_package, function=name)
        assert (caught.value.code, caught.value.exit_code) == (codes.UNKNOWN_FUNCTION, 2)
        assert says in str(caught.value)


def test_weights_alone_have_no_function(tmp_path: Path) -> None:
    tl.save_model({"w": WEIGHT}, tmp_path / "w.safetensors")
    with pytest.raises(tl.TensorLogicError, match="no function 'main'"):
        tl.load_model(tmp_path / "w.safetensors", function="main")


def test_functions_share_their_weights(stateful_package: Path) -> None:
    """What is held on a device is held once for all functions, and no longer than their models live."""
    held: list[int] = []
    models = []
    for function, precision in (("add", "f32"), ("twice", "f32"), ("add", "f16"), ("twice", "f16")):
        models.append(tl.load_model(stateful_package, function=function, precision=precision, engine="torch"))
        held.append(weights_held())
    assert held == [1, 1, 2, 2]
    del models
    assert weights_held() == 0


def weights_held() -> int:
    return sum(tuple(tensor.shape) == WEIGHT.shape for tensor in list(shared._TENSORS.values()))


def test_a_package_that_has_changed_is_opened_again(stateful_package: Path, package: Path, tmp_path: Path) -> None:
    path = tmp_path / "model.mlpackage"
    shutil.copytree(stateful_package, path)
    first = tl.load_model(path)
    shutil.rmtree(path)
    shutil.copytree(package, path)
    assert first.functions == ("add", "twice")
    assert tl.load_model(path).functions == ("main",)


def test_an_inspection_is_of_one_function(stateful_package: Path) -> None:
    found = inspect_model(stateful_package, function="twice").as_dict()
    assert (found["function"], found["functions"]) == ("twice", ["add", "twice"])
    assert found["inputs"][0]["shape"] == [2, SIZE]
    assert found["states"][0]["type"] == "float16[1, 8]"
    assert found["operations"] == {"linear": 1, "mul": 1, "read_state": 1, "add": 1}
