"""Run coremltools' own tests of MIL's operations with every prediction made by TensorLogic.

The tests ship in coremltools' wheel; on Linux they only convert. With the drop-in they predict, and compare what
comes out with the values that coremltools' authors wrote down. Results go to a journal line by line, so that an
interrupted run goes on where it was; the report is written to docs/conformance.md.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

HERE = Path(__file__).parent
ROOT = HERE.parent
JOURNAL = ROOT / "out" / "conformance.jsonl"

# Each test at every opset that knows its operation, in float16 and float32.
EVERYTHING = {
    "PYMIL_TEST_TARGETS": "mlprogram",
    "INCLUDE_MIL_FP32_UNIT_TESTS": "1",
    "RUN_BACKWARD_COMPATIBILITY": "1",
}


def tests_folder() -> Path:
    """The folder of the tests, found without importing coremltools."""
    spec = importlib.util.find_spec("coremltools")
    assert spec is not None and spec.submodule_search_locations, "coremltools is installed with the tests"
    return Path(spec.submodule_search_locations[0], "converters/mil/mil/ops/tests")


def sources() -> str:
    """A fingerprint of the code under test and of coremltools' version."""
    digest = hashlib.sha256(importlib.metadata.version("coremltools").encode())
    for path in sorted((ROOT / "src").rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def read_journal() -> dict[str, dict[str, Any]]:
    """The last result of each test. A line that an interruption cut off is left out."""
    results = {}
    for line in JOURNAL.read_text().splitlines() if JOURNAL.exists() else ():
        try:
            result = json.loads(line)
        except ValueError:
            continue
        results[result["test"]] = result
    return results


class Recorder:
    """Writes each result to the journal as it comes, and moves the progress bar."""

    def __init__(self, done: int) -> None:
        self._sources = sources()
        self._counts = {"passed": 0, "failed": 0, "skipped": 0}
        self._done = done
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn()
        )
        self._task = self._progress.add_task("collecting", total=None)

    def __enter__(self) -> Recorder:
        JOURNAL.parent.mkdir(exist_ok=True)
        self._file = JOURNAL.open("a")
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()
        self._file.close()

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:
        self._progress.update(self._task, total=self._done + len(ids), completed=self._done)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" and report.outcome == "passed":
            return
        if report.when == "teardown":
            return
        self._file.write(json.dumps({**_result(report), "sources": self._sources}) + "\n")
        self._file.flush()
        self._counts[report.outcome] += 1
        said = ", ".join(f"{count} {outcome}" for outcome, count in self._counts.items())
        self._progress.update(self._task, advance=1, description=said)


def _result(report: pytest.TestReport) -> dict[str, Any]:
    expected = hasattr(report, "wasxfail")
    text = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr or "")
    crash = getattr(report.longrepr, "reprcrash", None)
    return {
        "test": report.nodeid,
        "outcome": "expected failure" if expected else report.outcome,
        "operations": dict(report.user_properties).get("operations that predictions ran", []),
        "message": report.wasxfail if expected else text if crash is None else crash.message,
        "predicting": ".predict(" in text,
        "seconds": round(report.duration, 3),
    }


def run(arguments: argparse.Namespace) -> None:
    """Run what has no result yet."""
    done = read_journal()
    kept = [name for name, result in done.items() if _keeps(result, arguments)]
    with tempfile.TemporaryDirectory() as folder:
        snapshot = Path(folder, "done.json")
        snapshot.write_text(json.dumps(kept))
        os.environ.update(EVERYTHING, CONFORMANCE_DONE=str(snapshot), OMP_NUM_THREADS="1")
        sys.path.insert(0, str(HERE))
        with Recorder(len(kept)) as recorder:
            pytest.main(_options(arguments, tests_folder()), plugins=[recorder])


def _keeps(result: dict[str, Any], arguments: argparse.Namespace) -> bool:
    """Whether a result of an earlier run stands."""
    if arguments.failed:
        return bool(result["outcome"] != "failed")
    return bool(result["sources"] == sources())


def _options(arguments: argparse.Namespace, tests: Path) -> list[str]:
    silent = ["-p", "no:terminal", "-p", "no:cacheprovider", "-p", "no:benchmark", "-W", "ignore"]
    place = ["--rootdir", str(tests), "-c", str(HERE / "pytest.ini"), "-p", "plugin", "-n", str(arguments.workers)]
    chosen = ["-k", arguments.only] if arguments.only else []
    return [*silent, *place, *chosen, str(tests)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="test processes")
    parser.add_argument("--only", metavar="EXPRESSION", help="run tests that match, as pytest's -k")
    parser.add_argument("--failed", action="store_true", help="run what failed last time, and what has no result")
    arguments = parser.parse_args()
    run(arguments)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
