"""Core ML models as ONNX files: they compute what their sources do, and are written whole or not at all."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import ModelProto, TensorProto
from torch import Tensor, nn

import tensorlogic as tl
from tensorlogic.errors import codes
from tensorlogic.models import conversion
from tensorlogic.models.conversion import converting, placing
from tests.conftest import shared_model
from tests.malformed.packages import WEIGHTS, edit_model
from tests.malformed.stateful import SIZE, WEIGHT
from tests.models.test_flexible import NETWORKS, Network, convolutional, dense, example
from tests.models.test_flexible import convert as convert_flexible

MODEL = "net.mlpackage"
BLOB = f"{MODEL}/{WEIGHTS}"
X = np.random.default_rng(2).random((1, 3, 8, 8), np.float32)


def network() -> nn.Module:
    """Two weights large enough to be kept apart, which float16 holds exactly."""
    torch.manual_seed(1)
    layers = nn.Sequential(nn.Conv2d(3, 32, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(2048, 24))
    return layers.half().float().eval()


def save(module: nn.Module, path: Path, inputs: list[Any], example: Tensor, **options: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import coremltools as ct

        traced = torch.jit.trace(module, example)
        ct.convert(traced, inputs=inputs, skip_model_load=True, **options).save(str(path))


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import coremltools as ct

    path = tmp_path_factory.mktemp("conversion") / MODEL
    given = ct.TensorType("x", X.shape)
    save(network(), path, [given], torch.zeros(X.shape), outputs=[ct.TensorType("y")])
    return path


@pytest.fixture
def model(converted: Path, tmp_path: Path) -> Path:
    """A package in a folder of its own."""
    shutil.copytree(converted, tmp_path / MODEL)
    return tmp_path / MODEL


def run(path: Path, **inputs: Any) -> dict[str, Any]:
    """What ONNX Runtime computes, once ONNX's own checker has nothing to say."""
    onnx.checker.check_model(str(path), full_check=True)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return dict(zip([each.name for each in session.get_outputs()], session.run(None, inputs), strict=True))


def read(path: Path) -> ModelProto:
    return onnx.load(path, load_external_data=False)


def locations(path: Path) -> dict[str, int]:
    """The files that an ONNX file names, and how many of its constants each has."""
    found: dict[str, int] = {}
    for constant in read(path).graph.initializer:
        for entry in constant.external_data:
            if entry.key == "location":
                found[entry.value] = found.get(entry.value, 0) + 1
    return found


def wanted(x: np.ndarray) -> np.ndarray:
    with torch.inference_mode():
        return network()(torch.from_numpy(x)).numpy()


# Where weights are to be kept, and the files that the ONNX file then names.
PLACES = [
    ("inside", {}),
    ("beside", {"net.onnx.data": 2}),
    ("package", {BLOB: 2}),
    ("auto", {}),
]


@pytest.mark.parametrize(("weights", "files"), PLACES)
@pytest.mark.parametrize("precision", ["f32", "f16"])
def test_weights(weights: str, files: dict[str, int], precision: str, model: Path) -> None:
    path = model.with_name("net.onnx")
    made = tl.convert_model(model, path, precision=precision, weights=weights)
    assert locations(path) == files
    assert {each.data_type for each in read(path).graph.initializer if len(each.dims) > 1} == {TensorProto.FLOAT16}
    assert made.weights == {next(iter(files), "net.onnx"): (32 * 27 + 24 * 2048) * 2}
    exact = {"f32": 1e-5, "f16": 1e-2}[precision]
    np.testing.assert_allclose(run(path, x=X)["y"], wanted(X), rtol=0, atol=exact * np.abs(wanted(X)).max())
    assert made.difference is not None and made.difference < exact
    assert sorted(each.name for each in model.parent.iterdir()) == sorted(
        {MODEL, "net.onnx", *(each for each in files if "/" not in each)}
    )


def test_large_weights_stay_in_the_package_below(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placing, "_SMALL", 1 << 10)
    tl.convert_model(model, model.with_name("here.onnx"))
    assert locations(model.with_name("here.onnx")) == {BLOB: 2}
    (model.parent / "elsewhere").mkdir()
    tl.convert_model(model, model.parent / "elsewhere" / "net.onnx")
    assert locations(model.parent / "elsewhere" / "net.onnx") == {"net.onnx.data": 2}
    deeper = model.parent.parent / "deeper.onnx"
    tl.convert_model(model, deeper)
    assert locations(deeper) == {f"{model.parent.name}/{BLOB}": 2}
    np.testing.assert_allclose(run(deeper, x=X)["y"], wanted(X), rtol=1e-4, atol=1e-5)


