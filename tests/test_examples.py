"""The examples run and give what they promise."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

import tensorlogic as tl
from tensorlogic.engines import engine
from tests.conftest import ROOT, packaged
from tests.models.llama import FILES, PROMPT, SmallLlama, write_gguf

EXAMPLES = ROOT / "examples"
ON_A_CPU = [
    (name, precision)
    for name in ("torch", "onnxruntime", "openvino")
    if "cpu" in engine(name).devices()
    for precision in engine(name).precisions("cpu")
]


def run(folder: Path, *command: object, given: str = "") -> list[str]:
    """The lines that a Python command prints in `folder` when `given` is typed."""
    # coremltools' converter is deep in warnings of others; the examples themselves are quiet.
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    arguments = [sys.executable, *map(str, command)]
    done = subprocess.run(
        arguments, input=given, cwd=folder, env=environment, capture_output=True, text=True, check=False
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


@pytest.mark.parametrize("kind", ["F32", "Q4_0"])
def test_the_written_out_llama_says_what_llama_cpp_says(llama: SmallLlama, tmp_path: Path, kind: str) -> None:
    (tmp_path / "models").mkdir()
    shutil.copy(llama.gguf(kind), tmp_path / "models/llm.gguf")
    printed = run(tmp_path, "-m", "tensorlogic", "run", EXAMPLES / "llm.tl", given=PROMPT)
    continued = tl.load_model(llama.gguf(kind), threads=1).generate(PROMPT, max_tokens=64, temperature=0)
    assert printed == [
        f"llama 2 layers, {kind}",
        f"Continue: {PROMPT}{continued}",
        "llama.cpp says the same: true",
    ]
    assert continued == llama.tokenizer.decode(llama.continued(PROMPT, 64))


def test_the_written_out_llama_with_one_table(llama: SmallLlama, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    weights = load_file(llama.hugging_face / "model.safetensors")
    del weights["lm_head.weight"]
    write_gguf(tmp_path / "models/llm.gguf", weights, llama.tokenizer, FILES["F32"])
    assert run(tmp_path, "-m", "tensorlogic", "run", EXAMPLES / "llm.tl", given="The")[2].endswith("true")


def test_the_written_out_llama_has_the_logits_of_pytorch(llama: SmallLlama, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    shutil.copy(llama.gguf("F32"), tmp_path / "models/llm.gguf")
    defined, _, _ = (EXAMPLES / "llm.tl").read_text().partition("prompt = input")
    asked = """
cache = KVCache::new(about.block_count)
tokens = model.tokenize(input())
first = forward(tokens, 0, cache)
second = forward([100, 200], len(tokens), cache)
save(first, "first.safetensors")
save(second, "second.safetensors")
"""
    (tmp_path / "logits.tl").write_text(defined + asked)
    run(tmp_path, "-m", "tensorlogic", "run", "logits.tl", given=PROMPT)
    ids = llama.tokenizer.encode(PROMPT).ids
    with torch.no_grad():
        wanted = llama.network()(torch.tensor([[*ids, 100, 200]])).logits[0]
    for name, place in (("first", len(ids) - 1), ("second", len(ids) + 1)):
        (found,) = load_file(tmp_path / f"{name}.safetensors").values()
        torch.testing.assert_close(found.flatten(), wanted[place], rtol=0, atol=1e-4)
