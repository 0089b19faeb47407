"""Weights that coremltools compresses are, bit for bit, what coremltools expands them to."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorlogic as tl
from tensorlogic.engines.torch import shared
from tensorlogic.formats.specification import model_classes
from tests.malformed.packages import MODEL
from tests.models.compressing import (
    ASYMMETRIC,
    BLOCKS,
    GROUPS,
    PRUNE,
    WHOLE,
    X,
    cluster,
    compress,
    convert,
    palettize,
    quantize,
)

CASES = [
    *[(f"{bits}-bit palettized", "iOS16", palettize(bits)) for bits in (1, 2, 4, 6, 8)],
    ("INT8", "iOS16", quantize("int8")),
    ("INT8", "iOS16", quantize("uint8", **ASYMMETRIC)),
    ("INT8", "iOS16", quantize("int8", **WHOLE)),
    ("Sparse", "iOS16", PRUNE),
    *[(f"{bits}-bit palettized", "iOS18", palettize(bits)) for bits in (1, 2, 3, 4, 6, 8)],
    ("4-bit palettized", "iOS18", palettize(4, **GROUPS)),
    ("2-bit palettized", "iOS18", palettize(2, **GROUPS, channel_axis=1)),
    ("2-bit palettized + scaled F16 palette", "iOS18", palettize(2, **GROUPS, enable_per_channel_scale=True)),
    ("2-bit palettized in vectors of 2", "iOS18", cluster(2, 2)),
    ("3-bit palettized in vectors of 4", "iOS18", cluster(3, 4)),
    ("4-bit palettized + INT8 palette", "iOS18", palettize(4, **GROUPS), quantize("int8", **WHOLE)),
    *[("INT8", "iOS18", quantize(dtype, **ASYMMETRIC)) for dtype in ("int8", "uint8")],
    *[("INT4", "iOS18", quantize(dtype)) for dtype in ("int4", "uint4")],
    ("INT4", "iOS18", quantize("uint4", **ASYMMETRIC, **WHOLE)),
    *[("INT4 per block of 4", "iOS18", quantize(dtype, **BLOCKS)) for dtype in ("int4", "uint4")],
    ("INT8 per block of 4", "iOS18", quantize("int8", **ASYMMETRIC, **BLOCKS)),
    ("Sparse", "iOS18", PRUNE),
    ("Sparse + 4-bit palettized", "iOS18", PRUNE, palettize(4, **GROUPS)),
    ("Sparse + INT8", "iOS18", PRUNE, quantize("int8")),
    ("Sparse + INT4 per block of 4", "iOS18", PRUNE, quantize("int4", **BLOCKS)),
    ("Sparse + 4-bit palettized + INT8 palette", "iOS18", PRUNE, palettize(4), quantize("int8", **WHOLE)),
]  # fmt: skip


@pytest.fixture(scope="module")
def networks() -> dict[str, Any]:
    """A convolution and a linear layer, converted for two releases."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {target: convert(target) for target in ("iOS16", "iOS18")}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[1]}-{case[0]}")
def test_same_bits(case: tuple[Any, ...], networks: dict[str, Any], tmp_path: Path) -> None:
    import coremltools.optimize.coreml as cto

    storage, release, *steps = case
    compressed = compress(networks[release], tuple(steps))
    plain = cto.decompress_weights(compressed)
    compressed.save(str(tmp_path / "compressed.mlpackage"))
    plain.save(str(tmp_path / "plain.mlpackage"))
    got, want = (tl.load_model(tmp_path / f"{n}.mlpackage", precision="f16") for n in ("compressed", "plain"))
    assert (got.metadata.quantization, want.metadata.quantization) == (storage, "F16")
    weights = {t.shape: got.get_tensor(name) for name, t in got.tensors.items() if t.storage == storage}
    assert set(weights) == {(32, 8, 3, 3), (32, 512)}
    for operation in plain._mil_program.functions["main"].operations:
        if operation.op_type in ("conv", "linear"):
            np.testing.assert_array_equal(weights[operation.weight.shape], operation.weight.val, strict=True)
    np.testing.assert_array_equal(got.predict(X).y, want.predict(X).y)


def test_functions_share_an_expanded_weight(compressed: Path, tmp_path: Path) -> None:
    path = tmp_path / "twice.mlpackage"
    shutil.copytree(compressed, path)
    _name_a_second_function(path / MODEL)
    first, second = (tl.load_model(path, function=name, precision="f16") for name in ("main", "again"))
    assert [tuple(t.shape) for t in shared._TENSORS.values() if t.numel() == 64 * 64] == [(64, 64)]
    x = np.ones((1, 64), np.float16)
    np.testing.assert_array_equal(first.predict(x).y, second.predict(x).y)


def _name_a_second_function(path: Path) -> None:
    """Let the package have its function twice."""
    model = model_classes().Model.FromString(path.read_bytes())
    model.mlProgram.functions["again"].CopyFrom(model.mlProgram.functions["main"])
    for name in ("main", "again"):
        model.description.functions.add(name=name, input=model.description.input, output=model.description.output)
    model.description.defaultFunctionName = "main"
    model.description.ClearField("input")
    model.description.ClearField("output")
    path.write_bytes(model.SerializeToString())
