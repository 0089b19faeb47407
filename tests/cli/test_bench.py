"""`tl bench` as a user meets it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

import tensorlogic as tl
from tensorlogic.cli.app import app
from tensorlogic.engines import Candidate
from tensorlogic.errors import TensorLogicError, codes
from tensorlogic.models import bench
from tensorlogic.models.bench import Benchmark, Measurement, Omission, Start, Startup, Wanted
from tests.cli.test_cli import tl as command

NUMBER = re.compile(r"\d[\d,.]*")
TORCH = Candidate("torch", "cpu", "f32")
FOUND = Benchmark(
    Path("model.mlpackage"),
    "main",
    [Measurement(TORCH, None, 0.0123456, 0.02, 9, 4.5), Measurement(Candidate("torch", "cuda", "f16"), None, 0.0005)],
    [Startup(TORCH, Start(1.25, 0.5, 0.25, 250_000_000), Start(1.25, 0.125, 0.25, 200_000_000))],
    [Omission("batch 8", "the input 'x' takes [1, 3]")],
)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Wanted]:
    """What is to be measured; nothing is."""
    every: list[Wanted] = []

    def benchmark(path: Path, wanted: Wanted, progress: Any) -> Benchmark:
        progress("Measuring", 1, 2)
        every.append(wanted)
        return FOUND

    monkeypatch.setattr(bench, "benchmark", benchmark)
    return every


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["bench", *map(str, arguments)], env={"COLUMNS": "80"})


def cells(text: str, *start: str) -> list[str]:
    """The rest of the row that starts so."""
    return next(row[len(start) :] for row in map(str.split, text.splitlines()) if row[: len(start)] == list(start))


def test_tables(asked: list[Wanted]) -> None:
    text = run("model.mlpackage").output
    speeds, starts = text.split("Start in a process of its own")
    assert cells(speeds, "device") == ["engine", "precision", "ms", "ms", "second", "W", "joule"]
    assert cells(speeds, "cpu", "torch", "f32") == ["12.3", "20.0", "81.0", "4.50", "18.0"]
    assert cells(speeds, "cuda", "torch", "f16") == ["0.500", "–", "2,000", "–", "–"]
    assert cells(starts, "cpu", "torch", "f32") == ["1.25", "0.750", "0.375", "250.0", "MB"]
    assert "not measured: batch 8: the input 'x' takes [1, 3]\n" in text
    assert max(map(len, text.splitlines())) <= 80
    assert asked == [Wanted()]


def test_options_say_what_to_measure(asked: list[Wanted], package: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones((1, 3, 8, 8), np.float32))
    options = "--batch 1,8,8 --device cpu,cuda:1 --engine torch --precision f32,bf16 --seconds 0.5 --rounds 2"
    done = run(package, *options.split(), "--input", tmp_path / "x.npy", "--function", "main")
    assert done.exit_code == 0
    (wanted,) = asked
    assert (wanted.batches, wanted.devices, wanted.engines) == ((1, 8), ("cpu", "cuda:1"), ("torch",))
    assert (wanted.precisions, wanted.function, wanted.seconds, wanted.rounds) == (("f32", "bf16"), "main", 0.5, 2)
    assert {name: value.shape for name, value in wanted.given.items()} == {"x": (1, 3, 8, 8)}


@pytest.mark.parametrize("batch", ["0", "1,x", "-1", "1.5"])
def test_batches_are_sizes(batch: str, asked: list[Wanted]) -> None:
    error = run("model.mlpackage", "--batch", batch).exception
    assert isinstance(error, TensorLogicError)
    assert (error.code, error.exit_code, asked) == (codes.WRONG_ARGUMENTS, 2, [])


def test_a_picture_that_cannot_be_drawn_is_refused_before_anything_is_measured(asked: list[Wanted]) -> None:
    error = run("model.mlpackage", "--plot", "out.doc").exception
    assert isinstance(error, TensorLogicError)
    assert (error.code, asked) == (codes.CANNOT_WRITE, [])


@pytest.mark.usefixtures("asked")
def test_a_picture(tmp_path: Path) -> None:
    assert run("model.mlpackage", "--plot", tmp_path / "out.png").exit_code == 0
    assert (tmp_path / "out.png").read_bytes().startswith(b"\x89PNG")


def test_ctrl_c_shows_what_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = Benchmark(FOUND.path, "main", FOUND.measurements[:1], interrupted=True)
    monkeypatch.setattr(bench, "benchmark", lambda *arguments: stopped)
    done = run("model.mlpackage")
    assert done.exit_code == 130
    assert "12.3" in done.output
    assert "interrupted" in done.output
    assert json.loads(run("model.mlpackage", "--json").output)["interrupted"] is True


def test_a_model_as_json(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tensorlogic.models.bench.run.start", lambda *arguments: FOUND.startups[0].cold)
    chosen = ("--engine", "torch", "--device", "cpu", "--precision", "f32", "--batch", "1,8")
    done = run(package, *chosen, "--seconds", 0, "--rounds", 1, "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    data = json.loads(done.stdout)
    assert set(data) == {
        "model",
        "function",
        "machine",
        "measurements",
        "startups",
        "omissions",
        "tuned",
        "interrupted",
        "estimates",
    }
    assert set(data["machine"]) == {"system", "processor", "cores"}
    ((measured,), (start,)) = data["measurements"], data["startups"]
    assert set(measured) == {
        "engine", "device", "precision", "batch", "latency", "p90", "runs", "throughput", "power", "efficiency"
    }  # fmt: skip
    assert (measured["engine"], measured["device"], measured["precision"]) == ("torch", "cpu", "f32")
    assert (measured["batch"], measured["runs"]) == (1, 1)
    assert set(start) == {"engine", "device", "precision", "cold", "cached"}
    assert set(start["cold"]) == set(start["cached"]) == {"imports", "load", "first", "memory", "gpu_memory"}
    assert data["omissions"][0]["what"] == "batch 8"


@pytest.mark.usefixtures("asked")
def test_estimates_stand_beside_and_say_what_they_are(package: Path) -> None:
    text = run(package, "--chip", "m1").output
    title = "Estimated for one prediction on M1, not measured: most likely, from – to"
    table = text.partition(title)[2].partition("CPU: fitted to")[0]
    assert table.split()[:4] == ["estimated", "on", "latency,", "ms"]
    rows = "expected:", "Neural Engine alone", "GPU alone", "CPU alone"
    numbers = [
        number for line in table.splitlines() if line.strip().startswith(rows) for number in NUMBER.findall(line)
    ]
    assert len(numbers) == len(re.findall(r"[\d,.]+ – [\d,.]+", table)) >= len(rows)
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.usefixtures("asked")
def test_estimates_as_json(package: Path) -> None:
    found = json.loads(run(package, "--chip", "a15", "--json").output)["estimates"]
    assert (found["chip"], found["expected"]["estimated"]) == ("A15", True)
    assert set(found["cpu"]["latency_ms"]) == {"low", "likely", "high"}
    assert (found["cpu"]["power_w"], found["cpu"]["inferences_per_joule"]) == (None, None)


@pytest.mark.usefixtures("asked")
def test_what_cannot_be_estimated_is_said() -> None:
    assert "not estimated: there is no file or folder 'model.mlpackage'" in run("model.mlpackage").output
    assert "unknown" in json.loads(run("model.mlpackage", "--json").output)["estimates"]


def test_a_chip_that_is_unknown_is_refused_before_anything_is_measured(asked: list[Wanted]) -> None:
    error = run("model.mlpackage", "--chip", "M1 Mega").exception
    assert isinstance(error, TensorLogicError)
    assert (error.code, asked) == (codes.UNKNOWN_CHIP, [])


def test_weights_alone_are_refused(tmp_path: Path) -> None:
    tl.save_model({"w": np.ones(3)}, tmp_path / "w.safetensors")
    done = command("bench", tmp_path / "w.safetensors")
    assert done.returncode == 2
    assert "holds weights, and no program" in done.stderr
    assert "Traceback" not in done.stderr
