"""``tl advise``: what is expected of a model on a chip with a Neural Engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from tensorlogic.cli.console import print_json, progress, table_of
from tensorlogic.errors import UsageError, codes
from tensorlogic.formats.replacing import replacing

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table as Shown

    from tensorlogic.advisor import Advice
    from tensorlogic.advisor.finding import Finding
    from tensorlogic.advisor.fixing import Fixed
    from tensorlogic.advisor.placement import ComputeUnits
    from tensorlogic.report.obstacles import Obstacle
    from tensorlogic.report.tables import Table

_COLOURS = {"error": "bold red", "warning": "yellow", "note": "cyan"}
_MOST_ROWS = 24


def advise(
    model: Annotated[Path, typer.Argument(help="A Core ML model file or package.")],
    chip: Annotated[str, typer.Option(help="The chip, such as M1, 'M2 Max' or 'A17 Pro'.")] = "M1",
    compute_units: Annotated[
        str, typer.Option(help="What the app allows: all, cpu_and_ne, cpu_and_gpu or cpu_only.")
    ] = "all",
    function: Annotated[str | None, typer.Option(help="One of several functions, if not the default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    as_sarif: Annotated[bool, typer.Option("--sarif", help="Print a SARIF log, for code scanning.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write a page with the graph, such as report.html.")] = None,
    fix: Annotated[
        Path | None, typer.Option(help="Write a package in which what can be fixed is, such as fixed.mlpackage.")
    ] = None,
) -> None:
    """Tell where a model is expected to run, what keeps it off the Neural Engine, and how long it may take.

    It is all worked out from the file, on any machine: nothing is run or measured.
    """
    if as_json and as_sarif:
        raise UsageError(codes.WRONG_ARGUMENTS, "--json and --sarif both print a document", help="Choose one.")
    with progress(f"Reading {model}"):
        from tensorlogic.advisor import advise as ask

        found = ask(model, chip, cast("ComputeUnits", compute_units.lower()), function)
    fixed = None if fix is None else _fix(found, fix)
    if html is not None:
        _write(found, html)
    if as_json:
        print_json(found.as_dict() | ({} if fixed is None else {"fixed": fixed.as_dict()}))
    elif as_sarif:
        from tensorlogic.report import sarif

        print_json(sarif(found))
    else:
        _show(found, fixed, html)


def _fix(found: Advice, target: Path) -> Fixed:
    from tensorlogic.advisor.fixing import fix

    with progress(f"Writing {target}"):
        return fix(found.subject.path, target, found.findings)


def _write(found: Advice, html: Path) -> None:
    from tensorlogic.report import page

    with replacing(html.resolve()) as temporary:
        temporary.write_text(page(found), encoding="utf-8")


def _show(found: Advice, fixed: Fixed | None, html: Path | None) -> None:
    from rich.console import Console

    console = Console()
    for part in _parts(found):
        console.print(part, highlight=False)
    if fixed is not None:
        differing = f"its outputs differ by {fixed.difference:.2g} of their largest number at most"
        text = f"Fixed in {fixed.target}: {'; '.join(fixed.changes)}; {differing}."
        console.print(text, highlight=False, markup=False, soft_wrap=True)
    if html is not None:
        console.print(f"The page is in {html}.", highlight=False, markup=False, soft_wrap=True)


def _parts(found: Advice) -> Iterator[RenderableType]:
    from rich.text import Text

    from tensorlogic.report.obstacles import find_obstacles
    from tensorlogic.report.tables import estimates, regions, units
    from tensorlogic.report.wording import shown

    title = f"{shown(found.subject.path)}, function {shown(found.subject.function.name)}"
    yield Text(f"{title}, on {found.chip.name} with compute units {found.units}", "bold")
    yield Text(f"{found.summary} Nothing was measured.")
    yield from _table(units(found))
    yield from map(_finding, found.findings)
    yield from map(_obstacle, find_obstacles(found))
    for table in (estimates(found), regions(found)):
        yield from _table(table)


def _finding(finding: Finding) -> RenderableType:
    from tensorlogic.report.wording import FIXABLE, listed, sureness

    facts = {
        "where": listed(finding.where),
        "why": finding.why,
        "change": finding.change,
        "fix": FIXABLE if finding.fixable else "",
        "effect": finding.effect,
        "evidence": sureness(finding.evidence),
    }
    return _told(finding.severity, _COLOURS[finding.severity], finding.title, facts)


def _obstacle(obstacle: Obstacle) -> RenderableType:
    others = f", the first of {obstacle.operations:,} operations" if obstacle.operations > 1 else ""
    facts = {
        "where": f"{obstacle.example}{others}",
        "why": obstacle.why,
        "change": obstacle.change,
        "evidence": obstacle.sure,
    }
    return _told(obstacle.rule, "magenta", f"the Neural Engine {obstacle.verdict}", facts)


def _told(mark: str, colour: str, title: str, facts: Mapping[str, str]) -> RenderableType:
    """A title, and below it what there is to say, where there is something."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    from tensorlogic.report.wording import plain

    grid = Table.grid(padding=(0, 2))
    for name, fact in facts.items():
        if fact:
            grid.add_row(Text(name, "dim"), Text(plain(fact)))
    return Group(Text.assemble((f"{mark}: ", colour), (plain(title), "bold")), Padding(grid, (0, 0, 1, 2)))


def _table(table: Table) -> Iterator[RenderableType]:
    """A table as the terminal shows it, and how many rows were left out."""
    from rich.text import Text

    if not table.rows:
        return
    shown: Shown = table_of(table.title, *table.columns, numbers=table.numbers)
    shown.collapse_padding = True
    for column in shown.columns[len(table.columns) - table.numbers :]:
        column.no_wrap = True
    for row in table.rows[:_MOST_ROWS]:
        shown.add_row(*map(Text, row))
    yield shown
    if len(table.rows) > _MOST_ROWS:
        yield Text(f"  and {len(table.rows) - _MOST_ROWS:,} more, which --html and --json show", "dim")
