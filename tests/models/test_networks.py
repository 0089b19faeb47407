"""Converted networks give the numbers of their PyTorch source."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import numpy as np
import pytest

import tensorlogic as tl
from tests.models.networks import FULL, SMALL, Converted, Network, convert

# Compute precision of the conversion, precision of the engine, relative error of the output (L2).
CASES = [("FLOAT32", "f32", 1e-5), ("FLOAT16", "f32", 3e-3), ("FLOAT16", "f16", 1e-2)]


@pytest.fixture(
    scope="module",
    params=[*SMALL, *(pytest.param(network, marks=pytest.mark.slow) for network in FULL)],
    ids=lambda network: network.name,
)
def converted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Converted]:
    network: Network = request.param
    folder = tmp_path_factory.mktemp(network.name)
    yield convert(network, folder)
    shutil.rmtree(folder)


@pytest.mark.parametrize(("compute", "precision", "tolerance"), CASES)
def test_same_numbers(converted: Converted, compute: str, precision: str, tolerance: float) -> None:
    model = tl.load_model(converted.packages[compute], precision=precision)
    (got,) = model.predict(converted.inputs).values()
    error = np.linalg.norm(got - converted.want) / np.linalg.norm(converted.want)
    print(f"relative error {error:.2e}")
    assert error <= tolerance


def test_metadata(converted: Converted) -> None:
    for compute, quantization in (("FLOAT32", "F32"), ("FLOAT16", "F16")):
        metadata = tl.load_model(converted.packages[compute]).metadata
        assert metadata.format == "CoreML"
        assert metadata.source.startswith("torch==")
        assert metadata.opset == "iOS15"
        # An LSTM's weights stay float32 for iOS 15.
        assert metadata.quantization in (quantization, "F32")
        assert metadata.parameters > 100_000