class Scaled(nn.Module):
    """A product whose weight is joined with the scale after it, and one whose weight is as it is stored."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(64, 32), nn.Linear(32, 24)
        self.scale = nn.Parameter(torch.rand(32))

    def forward(self, x: Tensor) -> Tensor:
        return self.second(torch.relu(self.first(x) * self.scale))


def test_what_the_package_does_not_have_as_it_is_goes_elsewhere(tmp_path: Path) -> None:
    import coremltools as ct

    torch.manual_seed(0)
    module, x = Scaled().eval(), torch.rand(1, 64)
    save(module, tmp_path / MODEL, [ct.TensorType("x", x.shape)], x, compute_precision=ct.precision.FLOAT32)
    made = tl.convert_model(tmp_path / MODEL, tmp_path / "net.onnx", weights="package")
    assert made.weights == {BLOB: 24 * 32 * 4, "net.onnx": 32 * 64 * 4}
    with torch.inference_mode():
        want = module(x).numpy()
    np.testing.assert_allclose(*run(made.path, x=x.numpy()).values(), want, rtol=1e-4, atol=1e-6)


def test_a_file_of_more_than_protobuf_reads(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placing, "_LARGEST", 1 << 10)
    with pytest.raises(tl.TensorLogicError, match=r"2 GB at most.*beside") as caught:
        tl.convert_model(model, model.with_name("net.onnx"), weights="inside")
    assert caught.value.code == codes.TOO_LARGE


@pytest.mark.skipif(not hasattr(os, "link"), reason="files have one name here")
def test_weights_with_a_second_name_are_not_named(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ONNX's checker takes such files for an attack."""
    os.link(model / WEIGHTS, model.parent / "second")
    monkeypatch.setattr(placing, "_SMALL", 1 << 10)
    tl.convert_model(model, model.with_name("net.onnx"))
    assert locations(model.with_name("net.onnx")) == {"net.onnx.data": 2}


