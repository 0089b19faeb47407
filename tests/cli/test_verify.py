"""`tl verify` as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.advisor import planted
from tests.cli.test_cli import tl


@pytest.fixture(scope="module")
def overflowing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("planted") / "overflowing.mlpackage"
    planted.write(path, planted.chain(planted.overflow))
    return path


def test_a_sound_model(package: Path) -> None:
    done = tl("verify", package)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("No trouble found: 6 operations, 1 sample. The outputs agree")
    assert "The inputs x were made up." in done.stdout
    assert "The Neural Engine may sum in f16" in done.stdout


def test_trouble(overflowing: Path) -> None:
    done = tl("verify", overflowing)
    assert done.returncode == 1
    assert done.stderr == ""
    verdict, table = done.stdout.split("error: ")
    assert verdict.startswith(
        "Trouble found: 307 operations, 1 sample. It begins at planted_cast_fp16 (mul): overflow."
    )
    assert "Around planted_cast_fp16" in table
    assert "16 inf" in table


def test_json(overflowing: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "data.npz", x=np.zeros((2, planted.WIDTH), np.float32))
    done = tl("verify", overflowing, "--json", "--data", tmp_path / "data.npz", "--against", overflowing)
    assert done.returncode == 1
    said = json.loads(done.stdout, parse_constant=pytest.fail)
    assert (said["ok"], said["samples"], said["made_up"]) == (False, 2, [])
    assert [(each["id"], each["where"]) for each in said["findings"]] == [("overflow", ["planted_cast_fp16"])]
    (planted_one,) = [each for each in said["operations"] if each["name"] == "planted_cast_fp16"]
    assert planted_one["difference"]["overflows"] == 2 * planted.WIDTH
    assert planted_one["kinds"] == ["overflow"]
    assert said["against"]["f32"][0]["difference"]["noise"] < 1e-6


WRONG = [
    (["nowhere.mlpackage"], "TL0501"),
    (["{package}", "--data", "nowhere.npz"], "TL0501"),
    (["{package}", "--against", "nowhere.onnx"], "TL0501"),
    (["{package}", "--against", "{folder}/weights.pt"], "TL0702"),
    (["{package}", "--against", "{folder}/source.pt2"], "--allow-pickle"),
    (["{package}", "--function", "other"], "TL0911"),
]


@pytest.mark.parametrize(("arguments", "said"), WRONG)
def test_wrong_usage(arguments: list[str], said: str, package: Path, tmp_path: Path) -> None:
    for name in ("weights.pt", "source.pt2"):
        (tmp_path / name).write_bytes(b"")
    done = tl("verify", *(each.format(package=package, folder=tmp_path) for each in arguments))
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
