"""Ratios beside the goals that they should reach: a table, and the same as JSON."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

Record = dict[str, Any]
"""What a row of a table says, by column."""


def options(prog: str, description: str | None, rounds: int) -> argparse.ArgumentParser:
    """What such benchmarks are asked."""
    parser = argparse.ArgumentParser(prog=prog, description=description)
    parser.add_argument("--rounds", type=int, default=rounds, help="how many turns each takes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers into this file too")
    return parser


def tell(title: str, records: list[Record], file: Path | None) -> None:
    """Print records, and write them into a file, if there is one."""
    table = Table(*records[0], title=title)
    for record in records:
        table.add_row(*map(_shown, record.values()))
    Console(width=160).print(table)
    if file:
        file.write_text(json.dumps({"title": title, "rows": records}, indent=1), encoding="utf-8")


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3g}" if value < 100 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else "" if value is None else str(value)
