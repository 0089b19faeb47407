"""``tl bench``: how fast a model is on this machine."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tensorlogic.cli.bench_blocks import bench_blocks
from tensorlogic.cli.console import bar, print_json, size_text, table_of
from tensorlogic.cli.inputs import INPUT, read_inputs
from tensorlogic.cli.permissions import ENVIRONMENT, PYTHON, READ, WRITE, allowed
from tensorlogic.errors import UsageError, codes

if TYPE_CHECKING:
    from rich.table import Table

    from tensorlogic.engines import Candidate
    from tensorlogic.models.bench import Benchmark

_NOTHING = "–"
_INTERRUPTED = 130


def bench(
    model: Annotated[Path, typer.Argument(help="A model file or package, or a program with `bench` blocks.")],
    inputs: Annotated[list[str] | None, INPUT] = None,
    device: Annotated[str, typer.Option(help="Only these, separated by commas: cpu, cuda, mps.")] = "",
    engine: Annotated[str, typer.Option(help="Only these engines.")] = "",
    precision: Annotated[str, typer.Option(help="Only these: f32, f16, bf16.")] = "",
    function: Annotated[str | None, typer.Option(help="One of several functions, if not the default.")] = None,
    batch: Annotated[str, typer.Option(metavar="1,8,32", help="Sizes of the first axis of every input.")] = "",
    seconds: Annotated[float, typer.Option(min=0, help="How long each row is measured.")] = 3,
    rounds: Annotated[int, typer.Option(min=1, help="In how many turns that is done.")] = 10,
    tune: Annotated[
        bool, typer.Option(help="Remember the fastest engine, and load the model with it from now on.")
    ] = False,
    plot: Annotated[Path | None, typer.Option(help="Draw a picture, such as out.png.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    allow_python: PYTHON = False,
    allow_env: ENVIRONMENT = False,
    allow_read: READ = None,
    allow_write: WRITE = None,
) -> None:
    """Measure latency, throughput, power, start and memory, on every engine and device that can run the model.

    Inputs that are not given are made up, of the shapes that the model describes. Of a program (.tl) its `bench` blocks
    are measured; what it may do, the options --allow-… say as for `tl run`.
    """
    if model.suffix == ".tl":
        bench_blocks(model, seconds, as_json, allowed(allow_python, allow_env, allow_read, allow_write))
        return
    from tensorlogic.models import inspect_model
    from tensorlogic.models.bench import Wanted, benchmark, plotter

    draw = None if plot is None else plotter(plot)
    names = [feature.name for feature in inspect_model(model, function).inputs] if inputs else []
    given = read_inputs(inputs or [], names)
    choices = {"devices": _list(device), "engines": _list(engine), "precisions": _list(precision)}
    wanted = Wanted(function, batches=_sizes(batch), given=given, seconds=seconds, rounds=rounds, tune=tune, **choices)
    with bar() as show:
        found = benchmark(model, wanted, show)
    if as_json:
        print_json(found.as_dict())
    else:
        _show(found)
    if draw is not None and found.measurements:
        draw(found)
    if found.interrupted:
        raise typer.Exit(_INTERRUPTED)


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _sizes(text: str) -> tuple[int, ...]:
    parts = _list(text)
    if all(part.isdecimal() and int(part) > 0 for part in parts):
        return tuple(dict.fromkeys(map(int, parts)))
    raise UsageError(codes.WRONG_ARGUMENTS, f"--batch {text!r} is no list of sizes", help="For example --batch 1,8,32.")


def _show(found: Benchmark) -> None:
    from rich.console import Console

    console = Console()
    for table in (_speeds(found), _starts(found)):
        if table.row_count:
            console.print(table)
    if found.tuned is not None:
        console.print(f"From now on, this model runs with {found.tuned}.", highlight=False)
    for left_out in found.omissions:
        console.print(f"[yellow]not measured:[/] {left_out.what}: {left_out.reason}", highlight=False, soft_wrap=True)
    if found.interrupted:
        console.print("[yellow]interrupted:[/] this is what was measured until then", highlight=False)


def _speeds(found: Benchmark) -> Table:
    rows = found.measurements
    return _table(
        f"{found.path.name}, function {found.function}",
        [row.candidate for row in rows],
        {
            "batch": ["" if row.batch is None else str(row.batch) for row in rows],
            "latency\nms": [_number(row.latency, 1e3) for row in rows],
            "p90\nms": [_number(row.p90, 1e3) for row in rows],
            "per\nsecond": [_number(row.throughput) for row in rows],
            "power\nW": [_number(row.power) for row in rows],
            "per\njoule": [_number(row.efficiency) for row in rows],
        },
    )


def _starts(found: Benchmark) -> Table:
    rows = found.startups
    return _table(
        "Start in a process of its own, to the first prediction",
        [row.candidate for row in rows],
        {
            "imports\ns": [_number(row.cold.imports) for row in rows],
            "cold\ns": [_number(row.cold.ready) for row in rows],
            "cached\ns": [_number(None if row.cached is None else row.cached.ready) for row in rows],
            "memory": [_size(row.cold.memory, _NOTHING) for row in rows],
            "GPU\nmemory": [_size(row.cold.gpu_memory, "") for row in rows],
        },
    )


def _table(title: str, candidates: Sequence[Candidate], numbers: Mapping[str, Sequence[str]]) -> Table:
    """A row for each candidate; columns of numbers are left out where they apply to none."""
    applying = {heading: cells for heading, cells in numbers.items() if any(cells)}
    table = table_of(title, "device", "engine", "precision", *applying, numbers=len(applying))
    table.collapse_padding = True
    for chosen, *cells in zip(candidates, *applying.values(), strict=True):
        table.add_row(chosen.device, chosen.engine, chosen.precision, *cells)
    return table


def _size(size: int | None, lacking: str) -> str:
    return lacking if size is None else size_text(size)


def _number(value: float | None, unit: float = 1) -> str:
    """A value in thousandths or such: three digits that count, or all those before the point."""
    if value is None:
        return _NOTHING
    digits = 2 - math.floor(math.log10(value * unit)) if value > 0 else 0
    return f"{value * unit:,.{max(0, digits)}f}"
