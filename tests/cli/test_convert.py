"""`tl convert`: what it writes, what it says, and how it refuses."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

import tensorlogic as tl
from tests.cli.test_cli import tl as command


def test_a_model(package: Path, tmp_path: Path) -> None:
    path = tmp_path / "small.onnx"
    done = command("convert", package, path)
    assert done.returncode == 0, done.stderr
    for words in ("function main in f32, ONNX opset 21", "float32[1, 3, 8, 8]", "float32[1, 10]"):
        assert words in done.stdout
    assert "Checked: the file is valid; ONNX Runtime computes what PyTorch does, within " in done.stdout
    onnx.checker.check_model(str(path), full_check=True)
    x = np.random.default_rng(0).random((1, 3, 8, 8), np.float32)
    (got,) = onnxruntime.InferenceSession(str(path)).run(None, {"x": x})
    np.testing.assert_allclose(got, tl.load_model(package, engine="torch").predict(x).scores, rtol=1e-4)


def test_states_are_named(stateful_package: Path, tmp_path: Path) -> None:
    done = command("convert", stateful_package, "net.onnx", "--function", "twice", "--no-check", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    words = " ".join(done.stdout.split())
    assert "function twice" in words
    assert "total_next" in words and "the next value of total" in words
    assert "Checked: no" in words


def test_as_json(package: Path, tmp_path: Path) -> None:
    done = command("convert", package, tmp_path / "net.onnx", "--precision", "f16", "--weights", "inside", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    data = json.loads(done.stdout)
    assert set(data) == {
        "source", "path", "function", "precision", "opset", "inputs", "outputs", "weights", "difference", "checked"
    }  # fmt: skip
    assert (data["source"], data["path"]) == (str(package), str(tmp_path / "net.onnx"))
    assert data["inputs"] == [{"name": "x", "type": "float32[1, 3, 8, 8]", "meaning": ""}]
    assert data["checked"] is True
    assert 0 <= data["difference"] < 1e-2


# Arguments after the model, and what is said.
REFUSED = [
    (("net.txt",), "Let the name end in .onnx"),
    (("net.gguf",), "becomes an ONNX model"),
    (("nowhere/net.onnx",), "there is no folder 'nowhere'"),
    (("net.onnx", "--precision", "int8"), "Choose f32 or f16"),
    (("net.onnx", "--weights", "cloud"), "Choose auto, inside, beside, package"),
    (("net.onnx", "--function", "other"), "no function 'other'"),
]


@pytest.mark.parametrize(("arguments", "says"), REFUSED)
def test_refused(arguments: tuple[str, ...], says: str, package: Path, tmp_path: Path) -> None:
    done = command("convert", package, *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert says in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="this user may write anywhere")
def test_a_folder_that_is_read_only(package: Path, tmp_path: Path) -> None:
    (tmp_path / "fixed").mkdir(mode=0o555)
    done = command("convert", package, tmp_path / "fixed" / "net.onnx")
    assert done.returncode == 2
    assert "Permission denied" in done.stderr
    assert "Traceback" not in done.stderr
