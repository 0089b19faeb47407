"""docs/conformance.md from the results of a run."""

from __future__ import annotations

import importlib.metadata
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from journal import ROOT, Result

FINDINGS = Path(__file__).resolve().parent / "findings.toml"
REPORT = ROOT / "docs" / "conformance.md"
_LONGEST = 160

_ABOUT = """\
<!-- Written by `make conformance`; do not edit. -->

# Conformance

coremltools brings its own tests of every operation of ML Programs. On a Mac they convert a small program, predict with
Core ML, and compare the result with the expected one; elsewhere they only convert. Here they run with the
[drop-in](coremltools.md) installed, so that every prediction is made by TensorLogic and really compared. `make
conformance` runs them and writes this page.
"""


def write(results: list[Result], default: set[str]) -> int:
    """Write the page; 1 when a failure is ours."""
    failures = sorted((r for r in results if r["outcome"] == "failed"), key=lambda r: str(r["test"]))
    rows = findings()
    explained = [(failure, next((row for row in rows if row.explains(failure)), OURS)) for failure in failures]
    parts = [_ABOUT, *_versions(results), *_totals(results, default, explained)]
    parts += [*_engines(results), *_files(results), *_failures(explained), *_reasons(results)]
    REPORT.write_text("\n".join(parts))
    ours = sum(finding.whose == "ours" for _, finding in explained)
    print(f"{len(results):,} results, {len(failures):,} failed, {ours:,} of them ours: {REPORT.relative_to(ROOT)}")
    return int(ours > 0)


class Finding:
    """A row of findings.toml: failures that have one reason. `tests` and `message` are regular expressions."""

    def __init__(self, tests: str, message: str, why: str, whose: str = "theirs") -> None:
        self._tests, self._message = re.compile(tests), re.compile(message, re.DOTALL)
        self.why, self.whose = " ".join(why.split()), whose

    def explains(self, failure: Result) -> bool:
        """Whether the failure is one of these."""
        return bool(self._tests.search(failure["test"]) and self._message.search(failure["message"]))


OURS = Finding("", "", "", "ours")
"""A failure that nobody has explained is ours."""


def findings() -> list[Finding]:
    """The rows of findings.toml."""
    return [Finding(**each) for each in tomllib.loads(FINDINGS.read_text())["finding"]]


def _versions(results: Iterable[Result]) -> Iterator[str]:
    said = dict(sorted((each["device"], each["torch"]) for each in results))
    on = ", ".join(f"{device} with torch {version}" for device, version in said.items())
    yield f"With coremltools {importlib.metadata.version('coremltools')}; on {on}.\n"
    states = len({result["sources"] for result in results})
    if states > 1:
        yield f"These results were collected over {states} states of the sources.\n"


def _totals(results: list[Result], default: set[str], explained: list[tuple[Result, Finding]]) -> Iterator[str]:
    yield "| tests | on | results | passed | failed | of these ours | skipped | predicted |"
    yield "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    ours = {id(failure) for failure, finding in explained if finding.whose == "ours"}
    for device in sorted({result["device"] for result in results}):
        there = [result for result in results if result["device"] == device]
        by_default = [result for result in there if result["test"] in default]
        yield _row("by default", device, by_default, ours)
        if len(there) > len(by_default):
            yield _row("every opset, float16 and float32", device, there, ours)
    yield "\nThe others test conversion alone: shapes and types, constants, refusals.\n"


def _row(title: str, device: str, results: list[Result], ours: set[int]) -> str:
    counts = _counts(results)
    mine = sum(id(result) in ours for result in results)
    predicted = sum(bool(result["ran"]) for result in results)
    figures = (len(results), counts["passed"], counts["failed"], mine, counts["skipped"], predicted)
    return f"| {title} | {device} | {' | '.join(f'{figure:,}' for figure in figures)} |"


def _counts(results: Iterable[Result]) -> Counter[str]:
    """Tests by what came out. An expected failure that comes true counts as passed, as pytest does."""
    same = {"xskipped": "skipped", "xpassed": "passed", "xfailed": "passed"}
    return Counter(same.get(result["outcome"], result["outcome"]) for result in results)


def _engines(results: Iterable[Result]) -> Iterator[str]:
    used = Counter((each["device"], engine) for each in results for engine in each.get("engines", ()))
    if used:
        yield "| on | engine | predicted |"
        yield "| --- | --- | ---: |"
        yield from (f"| {device} | {engine} | {count:,} |" for (device, engine), count in sorted(used.items()))
        yield ""


def _files(results: Iterable[Result]) -> Iterator[str]:
    yield "## By file\n"
    yield "| file | on | passed | failed | skipped | predicted |"
    yield "| --- | --- | ---: | ---: | ---: | ---: |"
    files: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        files.setdefault((result["test"].partition("::")[0], result["device"]), []).append(result)
    for (name, device), listed in sorted(files.items()):
        counts = _counts(listed)
        predicted = sum(bool(result["ran"]) for result in listed)
        yield f"| {name} | {device} | {counts['passed']} | {counts['failed']} | {counts['skipped']} | {predicted} |"
    yield ""


def _failures(explained: list[tuple[Result, Finding]]) -> Iterator[str]:
    yield "## Failures\n"
    if not explained:
        yield "None.\n"
        return
    yield "| test | on | cases | whose | reason |"
    yield "| --- | --- | ---: | --- | --- |"
    grouped = Counter(
        (_test(failure), failure["device"], finding.whose, finding.why or _said(failure))
        for failure, finding in explained
    )
    for (test, device, whose, why), count in sorted(grouped.items()):
        yield f"| {test} | {device} | {count} | {whose} | {why} |"
    yield ""


def _test(result: Result) -> str:
    return str(result["test"]).partition("[")[0]


def _said(result: Result) -> str:
    """The beginning of a message, fit for a table: without the paths of the machine that it came from."""
    return (
        " ".join(re.sub(r"\(?/[^\s,)]+[,)]?", "", result["message"]).split())[:_LONGEST]
        .replace("|", "\\|")
        .replace("<", "&lt;")
    )


def _reasons(results: Iterable[Result]) -> Iterator[str]:
    yield "## Skipped, and why\n"
    yield "| tests | reason |"
    yield "| ---: | --- |"
    skipped = Counter(_said(result) for result in results if result["outcome"] in ("skipped", "xskipped"))
    for reason, count in skipped.most_common():
        yield f"| {count:,} | {reason} |"
    yield ""
