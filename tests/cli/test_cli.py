"""The command `tl` as a user meets it: output, exit codes, and how soon it starts to work."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tensorlogic import save_model
from tests.malformed import small_package


def tl(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tensorlogic", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False, timeout=120)


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_help_lists_the_commands(arguments: tuple[str, ...]) -> None:
    text = tl(*arguments)
    assert all(
        command in text.stdout + text.stderr for command in ("run", "inspect", "predict", "convert", "bench", "devices")
    )


def test_version() -> None:
    done = tl("--version")
    assert (done.returncode, done.stdout) == (0, "tl 0.1.0\n")


def test_run(tmp_path: Path) -> None:
    (tmp_path / "hello.tl").write_text('print("sum:", 1 + 2)\n')
    done = tl("run", tmp_path / "hello.tl")
    assert (done.returncode, done.stdout, done.stderr) == (0, "sum: 3\n", "")


# Program text, exit code, what the message says.
FAILURES = [
    ("print(1 +)\n", 1, "1 | print(1 +)\n  |          ^"),
    ("length = 1\nprint(lenght)\n", 1, "length"),
    ('load_model("nothing.mlpackage")\n', 1, "nothing.mlpackage"),
    ("zeros([2, 3]) @ zeros([4, 5])\n", 1, "1 | zeros"),
]


@pytest.mark.parametrize(("text", "code", "says"), FAILURES)
def test_run_explains_failures(tmp_path: Path, text: str, code: int, says: str) -> None:
    (tmp_path / "bad.tl").write_text(text)
    done = tl("run", "bad.tl", cwd=tmp_path)
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == code


@pytest.mark.parametrize(
    "arguments", [("run",), ("run", "nothing.tl"), ("inspect", "nothing"), ("fly",), ("predict", "nothing", "-i", "1")]
)
def test_wrong_usage_exits_with_2(arguments: tuple[str, ...]) -> None:
    done = tl(*arguments)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr


def test_inspect(package: Path) -> None:
    text = tl("inspect", package).stdout
    assert all(word in text for word in ("CoreML", "F16", "iOS15", "float32[1, 3, 8, 8]", "conv", "602"))
    data = json.loads(tl("inspect", package, "--json").stdout)
    assert (data["format"], data["quantization"], data["parameters"]) == ("CoreML", "F16", 602)
    assert data["operations"]["conv"] == 1
    assert data["missing"] == {}
    assert data["inputs"][0]["shape"] == [1, 3, 8, 8]
    assert sum(weight["elements"] for weight in data["weights"]) == 602
    assert "tensors" not in data


def test_inspect_lists_tensors(package: Path) -> None:
    text = tl("inspect", package, "--tensors").stdout
    assert all(word in text for word in ("scores_bias_0_to_fp16", "float16", "[10]", "20 bytes"))
    found = json.loads(tl("inspect", package, "--tensors", "--json").stdout)["tensors"]["scores_bias_0_to_fp16"]
    assert found == {"dtype": "float16", "shape": [10], "storage": "F16", "size": 20}


def test_inspect_a_folder_of_shards(tmp_path: Path) -> None:
    weights = {f"layers.{i}.w": np.ones((2, 3), np.float32) for i in range(3)}
    save_model(weights, tmp_path / "m", max_shard_size=30, metadata={"epoch": "3"})
    data = json.loads(tl("inspect", tmp_path / "m", "--json").stdout)
    assert (data["format"], data["quantization"], data["parameters"]) == ("SafeTensors", "F32", 18)
    assert data["user_defined"] == {"format": "pt", "epoch": "3"}
    assert "epoch" in tl("inspect", tmp_path / "m").stdout


def test_inspect_prints_the_program(compiled: Path, package: Path) -> None:
    done = tl("inspect", package, "--mil")
    assert done.stdout.startswith("program(1.3)\n")
    assert "tensor<fp16, [1, 16, 8, 8]> relu_cast_fp16 = relu(x = conv_cast_fp16);\n" in done.stdout
    assert tl("inspect", compiled, "--mil", "--function", "main").stdout == done.stdout
    wrong = tl("inspect", compiled, "--mil", "--function", "mian")
    assert (wrong.returncode, "'main'" in wrong.stderr) == (2, True)


@pytest.mark.parametrize(("environment", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_a_terminal_pages_the_program_and_colours_it(
    environment: dict[str, str], coloured: bool, compiled: Path
) -> None:
    pager = {"PAGER": "sed s/^/PAGED:/", "TERM": "xterm"}
    shown = in_terminal(["inspect", str(compiled), "--mil"], pager | environment)
    assert "PAGED:program" in shown.replace("\x1b[35m", "")
    assert ("\x1b[1;34mrelu\x1b[0m(" in shown) is coloured
    assert ("= relu(" in shown) is not coloured


def in_terminal(arguments: list[str], environment: dict[str, str]) -> str:
    """What `tl` prints when its standard streams are a terminal."""
    pty = pytest.importorskip("pty", reason="there are no terminals to pretend")
    others = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "MANPAGER")}
    here, there = pty.openpty()
    command = [sys.executable, "-m", "tensorlogic", *arguments]
    shown = b""
    with subprocess.Popen(command, stdin=there, stdout=there, stderr=subprocess.DEVNULL, env=others | environment):
        os.close(there)
        # Linux reports the end of a terminal as an error, other systems as an end.
        with contextlib.suppress(OSError):
            while chunk := os.read(here, 1 << 16):
                shown += chunk
    os.close(here)
    return shown.decode()


def test_inspect_does_without_pytorch(compiled: Path) -> None:
    code = f"from tensorlogic.models import inspect_model; inspect_model({str(compiled)!r})\nimport sys\n"
    check = f"{code}print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_predict(package: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    np.save(tmp_path / "x.npy", rng.standard_normal(small_package.INPUT_SHAPE).astype(np.float32))
    done = tl("predict", package, "--input", tmp_path / "x.npy", "--output", tmp_path / "y.npz", "--json")
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "y.npz") as saved:
        np.testing.assert_allclose(json.loads(done.stdout)["scores"], saved["scores"], rtol=1e-6)
    assert "float32[1, 10]" in tl("predict", package, "-i", f"x={tmp_path / 'x.npy'}").stdout


def test_a_function_with_a_state(stateful_package: Path) -> None:
    shown = tl("inspect", stateful_package, "--function", "twice").stdout
    assert "twice of add, twice" in shown
    assert "state" in shown and "float16[1, 8]" in shown
    data = json.loads(tl("inspect", stateful_package, "--json").stdout)
    assert (data["function"], data["states"][0]["name"]) == ("add", "total")
    x = [[1, *[0] * 7]]
    sums = json.loads(tl("predict", stateful_package, "-i", x, "--json").stdout)["sum"]
    twice = tl("predict", stateful_package, "-i", x + x, "--function", "twice", "--json").stdout
    assert json.loads(twice)["sum"] == [[2 * value for value in sums[0]]] * 2
    wrong = tl("predict", stateful_package, "-i", x, "--function", "twise")
    assert (wrong.returncode, "Did you mean 'twice'?" in wrong.stderr) == (2, True)


def test_predict_refuses_what_it_cannot_read(package: Path, tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(b"not a picture")
    (tmp_path / "x.npy").write_bytes(b"not an array")
    Image.new("RGB", (8, 8)).save(tmp_path / "picture.png")
    for value, says in (
        (tmp_path / "x.png", "not a picture"),
        (tmp_path / "x.npy", "not a NumPy file"),
        ("nothing.npy", "neither a file nor a JSON value"),
        ("[[1, 2], [3, 4]]", "[2, 2]"),
    ):
        done = tl("predict", package, "-i", value)
        assert done.returncode in (1, 2)
        assert says in done.stderr
        assert "Traceback" not in done.stderr


def test_devices() -> None:
    assert "cpu" in tl("devices").stdout
    found = {device["name"]: device for device in json.loads(tl("devices", "--json").stdout)}
    assert found["cpu"]["available"]
    assert found["neural engine"]["available"] is (sys.platform == "darwin")


HEAVY = ("torch", "coremltools", "onnxruntime", "transformers")

# What is run in a fresh interpreter, and what it must not load.
LIGHT = [
    ("import tensorlogic", (*HEAVY, "numpy", "rich", "typer")),
    ("from tensorlogic.cli.app import app", (*HEAVY, "numpy")),
    ("from tensorlogic.runtime import run_source; run_source('print(1 + 2, \"x\")')", (*HEAVY, "numpy", "rich")),
    ("from tensorlogic.engines import cache; cache.default().entries()", (*HEAVY, "platformdirs", "rich")),
    ("from tensorlogic.formats.specification import model_classes; model_classes()", ("torch", "coremltools")),
]


@pytest.mark.parametrize(("code", "unloaded"), LIGHT)
def test_starting_loads_little(code: str, unloaded: tuple[str, ...]) -> None:
    check = f"{code}\nimport sys\nprint(sorted(set({unloaded!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_format_classes_and_coremltools_live_together() -> None:
    code = (
        "import warnings; warnings.simplefilter('ignore')\n"
        "from tensorlogic.formats.specification import model_classes\n"
        "ours = model_classes().Model(specificationVersion=7)\n"
        "from coremltools.proto import Model_pb2\n"
        "assert Model_pb2.Model.FromString(ours.SerializeToString()).specificationVersion == 7\n"
        "import coremltools\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