def test_compressed_weights_are_expanded(compressed: Path, tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    tl.convert_model(compressed, path)
    assert {each.domain for each in read(path).opset_import} == {""}
    loaded = tl.load_model(compressed, engine="torch")
    x = np.random.default_rng(0).random(loaded.inputs[0].shape, np.float32)
    ((name, want),) = loaded.predict(x).items()
    given = {read(path).graph.input[0].name: x}
    np.testing.assert_allclose(run(path, **given)[name], want, rtol=1e-3, atol=1e-3)


def test_a_compiled_model(compiled: Path, package: Path, tmp_path: Path) -> None:
    for source, name in ((compiled, "compiled.onnx"), (package, "package.onnx")):
        tl.convert_model(source, tmp_path / name)
    outputs = [run(tmp_path / name, x=X)["scores"] for name in ("compiled.onnx", "package.onnx")]
    np.testing.assert_array_equal(*outputs)


@pytest.mark.parametrize("each", NETWORKS, ids=lambda network: network.name)
def test_every_size(each: Network, tmp_path: Path) -> None:
    torch.manual_seed(5)
    convert_flexible(each, tmp_path / MODEL)
    made = tl.convert_model(tmp_path / MODEL, tmp_path / "net.onnx")
    assert any("?" in port.type for port in made.inputs)
    assert "shape" in made.inputs[0].meaning
    for sizes in each.sizes:
        given = [example(size, each) for size in sizes]
        with torch.inference_mode():
            want = each.module(*given)
        feed = {
            port.name: x.numpy().astype(port.type.split("[")[0]) for port, x in zip(made.inputs, given, strict=True)
        }
        got = run(tmp_path / "net.onnx", **feed).values()
        for result, correct in zip(got, want if isinstance(want, tuple) else (want,), strict=True):
            np.testing.assert_allclose(result, correct, rtol=1e-4, atol=1e-5)


def test_states_go_in_and_come_out(stateful_package: Path, tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    made = tl.convert_model(stateful_package, path)
    assert [(port.name, port.type) for port in made.inputs] == [("x", "float32[1, 8]"), ("total", "float32[1, 8]")]
    assert [port.meaning for port in (made.inputs[1], made.outputs[1])] == [
        "what is remembered: zeros at first, then the last total_next",
        "the next value of total",
    ]
    x, total = np.arange(SIZE, dtype=np.float32)[None] - 3, np.zeros((1, SIZE), np.float32)
    for turn in (1, 2, 3):
        results = run(path, x=x, total=total)
        total = results["total_next"]
        np.testing.assert_array_equal(results["sum"], turn * (x @ WEIGHT.T.astype(np.float32)))
        np.testing.assert_array_equal(total, results["sum"])


def test_one_of_several_functions(stateful_package: Path, tmp_path: Path) -> None:
    made = tl.convert_model(stateful_package, tmp_path / "net.onnx", function="twice")
    assert (made.function, read(made.path).graph.name) == ("twice", "twice")
    x, total = np.ones((2, SIZE), np.float32), np.full((1, SIZE), 7, np.float32)
    results = run(made.path, x=x, total=total)
    np.testing.assert_array_equal(results["sum"], 2 * (x @ WEIGHT.T.astype(np.float32)) + 7)
    np.testing.assert_array_equal(results["total_next"], total)


@pytest.mark.parametrize("precision", ["f32", "f16"])
@pytest.mark.parametrize("labels", [["a", "b", "c"], [10, 20, 30]])
def test_a_classifier(labels: list[Any], precision: str, tmp_path: Path) -> None:
    import coremltools as ct

    torch.manual_seed(3)
    module, x = dense().eval(), torch.randn(1, 3, 4)
    config = ct.ClassifierConfig(labels)
    save(module, tmp_path / MODEL, [ct.TensorType("x", x.shape)], x, classifier_config=config)
    made = tl.convert_model(tmp_path / MODEL, tmp_path / "net.onnx", precision=precision)
    kind = "string" if isinstance(labels[0], str) else "int64"
    assert [port.type for port in made.outputs] == [f"{kind}[]", f"{kind} to float32"]
    assert made.outputs[0].meaning == "one of 3 labels"
    label, (table,) = run(made.path, x=x.numpy()).values()
    with torch.inference_mode():
        want = module(x)[0].numpy()
    assert np.asarray(label).item() == labels[want.argmax()]
    np.testing.assert_allclose([table[each] for each in labels], want, rtol=5e-3)


# The colours of a picture, and how its pixels become planes.
PICTURES: list[tuple[str, Callable[[np.ndarray], np.ndarray], str]] = [
    ("RGB", lambda pixels: pixels.transpose(2, 0, 1), "a picture: planes of red, green and blue, from 0 to 255"),
    (
        "BGR",
        lambda pixels: pixels[..., ::-1].transpose(2, 0, 1),
        "a picture: planes of blue, green and red, from 0 to 255",
    ),
]


@pytest.mark.parametrize(("layout", "planes", "says"), PICTURES)
def test_pictures_are_planes(
    layout: str, planes: Callable[[np.ndarray], np.ndarray], says: str, tmp_path: Path
) -> None:
    import coremltools as ct

    torch.manual_seed(4)
    pixels = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    picture = ct.ImageType("x", (1, 3, 16, 16), color_layout=getattr(ct.colorlayout, layout), scale=1 / 255)
    module = convolutional().eval()
    save(module, tmp_path / MODEL, [picture], torch.zeros(1, 3, 16, 16), compute_precision=ct.precision.FLOAT32)
    made = tl.convert_model(tmp_path / MODEL, tmp_path / "net.onnx")
    assert made.inputs == (conversion.Port("x", "float32[1, 3, 16, 16]", says),)
    x = np.ascontiguousarray(planes(pixels)[None], np.float32)
    with torch.inference_mode():
        want = module(torch.from_numpy(x) / 255).numpy()
    (got,) = run(made.path, x=x).values()
    np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5)


def test_what_stands_for_a_missing_input(tmp_path: Path) -> None:
    import coremltools as ct

    given = ct.TensorType("x", X.shape, default_value=np.full(X.shape, 0.5, np.float32))
    target = ct.target.iOS16
    save(network(), tmp_path / MODEL, [given], torch.zeros(X.shape), minimum_deployment_target=target)
    made = tl.convert_model(tmp_path / MODEL, tmp_path / "net.onnx")
    assert made.inputs[0].meaning == "0.5 everywhere stands for what Core ML is not given"


def test_what_a_model_says_of_itself(model: Path) -> None:
    def say(message: Any) -> None:
        said = message.description.metadata
        said.author, said.license, said.shortDescription = "Ada", "MIT", "Tells numbers apart."
        said.userDefined["trained"] = "in spring"
        message.description.input[0].shortDescription = "the numbers"

    edit_model(say)(model)
    tl.convert_model(model, model.with_name("net.onnx"))
    found = read(model.with_name("net.onnx"))
    props = {each.key: each.value for each in found.metadata_props}
    assert {key: props.get(key) for key in ("author", "license", "trained")} == {
        "author": "Ada", "license": "MIT", "trained": "in spring"
    }  # fmt: skip
    assert props["com.github.apple.coremltools.version"]
    assert "version" not in props
    assert (found.doc_string, found.graph.input[0].doc_string) == ("Tells numbers apart.", "the numbers")
    assert (found.producer_name, found.producer_version) == ("tensorlogic", tl.__version__)


def test_random_numbers_are_not_compared(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import coremltools as ct
        from coremltools.converters.mil import Builder as mb  # noqa: N813 (its usual name)

        @mb.program(input_specs=[mb.TensorSpec((1, 8))], opset_version=ct.target.iOS15)
        def program(x):
            return mb.add(x=x, y=mb.random_uniform(shape=[1, 8], low=2.0, high=3.0), name="y")

        ct.convert(program, minimum_deployment_target=ct.target.iOS15, skip_model_load=True).save(str(tmp_path / MODEL))
    made = tl.convert_model(tmp_path / MODEL, tmp_path / "net.onnx")
    assert (made.checked, made.difference) == (True, None)
    (y,) = run(made.path, x=np.zeros((1, 8), np.float32)).values()
    assert 2 <= y.min() <= y.max() <= 3


def listing(folder: Path) -> dict[str, bytes]:
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def interrupted(*arguments: Any) -> float:
    raise KeyboardInterrupt


@pytest.mark.parametrize("weights", ["inside", "beside", "package"])
def test_what_was_there_stays_until_the_new_is_whole(
    weights: str, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = model.with_name("net.onnx")
    path.write_bytes(b"old")
    path.with_name("net.onnx.data").write_bytes(b"old data")
    before = listing(model.parent)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(converting, "compare", interrupted)
        tl.convert_model(model, path, weights=weights)
    assert listing(model.parent) == before
    tl.convert_model(model, path, weights=weights)
    np.testing.assert_allclose(run(path, x=X)["y"], wanted(X), rtol=1e-4, atol=1e-5)


def test_a_process_that_is_killed_leaves_what_was_there(model: Path) -> None:
    path = model.with_name("net.onnx")
    path.write_bytes(b"old")
    code = (
        "import os, sys, tensorlogic as tl\n"
        "def die(what):\n"
        "    if 'Comparing' in what: os.kill(os.getpid(), 9)\n"
        "tl.convert_model(sys.argv[1], sys.argv[2], weights='beside', progress=die)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, model, path], check=False, timeout=120)
    assert done.returncode == -signal.SIGKILL
    assert path.read_bytes() == b"old"
    assert not path.with_name("net.onnx.data").exists()


def test_a_disk_that_fails(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = listing(model.parent)

    def full(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(tl.TensorLogicError, match="No space left") as caught:
        tl.convert_model(model, model.with_name("net.onnx"), weights="beside")
    assert caught.value.code == codes.CANNOT_WRITE
    assert listing(model.parent) == before


def test_a_folder_that_is_read_only(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*arguments: Any, **options: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", refused)
    with pytest.raises(tl.TensorLogicError, match=r"cannot write .*net\.onnx.*Permission denied") as caught:
        tl.convert_model(model, tmp_path / "net.onnx")
    assert caught.value.code == codes.CANNOT_WRITE


def test_a_model_that_computes_something_else_is_not_written(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lowered = converting.with_labels

    def wrong(*arguments: Any) -> ModelProto:
        made = lowered(*arguments)
        for node in made.graph.node:
            node.op_type = "Neg" if node.op_type == "Relu" else node.op_type
        return made

    monkeypatch.setattr(converting, "with_labels", wrong)
    with pytest.raises(tl.TensorLogicError, match=r"differs .* output 'y'.*--no-check") as caught:
        tl.convert_model(model, model.with_name("net.onnx"))
    assert caught.value.code == codes.CHECK_FAILED
    assert [each.name for each in model.parent.iterdir()] == [MODEL]
    made = tl.convert_model(model, model.with_name("net.onnx"), check=False)
    assert (made.checked, made.difference, made.path.is_file()) == (False, None, True)


def test_a_model_that_is_not_valid_is_not_written(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converting, "describe", lambda made, *others: made.graph.node.pop())
    with pytest.raises(tl.TensorLogicError, match="not valid") as caught:
        tl.convert_model(model, model.with_name("net.onnx"))
    assert caught.value.code == codes.CHECK_FAILED
    assert [each.name for each in model.parent.iterdir()] == [MODEL]


# The file to write, options, and what is said.
REFUSED = [
    ("net.gguf", {}, codes.CANNOT_WRITE, "end in .onnx"),
    ("net.onnx", {"precision": "bf16"}, codes.UNKNOWN_OPTION, "f32 or f16"),
    ("net.onnx", {"weights": "nowhere"}, codes.UNKNOWN_OPTION, "auto, inside, beside, package"),
    ("net.onnx", {"function": "mein"}, codes.UNKNOWN_FUNCTION, "Did you mean 'main'?"),
    ("missing/net.onnx", {}, codes.CANNOT_WRITE, "Make it first"),
    (f"{MODEL}/net.onnx", {}, codes.CANNOT_WRITE, "inside the model"),
    (f"{MODEL}/Data/../net.onnx", {}, codes.CANNOT_WRITE, "inside the model"),
    ("folder.onnx", {}, codes.CANNOT_WRITE, "is a folder"),
    ("other/net.onnx", {"weights": "package"}, codes.CANNOT_WRITE, "the folder that holds the package"),
]


@pytest.mark.parametrize(("target", "options", "code", "says"), REFUSED)
def test_refused(target: str, options: dict[str, Any], code: codes.Code, says: str, model: Path) -> None:
    for folder in ("folder.onnx", "other"):
        (model.parent / folder).mkdir()
    before = listing(model.parent)
    with pytest.raises(tl.TensorLogicError) as caught:
        tl.convert_model(model, model.parent / target, **options)
    assert caught.value.code == code
    assert says in str(caught.value)
    assert listing(model.parent) == before


def test_what_has_no_program_is_refused(tmp_path: Path, compressed: Path) -> None:
    tl.save_model({"w": np.ones(3)}, tmp_path / "w.safetensors")
    tl.convert_weights(tmp_path / "w.safetensors", tmp_path / "w.gguf")
    for source in ("w.safetensors", "w.gguf"):
        with pytest.raises(tl.TensorLogicError, match="holds weights, and no program") as caught:
            tl.convert_model(tmp_path / source, tmp_path / "net.onnx")
        assert caught.value.code == codes.UNSUPPORTED_MODEL
    shutil.copytree(compressed, tmp_path / MODEL)
    with pytest.raises(tl.TensorLogicError, match="they are compressed"):
        tl.convert_model(tmp_path / MODEL, tmp_path / "net.onnx", weights="package")


def test_basic_pitch_is_the_onnx_model_that_it_was_published_as(tmp_path: Path) -> None:
    made = tl.convert_model(shared_model("basic-pitch/nmp.mlpackage"), tmp_path / "nmp.onnx")
    sound = np.random.default_rng(0).standard_normal((1, 43844, 1)).astype(np.float32)
    published = onnxruntime.InferenceSession(str(shared_model("basic-pitch/nmp.onnx")))
    names = [f"StatefulPartitionedCall:{i}" for i in range(3)]
    wanted = published.run(names, {published.get_inputs()[0].name: sound})
    for output, want in zip(run(made.path, input_2=sound).values(), wanted, strict=True):
        np.testing.assert_allclose(output, want, rtol=0, atol=1e-4)


REAL = [
    "add-model/add_model.mlmodelc",
    "argmax/Argmax.mlmodelc",
    "silero-vad/silero-vad-decoder-v6.0.0.mlpackage",
    "silero-vad/silero-vad-unified-v6.0.0.mlmodelc",
    "silero-vad/unified_mixed.mlpackage",
    "silero-vad/unified_palette_4bit.mlpackage",
]


@pytest.mark.parametrize("name", REAL)
def test_real_models(name: str, tmp_path: Path) -> None:
    made = tl.convert_model(shared_model(name), tmp_path / "net.onnx")
    assert made.difference is not None and made.difference < 1e-4
