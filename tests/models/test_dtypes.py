"""Every element type that a feature may have, from an array of any type to an array of the declared one."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import tensorlogic as tl
from tensorlogic.errors import codes
from tensorlogic.formats.specification import feature_classes, model_classes

MODEL = "Data/com.apple.CoreML/model.mlmodel"
X = np.array([[1, 2, 3], [-4, 5, 100]])

# The type of the feature, the type in the program, and the operation set that came with it.
TYPES = [
    ("float32", "fp32", "iOS15"),
    ("float64", "fp32", "iOS15"),
    ("int32", "int32", "iOS15"),
    ("float16", "fp16", "iOS16"),
    ("int8", "int8", "iOS26"),
]
NUMBERS = {"float32": "FLOAT32", "float64": "DOUBLE", "int32": "INT32", "float16": "FLOAT16", "int8": "INT8"}


def write(path: Path, feature: str, declared: str, target: str) -> None:
    """A program that negates x, with features of the type `feature`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import coremltools as ct
        from coremltools.converters.mil import Builder as mb  # noqa: N813 (its usual name)
        from coremltools.converters.mil.mil import types

        inputs = [mb.TensorSpec(X.shape, dtype=types.string_to_builtin(declared))]

        @mb.program(input_specs=inputs, opset_version=getattr(ct.target, target))
        def program(x: Any) -> Any:
            wide = mb.cast(x=x, dtype="fp32")
            return mb.cast(x=mb.mul(x=wide, y=np.float32(-1)), dtype=declared, name="y")

        precision, version = ct.precision.FLOAT32, getattr(ct.target, target)
        made = ct.convert(program, minimum_deployment_target=version, compute_precision=precision, skip_model_load=True)
        made.save(str(path))
    model = model_classes().Model.FromString((path / MODEL).read_bytes())
    for described in (*model.description.input, *model.description.output):
        described.type.multiArrayType.dataType = feature_classes().ArrayFeatureType.ArrayDataType.Value(
            NUMBERS[feature]
        )
    (path / MODEL).write_bytes(model.SerializeToString())


@pytest.fixture(scope="module", params=TYPES, ids=lambda row: row[0])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tl.Model:
    path = tmp_path_factory.mktemp("dtypes") / f"{request.param[0]}.mlpackage"
    write(path, *request.param)
    return tl.load_model(path)


def test_numbers_of_any_type_go_in_and_the_declared_one_comes_out(model: tl.Model) -> None:
    dtype = model.inputs[0].dtype
    assert dtype == model.outputs[0].dtype
    whole = [X.tolist(), X.astype(np.int64), X.astype(np.int32), X.astype(np.int8), torch.tensor(X)]
    floats = [X.astype(np.float64), X.astype(np.float32), X.astype(np.float16), torch.tensor(X).bfloat16()]
    for given in whole + (floats if np.dtype(dtype).kind == "f" else []):
        result = np.asarray(model.predict(given).y)
        np.testing.assert_array_equal(result, np.array(-X, dtype), strict=True)


def test_numbers_that_the_type_does_not_hold_are_refused(model: tl.Model) -> None:
    if np.dtype(model.inputs[0].dtype).kind == "f":
        pytest.skip("floats hold all numbers, rounded")
    for given in (X + 0.5, X * (1 << 40), X.astype(np.float32)):
        with pytest.raises(tl.TensorLogicError) as caught:
            model.predict(given)
        assert caught.value.code == codes.WRONG_DTYPE


@pytest.mark.parametrize(("feature", "declared"), [("float32", "int32"), ("int32", "fp32")])
def test_a_feature_that_would_change_its_numbers_is_refused(feature: str, declared: str, tmp_path: Path) -> None:
    write(tmp_path / "odd.mlpackage", feature, declared, "iOS15")
    with pytest.raises(tl.TensorLogicError, match=f"but its description says {feature}") as caught:
        tl.load_model(tmp_path / "odd.mlpackage")
    assert caught.value.code == codes.BAD_PROGRAM
