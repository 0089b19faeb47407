"""``tl bench program.tl``: how long the `bench` blocks of a program take."""

from __future__ import annotations

import statistics
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tensorlogic.cli.console import print_json, table_of

if TYPE_CHECKING:
    from tensorlogic.runtime import Permissions


def bench_blocks(file: Path, seconds: float, as_json: bool, permissions: Permissions) -> None:
    """Measure each block for so long, after the top level of the file and one run that does not count."""
    from tensorlogic.runtime import open_file

    program = open_file(file, sys.stderr if as_json else sys.stdout, permissions=permissions)
    results: list[dict[str, Any]] = []
    for trial in program.trials("bench"):
        times = program.timed(trial, seconds)
        results.append({"file": str(file), "bench": trial.name, "median": statistics.median(times), "runs": len(times)})
    if as_json:
        print_json(results)
        return
    from rich.console import Console

    table = table_of(str(file), "bench", "median, ms", "runs", numbers=2)
    for result in results:
        table.add_row(result["bench"], f"{result['median'] * 1e3:.3f}", str(result["runs"]))
    Console().print(table if results else "there are no benchmarks")
