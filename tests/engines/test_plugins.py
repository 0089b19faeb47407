"""Engines come from an entry-point group, ours and other people's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tensorlogic as tl
from tensorlogic import engines
from tensorlogic.errors import codes
from tests.malformed import small_package

PLUGIN = '''
import numpy as np
from tensorlogic.engines import Missing
from tensorlogic.errors import OperationPlace


class Session:
    def __init__(self, outputs, precision):
        self.outputs, self.precision = outputs, precision

    def run(self, inputs):
        return {name: np.full((1, 10), inputs[next(iter(inputs))].sum()) for name in self.outputs}

    def close(self):
        pass


class Adder:
    """Adds up its inputs and calls it every output; knows no relu if told so."""

    name = "adder"
    lacks = ()

    def devices(self):
        return ("cpu",)

    def precisions(self, device):
        return ("f32", "f16")

    def missing(self, program, function):
        body = program.functions[function].body
        return tuple(
            Missing(o.type, OperationPlace(program.source, function, o.type, o.name), "adders cannot")
            for o in body.walk()
            if o.type in self.lacks
        )

    def prepare(self, program, function, device, precision, content=None):
        return Session(program.functions[function].body.outputs, precision)


class Picky(Adder):
    name = "picky"
    lacks = ("relu", "conv")
'''
ENTRY_POINTS = """
[tensorlogic.engines]
adder = adder_engine:Adder
picky = adder_engine:Picky
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed package with two engines."""
    (tmp_path / "adder_engine.py").write_text(PLUGIN)
    info = tmp_path / "adder_engine-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: adder-engine\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.usefixtures("plugin")
def test_an_engine_of_another_package_runs(package: Path) -> None:
    assert engines.engine_names() == ["onnxruntime", "openvino", "torch", "torch-compile", "adder", "picky"]
    model = tl.load_model(package, engine="adder")
    np.testing.assert_array_equal(model.predict(np.ones(small_package.INPUT_SHAPE)).scores, np.full((1, 10), 192))


@pytest.mark.usefixtures("plugin")
def test_an_engine_that_cannot_says_all_that_it_misses(package: Path) -> None:
    with pytest.raises(tl.TensorLogicError) as caught:
        tl.load_model(package, engine="picky")
    assert caught.value.code == codes.UNSUPPORTED_OPERATION
    assert [d.message.split("'")[1] for d in caught.value.diagnostics] == ["conv", "relu"]


@pytest.mark.usefixtures("plugin")
def test_a_device_that_an_engine_does_not_offer(package: Path) -> None:
    with pytest.raises(tl.TensorLogicError, match="not available to the engine 'adder'"):
        tl.load_model(package, engine="adder", device="cuda")
