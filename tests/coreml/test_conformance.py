"""One case of each of coremltools' own operation tests, with the predictions really made and compared.

`make conformance` runs all cases.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tensorlogic.mil.ops import declarations
from tests.conftest import ROOT

FOLDER = ROOT / "conformance"

# Operations that no test of coremltools predicts with: their tests only convert, or constants are folded before.
NOT_COVERED = {
    "ceil", "classify", "conv_quantized", "coreml_update_state", "logical_and", "logical_not", "logical_or",
    "logical_xor", "non_maximum_suppression",
}  # fmt: skip


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[dict]:
    journal = tmp_path_factory.mktemp("conformance") / "results.jsonl"
    command = [sys.executable, FOLDER / "run.py", "--tests", "first", "--workers", "1", "--journal", journal]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
    assert journal.exists(), done.stdout + done.stderr
    return [json.loads(line) for line in journal.read_text().splitlines()]


def test_predictions_are_as_coremltools_expects(results: list[dict], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(FOLDER)
    from report import findings

    failures = [result for result in results if result["outcome"] == "failed"]
    ours = [each for each in failures if not any(finding.explains(each) for finding in findings())]
    assert not ours, "\n".join(f"{each['test']}: {each['message'][:500]}" for each in ours)
    assert sum(bool(result["ran"]) for result in results) > 250


def test_predictions_are_made_by_onnx_runtime(results: list[dict]) -> None:
    """The engine that a CPU has by default: none of them falls back to another."""
    others = [(each["test"], each["engines"]) for each in results if each["ran"] and each["engines"] != ["onnxruntime"]]
    assert not others


def test_every_operation_has_predicted(results: list[dict]) -> None:
    ran = {operation for result in results if result["outcome"] == "passed" for operation in result["ran"]}
    declared = {op.name for op in declarations()}
    assert declared - ran == NOT_COVERED


def test_findings_say_why() -> None:
    rows = tomllib.loads((FOLDER / "findings.toml").read_text())["finding"]
    assert all({"tests", "message", "why"} <= row.keys() and row["why"] for row in rows)


@pytest.mark.slow
def test_a_run_goes_on_where_it_was(tmp_path: Path) -> None:
    journal = tmp_path / "results.jsonl"
    command = [sys.executable, FOLDER / "run.py", "--tests", "first", "--only", "TestElu", "--workers", "1"]
    for _ in range(2):
        subprocess.run([*command, "--journal", journal], capture_output=True, check=True, timeout=300)
        lines = journal.read_text().splitlines()
        journal.write_text("\n".join(lines) + '\n{"test": "cut off')
    assert (
        len({json.loads(line)["test"] for line in lines if not line.startswith('{"test": "cut')}) == len(lines) - 1 > 0
    )
