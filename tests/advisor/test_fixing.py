"""Packages that are fixed: what they declare then, and that they still compute what PyTorch does from the source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import tensorlogic as tl
from tensorlogic.advisor import Advice, advise
from tensorlogic.advisor.fixing import Fixed, fix
from tensorlogic.errors import TensorLogicError, codes
from tests.advisor.programs import trace, weight, write
from tests.conftest import shared_model


def _network() -> nn.Module:
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 4, 3)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Softmax(-1)).eval()


ANY = range(16, 65)


def _fixed(source: Path, shapes: Any = None) -> tuple[Advice, Fixed, Advice]:
    target = source.with_name("fixed.mlpackage")
    before = advise(source)
    fixed = fix(source, target, before.findings, shapes)
    assert fixed.target == target
    return before, fixed, advise(target)


def _ids(advice: Advice) -> set[str]:
    return {finding.id for finding in advice.findings}


def _predict(path: Path, x: torch.Tensor) -> np.ndarray:
    model = tl.load_model(path, engine="torch", device="cpu", precision="f16")
    (result,) = model.predict({"x0": x.numpy()}).values()
    return np.asarray(result)


def test_fp32_becomes_fp16(tmp_path: Path) -> None:
    network = _network()
    source = trace(tmp_path / "source.mlpackage", network, (1, 3, 32, 32), precision="FLOAT32")
    before, fixed, after = _fixed(source)
    assert "float32" in _ids(before)
    assert not {"float32", "float32-islands"} & _ids(after)
    assert after.subject.metadata.quantization == "F16"
    assert fixed.changes == (f"operations in fp32: 0, of {len(before.placement.operations)} before",)
    assert 0 < fixed.difference < 1e-2
    x = torch.rand(1, 3, 32, 32)
    np.testing.assert_allclose(_predict(fixed.target, x), network(x).detach().numpy(), atol=2e-3)


@pytest.mark.parametrize(
    ("shape", "opset", "chosen", "want"),
    [
        ((1, 3, ANY, ANY), 15, None, (1, 3, 16, 16)),
        ((1, 3, ANY, ANY), 17, (1, 3, 24, 48), (1, 3, 24, 48)),
        ([(1, 3, 32, 32), (1, 3, 16, 48)], 16, None, (1, 3, 32, 32)),
        ([(1, 3, 32, 32), (1, 3, 16, 48)], 18, (1, 3, 16, 48), (1, 3, 16, 48)),
    ],
)
def test_shapes_are_fixed(shape: Any, opset: int, chosen: Any, want: tuple[int, ...], tmp_path: Path) -> None:
    network = _network()
    source = trace(tmp_path / "source.mlpackage", network, shape, opset=opset)
    before, fixed, after = _fixed(source, chosen and {"x0": chosen})
    assert {"ranges", "enumerated"} & _ids(before)
    assert not {"ranges", "enumerated"} & _ids(after)
    (given,), (result,) = after.subject.inputs, after.subject.outputs
    assert (given.shape, given.ranges, given.choices, result.shape) == (want, (), (), (1, 4))
    assert fixed.changes == (f"x0 has the shape {list(want)}",)
    assert after.subject.function.opset == opset
    x = torch.rand(want)
    np.testing.assert_allclose(_predict(fixed.target, x), network(x).detach().numpy(), atol=2e-3)


@pytest.mark.filterwarnings("ignore")
def test_pictures_and_labels_stay(tmp_path: Path) -> None:
    source = _classifier(tmp_path / "source.mlpackage")
    _, fixed, after = _fixed(source)
    (picture,) = after.subject.inputs
    assert (picture.kind, picture.shape, picture.ranges) == ("image", (32, 32), ())
    assert after.subject.metadata.author == "someone"
    assert fixed.difference < 1e-2
    predicted = tl.load_model(fixed.target).predict({"x0": np.zeros((32, 32, 3), np.uint8)})
    assert any(isinstance(value, dict) and set(value) == set("abcd") for value in predicted.values())


def _classifier(path: Path) -> Path:
    import coremltools as ct

    picture = ct.ImageType(name="x0", shape=ct.Shape((1, 3, ct.RangeDim(16, 64, 32), ct.RangeDim(16, 64, 32))))
    model = ct.convert(
        torch.jit.trace(_network(), torch.rand(1, 3, 32, 32)),
        inputs=[picture],
        classifier_config=ct.ClassifierConfig(list("abcd")),
        compute_precision=ct.precision.FLOAT32,
        skip_model_load=True,
    )
    model.author = "someone"
    model.save(str(path))
    return path


def test_states_stay(tmp_path: Path) -> None:
    def remember(mb: Any, x: Any, state: Any) -> Any:
        wide = mb.exp(x=mb.cast(x=x, dtype="fp32"))
        new = mb.add(x=mb.read_state(input=state), y=mb.cast(x=wide, dtype="fp16"))
        return mb.coreml_update_state(state=state, value=new)

    source = write(
        tmp_path / "source.mlpackage",
        remember,
        (1, 8),
        opset=18,
        precision="FLOAT32",
        dtype=np.float16,
        states=((1, 8),),
    )
    _, fixed, after = _fixed(source)
    assert len(after.subject.states) == 1
    assert fixed.difference < 1e-2


def _overflowing(mb: Any, x: Any) -> Any:
    return mb.mul(x=mb.mul(x=x, y=np.float32(300)), y=mb.add(x=mb.mul(x=x, y=np.float32(300)), y=np.float32(300)))


def test_nothing_is_written_that_overflows(tmp_path: Path) -> None:
    source = write(tmp_path / "source.mlpackage", _overflowing, (4, 8), precision="FLOAT32")
    with pytest.raises(TensorLogicError) as caught:
        _fixed(source)
    assert caught.value.code == codes.CHECK_FAILED
    assert [each.name for each in tmp_path.iterdir()] == ["source.mlpackage"]


def _relu(mb: Any, x: Any) -> Any:
    return mb.relu(x=x)


@pytest.mark.parametrize(
    ("precision", "target", "shapes", "want"),
    [
        ("FLOAT16", "fixed.mlpackage", None, codes.WRONG_ARGUMENTS),
        ("FLOAT32", "fixed.mlmodel", None, codes.CANNOT_WRITE),
        ("FLOAT32", "source.mlpackage", None, codes.CANNOT_WRITE),
        ("FLOAT32", "nowhere/fixed.mlpackage", None, codes.CANNOT_WRITE),
        ("FLOAT32", "fixed.mlpackage", {"y": (1, 8)}, codes.UNKNOWN_INPUT),
        ("FLOAT32", "fixed.mlpackage", {"x0": (1, 9)}, codes.WRONG_SHAPE),
    ],
)
def test_refusals(precision: str, target: str, shapes: Any, want: Any, tmp_path: Path) -> None:
    source = write(tmp_path / "source.mlpackage", _relu, (1, 8), precision=precision)
    with pytest.raises(TensorLogicError) as caught:
        fix(source, tmp_path / target, advise(source).findings, shapes)
    assert caught.value.code == want
    assert [each.name for each in tmp_path.iterdir()] == ["source.mlpackage"]


def test_compiled_models_are_refused(compiled: Path, tmp_path: Path) -> None:
    with pytest.raises(TensorLogicError, match="compiled") as caught:
        fix(compiled, tmp_path / "fixed.mlpackage", advise(compiled).findings)
    assert caught.value.code == codes.UNSUPPORTED_MODEL


def test_what_coremltools_leaves_is_said(tmp_path: Path) -> None:
    def build(mb: Any, x: Any) -> Any:
        hidden = mb.linear(x=x, weight=weight(8, 8))
        return mb.linear(x=mb.mul(x=hidden, y=np.full(8, 70000, np.float32)), weight=weight(8, 8))

    source = write(tmp_path / "source.mlpackage", build, (1, 8))
    advice = advise(source)
    assert {"float32-islands", "large-constants"} <= _ids(advice)
    with pytest.raises(TensorLogicError, match="leaves"):
        fix(source, tmp_path / "fixed.mlpackage", advice.findings)


def test_a_real_model(tmp_path: Path) -> None:
    source = shared_model("silero-vad/silero-vad-encoder-v6.0.0.mlpackage")
    fixed = fix(source, tmp_path / "fixed.mlpackage", advise(source).findings)
    assert fixed.difference < 1e-2
    assert fixed.as_dict()["difference"] == fixed.difference


@pytest.mark.filterwarnings("ignore")
def test_neural_networks_are_refused_with_what_to_do(tmp_path: Path) -> None:
    import coremltools as ct

    source = tmp_path / "old.mlmodel"
    traced = torch.jit.trace(_network(), torch.rand(1, 3, 32, 32))
    made = ct.convert(traced, inputs=[ct.TensorType("x0", (1, 3, 32, 32))], convert_to="neuralnetwork")
    made.save(str(source))
    (finding,) = advise(source).findings
    assert 'convert_to="mlprogram"' in finding.change
    with pytest.raises(TensorLogicError, match="neuralNetwork") as caught:
        fix(source, tmp_path / "fixed.mlpackage", ())
    assert 'convert_to="mlprogram"' in str(caught.value)
