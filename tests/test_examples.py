"""The examples run and give what they promise."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import tensorlogic as tl
from tensorlogic.engines import engine
from tests.conftest import ROOT, packaged

EXAMPLES = ROOT / "examples"
ON_A_CPU = [
    (name, precision)
    for name in ("torch", "onnxruntime", "openvino")
    if "cpu" in engine(name).devices()
    for precision in engine(name).precisions("cpu")
]


def run(folder: Path, *command: object) -> list[str]:
    """The lines that a Python command prints in `folder`."""
    # coremltools' converter is deep in warnings of others; the examples themselves are quiet.
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [sys.executable, *map(str, command)], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_pitch_hears_the_tone(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    source = packaged("basic_pitch", "saved_models/icassp_2022/nmp.mlpackage")
    shutil.copytree(source, tmp_path / "models/nmp.mlpackage")
    printed = run(tmp_path, "-m", "tensorlogic", "run", EXAMPLES / "pitch.tl")
    assert printed[:3] == ["Model format: CoreML", "Quantization: F32", "Input  input_2 float32[1, 43844, 1]"]
    assert printed[-1].startswith("Heard: A4")


def test_digits_are_classified_as_pytorch_does(tmp_path: Path) -> None:
    run(tmp_path, EXAMPLES / "convert_digits.py")
    pytorch = json.loads((tmp_path / "models/digits/accuracy.json").read_text())
    assert pytorch["accuracy"] > 0.97
    printed = run(tmp_path, "-m", "tensorlogic", "run", EXAMPLES / "classify.tl")
    assert printed[:2] == ["Model format: CoreML", "Quantization: F16"]
    assert printed[-1] == f"{pytorch['correct']} of {pytorch['images']} right"
    assert len(printed) == pytorch["images"] + 3
    for name, precision in ON_A_CPU:
        model = tl.load_model(tmp_path / "models/digits.mlpackage", engine=name, device="cpu", precision=precision)
        pictures = (tmp_path / "models/digits").glob("*.png")
        right = sum(model.predict(Image.open(each)).classLabel == each.stem[-1] for each in pictures)
        assert right == pytorch["correct"], (name, precision)


@pytest.mark.slow
def test_resnet50_is_what_the_guide_says(tmp_path: Path) -> None:
    run(tmp_path, EXAMPLES / "convert_resnet50.py", "--output", "models/model.mlpackage")
    printed = run(tmp_path, "-m", "tensorlogic", "run", EXAMPLES / "metadata.tl")
    assert printed == ["Model format: CoreML", "Quantization: F16"]
