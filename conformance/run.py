"""Run coremltools' own tests of MIL's operations with every prediction made by TensorLogic.

The tests ship in coremltools' wheel. On Linux they only convert; with the drop-in they predict too, and compare what
comes out with what their authors expect. Each result goes to out/conformance.jsonl as it comes, so that a run that is
interrupted goes on where it was; docs/conformance.md is written at the end.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import journal
import pytest
import report
from journal import DEVICE, DONE, ENGINE, FIRST, LIST
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

HERE = Path(__file__).resolve().parent

# How coremltools runs the tests by default: the first opset that has the operation, float16 ...
DEFAULT = {"PYMIL_TEST_TARGETS": "mlprogram", "OMP_NUM_THREADS": "1"}
# ... and each of them at every later opset too, in float16 and float32.
EVERYTHING = DEFAULT | {"INCLUDE_MIL_FP32_UNIT_TESTS": "1", "RUN_BACKWARD_COMPATIBILITY": "1"}


def tests_folder() -> Path:
    """Where coremltools keeps its tests, found without importing it."""
    found = importlib.util.find_spec("coremltools")
    if found is None or not found.submodule_search_locations:
        sys.exit("coremltools is not installed: make test")
    return Path(found.submodule_search_locations[0], "converters/mil/mil/ops/tests")


def options(*more: str) -> list[str]:
    """pytest's arguments. The tests are always collected from the whole folder: names depend on the order."""
    quiet = ["-p", "no:terminal", "-p", "no:cacheprovider", "-p", "no:benchmark", "-W", "ignore"]
    place = ["--rootdir", str(tests_folder()), "-c", str(HERE / "pytest.ini"), "-p", "plugin"]
    return [*quiet, *place, *more, str(tests_folder())]


class Recorder:
    """Writes each result down as it comes, and moves the progress bar."""

    def __init__(self, path: Path, device: str, done: int) -> None:
        self._path = path
        torch = importlib.metadata.version("torch").partition("+")[0]
        self._about = {"device": device, "torch": torch, "sources": journal.sources()}
        self._done = done
        self._counts = dict.fromkeys(("passed", "failed", "skipped"), 0)
        bar = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
        self._progress = Progress(*bar, TimeElapsedColumn(), TimeRemainingColumn())
        self._task = self._progress.add_task("collecting", total=None)

    def __enter__(self) -> Recorder:
        self._path.parent.mkdir(exist_ok=True)
        self._file = self._path.open("a")
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()
        self._file.close()

    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:
        """Now the number of tests is known."""
        self._progress.update(self._task, total=self._done + len(ids), completed=self._done)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One report for the setup, the call and the teardown each; only the first that says something counts."""
        if report.when == "call" or (report.when == "setup" and report.outcome != "passed"):
            result = journal.result_of(report) | self._about
            self._file.write(json.dumps(result) + "\n")
            self._file.flush()
            self._counts[report.outcome] += 1
            said = ", ".join(f"{count} {outcome}" for outcome, count in self._counts.items())
            self._progress.update(self._task, advance=1, description=said)


def run(arguments: argparse.Namespace, folder: Path) -> None:
    """Run what has no result that stands."""
    stands = [result["test"] for result in journal.read(arguments.journal) if _stands(result, arguments)]
    done = folder / "done.json"
    done.write_text(json.dumps(stands))
    settings = EVERYTHING if arguments.tests == "all" else DEFAULT
    first = {FIRST: "1"} if arguments.tests == "first" else {}
    os.environ.update(settings | first | {DONE: str(done), DEVICE: arguments.device, ENGINE: arguments.engine})
    chosen = ["-k", arguments.only] if arguments.only else []
    with Recorder(arguments.journal, _place(arguments), len(stands)) as recorder:
        pytest.main(options("-n", str(arguments.workers), *chosen), plugins=[recorder])


def _stands(result: journal.Result, arguments: argparse.Namespace) -> bool:
    """Whether a test need not run again."""
    again = result["outcome"] == "failed" if arguments.failed else result["sources"] != journal.sources()
    return result["device"] == _place(arguments) and not again


def _place(arguments: argparse.Namespace) -> str:
    """What results say that they are of."""
    return arguments.device if arguments.engine == "auto" else f"{arguments.device}, {arguments.engine}"


def default_tests(folder: Path) -> set[str]:
    """The tests that coremltools runs by default."""
    names = folder / "names.json"
    environment = os.environ | DEFAULT | {LIST: str(names), DONE: ""}
    for name in EVERYTHING.keys() - DEFAULT.keys():
        environment.pop(name, None)
    command = [sys.executable, "-m", "pytest", *options("--collect-only")]
    subprocess.run(command, env=environment, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return set(json.loads(names.read_text()))


def main() -> int:
    """Run what is to be run, and write the report. Exits with 1 when a failure is ours."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="test processes")
    parser.add_argument("--only", metavar="EXPRESSION", help="run the tests that match, as with pytest -k")
    which = "every case at every opset, what coremltools runs by default, or the first case of every test"
    parser.add_argument("--tests", choices=("all", "default", "first"), default="all", help=which)
    parser.add_argument("--device", default="cpu", help="what predictions run on")
    parser.add_argument("--engine", default="auto", help="the engine that they run on")
    parser.add_argument("--journal", type=Path, default=journal.PATH, help="where results are kept")
    parser.add_argument(
        "--failed", action="store_true", help="keep what passed before, though the sources have changed"
    )
    parser.add_argument("--report", action="store_true", help="run nothing; write the report again")
    arguments = parser.parse_args()
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(HERE), os.environ.get("PYTHONPATH"))))
    with tempfile.TemporaryDirectory() as folder:
        if not arguments.report:
            run(arguments, Path(folder))
        results = journal.read(arguments.journal)
        return 0 if arguments.tests == "first" else report.write(results, default_tests(Path(folder)))


if __name__ == "__main__":
    raise SystemExit(main())
