"""``tl advise``: what is expected of a model on a chip with a Neural Engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from tensorlogic.cli.console import print_json, progress, report_table
from tensorlogic.errors import UsageError, codes
from tensorlogic.formats.replacing import replacing

if TYPE_CHECKING:
    from rich.console import RenderableType

    from tensorlogic.advisor import Advice
    from tensorlogic.advisor.finding import Finding
    from tensorlogic.advisor.fixing import Fixed
    from tensorlogic.advisor.on_device import Agreement
    from tensorlogic.advisor.placement import ComputeUnits
    from tensorlogic.report.obstacles import Obstacle

_COLOURS = {"error": "bold red", "warning": "yellow", "note": "cyan"}


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
    on_device: Annotated[
        bool, typer.Option("--on-device", help="Ask Core ML on this Mac too, and tell what agrees; --chip is its chip.")
    ] = False,
    fix: Annotated[
        Path | None, typer.Option(help="Write a package in which what can be fixed is, such as fixed.mlpackage.")
    ] = None,
) -> None:
    """Tell where a model is expected to run, what keeps it off the Neural Engine, and how long it may take.

    It is all worked out from the file, on any machine: nothing is measured.
    """
    if as_json and as_sarif:
        raise UsageError(codes.WRONG_ARGUMENTS, "--json and --sarif both print a document", help="Choose one.")
    with progress(f"Reading {model}"):
        from tensorlogic.advisor import advise as ask

        found = ask(model, chip, cast("ComputeUnits", compute_units.lower()), function)
    agreement = _compare(found) if on_device else None
    fixed = None if fix is None else _fix(found, fix)
    if html is not None:
        _write(found, html)
    if as_json:
        parts = {"on_device": agreement, "fixed": fixed}
        print_json(found.as_dict() | {name: part.as_dict() for name, part in parts.items() if part is not None})
    elif as_sarif:
        from tensorlogic.report import sarif

        print_json(sarif(found))
    else:
        _show(found, agreement, fixed, html)


def _compare(found: Advice) -> Agreement:
    from tensorlogic.advisor.on_device import agreement, on_device

    with progress("Asking Core ML"):
        return agreement(found, on_device(found.subject.path, found.units, found.subject.function.name))


def _fix(found: Advice, target: Path) -> Fixed:
    from tensorlogic.advisor.fixing import fix

    with progress(f"Writing {target}"):
        return fix(found.subject.path, target, found.findings)


def _write(found: Advice, html: Path) -> None:
    from tensorlogic.report import page

    with replacing(html.resolve()) as temporary:
        temporary.write_text(page(found), encoding="utf-8")


def _show(found: Advice, agreement: Agreement | None, fixed: Fixed | None, html: Path | None) -> None:
    from rich.console import Console

    console = Console()
    for part in (*_parts(found), *([] if agreement is None else _agreeing(agreement))):
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
    yield from report_table(units(found))
    yield from map(_finding, found.findings)
    yield from map(_obstacle, find_obstacles(found))
    for table in (estimates(found), regions(found)):
        yield from report_table(table)


def _agreeing(agreement: Agreement) -> Iterator[RenderableType]:
    from rich.text import Text

    from tensorlogic.report.tables import differences

    shares = f"{agreement.share:.0%}, with {agreement.share_of_flops:.0%} of the work"
    yield Text(f"Core ML on this Mac plans {shares}, of {agreement.compared:,} operations where they are expected.")
    yield from report_table(differences(agreement))


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
