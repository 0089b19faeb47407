"""`tl advise`: what it prints, as a person and as tools read it, and how it refuses."""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tensorlogic.advisor import advise as ask
from tensorlogic.cli.app import app
from tests.advisor.macs import ANE, CPU, Plan, pretend
from tests.cli.test_cli import tl as command
from tests.saving import save


def test_in_the_terminal(package: Path) -> None:
    done = command("advise", package)
    assert done.returncode == 0, done.stderr
    words = " ".join(done.stdout.split())
    for said in ("function main, on M1 with compute units all", "Of 6 operations, expected:", "Nothing was measured."):
        assert said in words, said
    for title in ("Units", "Regions, in order", "share of work"):
        assert title in words, title
    assert "runs on the Neural Engine" not in words


def test_as_json(package: Path) -> None:
    done = command("advise", package, "--chip", "a17pro", "--compute-units", "CPU_AND_NE", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    data = json.loads(done.stdout)
    assert (data["chip"], data["compute_units"], data["function"]) == ("A17 Pro", "cpu_and_ne", "main")
    assert set(data) == {
        *("path", "function", "chip", "compute_units", "summary"),
        *("units", "findings", "estimates", "operations", "regions"),
    }
    assert sum(each["operations"] for each in data["regions"]) == len(data["operations"])
    assert sum(each["share_of_operations"] for each in data["units"].values()) == pytest.approx(1)
    for estimate in data["estimates"].values():
        assert estimate["estimated"] is True
        assert set(estimate["latency_ms"]) == {"low", "likely", "high"}


def test_as_sarif(package: Path) -> None:
    done = command("advise", package, "--sarif")
    assert (done.returncode, done.stderr) == (0, "")
    (run,) = json.loads(done.stdout)["runs"]
    assert run["artifacts"][0]["location"]["uri"] == package.as_uri()


def test_as_a_page(package: Path, tmp_path: Path) -> None:
    done = command("advise", package, "--html", "report.html", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "The page is in report.html." in done.stdout
    assert (tmp_path / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")


# Arguments after the model, and what is said.
REFUSED = [
    (("--chip", "M9"), "no facts about a chip 'M9'"),
    (("--compute-units", "gpu"), "There are all, cpu_and_ne, cpu_and_gpu, cpu_only."),
    (("--function", "other"), "no function 'other'"),
    (("--json", "--sarif"), "Choose one."),
    (("--html", "nowhere/report.html"), "cannot write"),
]


@pytest.mark.parametrize(("arguments", "says"), REFUSED)
def test_refusals(package: Path, tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    done = command("advise", package, *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


@pytest.fixture(scope="module")
def wide_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package in fp32."""
    import coremltools as ct
    from coremltools.converters.mil import Builder as mb  # noqa: N813 (its usual name)

    @mb.program(input_specs=[mb.TensorSpec((1, 4, 8, 8))], opset_version=ct.target.iOS16)
    def program(x):
        return mb.relu(x=mb.add(x=x, y=1.0), name="sum")

    path = tmp_path_factory.mktemp("wide") / "wide.mlpackage"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        save(program, path, "FLOAT32", opset=16)
    return path


def test_fixing(wide_package: Path, tmp_path: Path) -> None:
    done = command("advise", wide_package, "--fix", "fixed.mlpackage", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    words = " ".join(done.stdout.split())
    assert "error: 2 operations of 2 in fp32" in words
    assert "fix tl advise --fix makes this change" in words
    assert "Fixed in fixed.mlpackage: operations in fp32: 0, of 2 before; its outputs differ by" in words
    again = command("advise", tmp_path / "fixed.mlpackage", "--json")
    assert not [finding for finding in json.loads(again.stdout)["findings"] if finding["fixable"]]


def on_a_mac(package: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> str:
    """What is printed on a made-up Mac that plans one operation for its Neural Engine, and the others for its CPU."""
    first, *others = (placed.site for placed in ask(package).placement.operations)
    rows = [(site.type, site.name, CPU, [CPU]) for site in others]
    pretend(monkeypatch, Plan((first.type, first.name, ANE, [CPU, ANE]), *rows, ("cast", "its own", CPU, [CPU])))
    done = CliRunner().invoke(app, ["advise", str(package), "--on-device", *options], env={"COLUMNS": "80"})
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_plan_of_a_mac_stands_beside(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = " ".join(on_a_mac(package, monkeypatch).split())
    assert "Core ML on this Mac plans 83%, with" in words
    assert "of 6 operations where they are expected" in words
    assert "Core ML's own plan on this Mac differs" in words
    assert "not in the file: its own" in words


def test_a_plan_of_a_mac_as_json(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = json.loads(on_a_mac(package, monkeypatch, "--json"))["on_device"]
    assert (found["compared"], found["share"], found["unexpected"]) == (6, 5 / 6, ["its own"])
    assert (found["differences"][0]["expected"], found["differences"][0]["preferred"]) == ("cpu", "ane")


@pytest.mark.skipif(sys.platform == "darwin", reason="a Mac has a plan")
def test_elsewhere_there_is_no_plan(package: Path) -> None:
    done = command("advise", package, "--on-device")
    assert (done.returncode, done.stdout) == (2, "")
    assert "only a Mac has a plan of its own" in done.stderr


def test_what_cannot_be_fixed_is_refused(package: Path, tmp_path: Path) -> None:
    done = command("advise", package, "--fix", "fixed.mlpackage", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "nothing was found that could be fixed" in done.stderr
    assert not list(tmp_path.iterdir())
