"""Results of tests, one line of JSON each, so that an interrupted run can go on."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from pathlib import Path
from typing import Any

import pytest

# Variables of the environment for the processes of a run (plugin.py), and a property of each result.
DONE = "CONFORMANCE_DONE"
LIST = "CONFORMANCE_LIST"
FIRST = "CONFORMANCE_FIRST"
DEVICE = "CONFORMANCE_DEVICE"
ENGINE = "CONFORMANCE_ENGINE"
RAN = "operations of the programs that predicted"
ENGINES = "engines that predicted"

ROOT = Path(__file__).resolve().parent.parent
PATH = ROOT / "out" / "conformance.jsonl"
"""Where results go when nothing else is asked for."""
_LONGEST = 2000

Result = dict[str, Any]


def read(path: Path) -> list[Result]:
    """The last result of each test on each device. A line that an interruption cut off is left out."""
    results = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        try:
            result = json.loads(line)
        except ValueError:
            continue
        results[result["test"], result["device"]] = result
    return list(results.values())


def sources() -> str:
    """A fingerprint of the code under test and of coremltools' version."""
    digest = hashlib.sha256(importlib.metadata.version("coremltools").encode())
    for path in sorted((ROOT / "src").rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def result_of(report: pytest.TestReport) -> Result:
    """What is kept of a report."""
    xfail = getattr(report, "wasxfail", None)
    return {
        "test": report.nodeid,
        "outcome": report.outcome if xfail is None else f"x{report.outcome}",
        "ran": dict(report.user_properties).get(RAN, []),
        "engines": dict(report.user_properties).get(ENGINES, []),
        "message": _message(report)[:_LONGEST] if xfail is None else xfail,
        "seconds": round(report.duration, 3),
    }


def _message(report: pytest.TestReport) -> str:
    """Why a test failed or was skipped."""
    if report.outcome == "passed":
        return ""
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    crash = getattr(report.longrepr, "reprcrash", None)
    return report.longreprtext if crash is None else str(crash.message)
