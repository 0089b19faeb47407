"""``tl verify``: what f16 does to a model."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tensorlogic.cli.console import NOTHING, print_json, progress_bar, table_of

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from tensorlogic.advisor.verification import Verification
    from tensorlogic.advisor.verification.differences import Difference, Range
    from tensorlogic.advisor.verification.outputs import Agreement, Ranking
    from tensorlogic.advisor.verification.troubles import Checked

_TROUBLE = 1
_COLOURS = {"error": "red", "warning": "yellow", "note": "blue"}


def verify(
    model: Annotated[Path, typer.Argument(help="A Core ML package or compiled model.")],
    against: Annotated[
        Path | None, typer.Option(help="What it was made from, or another form of it: .onnx, .mlpackage, .pt2.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Inputs by name, one or many samples: a .npz file.")] = None,
    function: Annotated[str | None, typer.Option(help="One of several functions, if not the default.")] = None,
    flush_subnormals: Annotated[
        bool,
        typer.Option("--flush-subnormals", help="Make zeros of f16 numbers below 6.1e-5, as the Neural Engine does."),
    ] = False,
    allow_pickle: Annotated[
        bool, typer.Option("--allow-pickle", help="Read a .pt2 of your own: it may run code that is in it.")
    ] = False,
    worst: Annotated[
        int, typer.Option(min=1, help="How many findings, and how many of the least exact operations, to list.")
    ] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Run a model in f16 and in f32, operation by operation, and say where f16 goes wrong and whether it matters.

    Of a model that computes nothing in f16, it is what a conversion to f16 would do. Exit code 1 means trouble: an
    operation overflows or gives NaN, or an answer is another one.
    """
    from tensorlogic.advisor.verification import verify as run

    with progress_bar() as progress:
        options = {"function": function, "flush": flush_subnormals, "allow_pickle": allow_pickle}
        found = run(model, against, data, progress=progress, **options)  # type: ignore[arg-type]
    if as_json:
        print_json(found.as_dict())
    else:
        _show(found, worst)
    if not found.ok:
        raise typer.Exit(_TROUBLE)


def _show(found: Verification, worst: int) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    console.print(_told(found.verdict), style=f"bold {'green' if found.ok else 'red'}", soft_wrap=True)
    _show_findings(found, worst, console)
    if found.first is not None:
        console.print(_neighbours(found, found.first))
    console.print(_operations(found, worst))
    console.print(_outputs("Outputs in f16, beside f32", found.outputs))
    if found.against is not None:
        name = Path(found.against.path).name
        console.print(_outputs(f"Outputs in f16, beside {name}", found.against.f16))
        console.print(_outputs(f"Outputs in f32, beside {name}", found.against.f32))
        for each in found.against.unmatched:
            console.print(f"not compared: {name} has no output like {each!r}", markup=False, soft_wrap=True)
    for caveat in found.caveats:
        console.print(_told(caveat), soft_wrap=True)


def _show_findings(found: Verification, most: int, console: Console) -> None:
    for finding in found.findings[:most]:
        console.print(f"\n[{_COLOURS[finding.severity]}]{finding.severity}[/]", end=": ")
        for line in (finding.title, f"  why: {finding.why}", f"  change: {finding.change}"):
            console.print(_told(line), soft_wrap=True)
    if len(found.findings) > most:
        console.print(f"\nand {len(found.findings) - most} more findings: --worst {len(found.findings)} shows all")
    if found.affected:
        console.print(f"\n{found.affected} more operations go wrong only because of what comes in there.")


def _neighbours(found: Verification, first: Checked) -> Table:
    """What goes into an operation, itself, and what takes its result."""
    table = table_of(f"Around {_told(first.name)}", "", "name", "type", "in f32", "in f16")
    known = {each.name: each for each in found.checked}
    rows = [("takes", name) for name in first.takes] + [("", first.name)]
    rows += [("goes to", name) for name in first.consumers]
    for role, name in rows:
        if name in known:
            each = known[name]
            table.add_row(role, _told(name), _told(each.type), _range(each.difference.range), _f16(each.difference))
    return table


def _operations(found: Verification, worst: int) -> Table:
    table = table_of(
        "The least exact operations", "name", "type", "in f32", "noise", "worst\nelement", "own", numbers=3
    )
    for each in sorted(found.operations, key=lambda each: -each.difference.noise)[:worst]:
        numbers = (each.difference.noise, each.difference.error, each.own)
        table.add_row(_told(each.name), _told(each.type), _range(each.difference.range), *map(_number, numbers))
    return table


def _outputs(title: str, outputs: Iterable[Agreement]) -> Table:
    headings = (
        "output",
        "largest\nerror",
        "noise",
        "cosine",
        "PSNR\ndB",
        "top 1\nchanges",
        "top 5\nchanges",
        "lead",
    )
    table = table_of(title, *headings, numbers=7)
    for each in outputs:
        noise = math.nan if math.isnan(each.cosine) else each.difference.noise  # it would leave out what is not finite
        measures = (_number(each.largest), _number(noise), _number(each.cosine, "6f"), _number(each.psnr, "1f"))
        table.add_row(_told(each.name), *measures, *_ranking(each.ranking))
    return table


def _told(name: str) -> str:
    """What a file says, as nothing but text."""
    from rich.markup import escape

    from tensorlogic.report.wording import plain

    return escape(plain(name))


def _ranking(ranking: Ranking | None) -> tuple[str, str, str]:
    """How many rows change, and by what margin the first was ahead where that was least."""
    if ranking is None:
        return NOTHING, NOTHING, NOTHING
    changes = (f"{count} of {ranking.rows}" for count in (ranking.top1, ranking.top5))
    return (*changes, _number(ranking.lead))  # type: ignore[return-value]


def _f16(difference: Difference) -> str:
    """The range in f16, and what is none."""
    counts = {"inf": difference.overflows, "NaN": difference.nans, "underflow": difference.underflows}
    return ", ".join([_range(difference.range_in_f16), *(f"{count} {what}" for what, count in counts.items() if count)])


def _range(range: Range | None) -> str:
    return NOTHING if range is None else f"{range.least:.4g} … {range.largest:.4g}"


def _number(value: float | None, digits: str = "2g") -> str:
    return NOTHING if value is None or math.isnan(value) else f"{value:.{digits}}"
