"""``tl diff``: how two models differ."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tensorlogic.cli.console import foreign, print_json, progress, progress_bar, table_of

if TYPE_CHECKING:
    from rich.table import Table

    from tensorlogic.formats.description import TensorInfo
    from tensorlogic.models.differences import Difference, Distance

_ROWS = 40


def diff(
    a: Annotated[Path, typer.Argument(help="A model file, package or folder.")],
    b: Annotated[Path, typer.Argument(help="Another one; the formats need not be the same.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Tell how the tensors of two models differ: names, shapes, types, values.

    Tensors are compared by their names, quantized ones by the values that they stand for. The exit code is 0 when all
    are the same, and 1 when not. The largest relative difference is a part of the larger one of two elements.
    """
    from tensorlogic.models import load_model
    from tensorlogic.models.differences import compare_models

    with progress(f"Loading {a}") as tell:
        left = load_model(a)
        tell(f"Loading {b}")
        right = load_model(b)
    with progress_bar() as show:
        found = compare_models(left, right, show)
    if as_json:
        print_json(found.as_dict())
    else:
        _show(found, a, b)
    if found:
        raise typer.Exit(1)


def _show(found: Difference, a: Path, b: Path) -> None:
    from rich.console import Console

    console = Console()
    for table in (_only(a, found.only_a), _only(b, found.only_b), _changed(found)):
        if table.row_count:
            console.print(table)
    alone = len(found.only_a) + len(found.only_b)
    verdict = f"{found.same:,} the same, {len(found.changed):,} different, {alone:,} in one model only"
    console.print(f"Tensors: {verdict}.", highlight=False)


def _only(path: Path, tensors: Mapping[str, TensorInfo]) -> Table:
    table = table_of(foreign(f"Only in {path}"), "tensor", "stored as", "shape")
    for name, info in list(tensors.items())[:_ROWS]:
        table.add_row(foreign(name), info.storage, str(list(info.shape)))
    _count_rest(table, len(tensors))
    return table


def _changed(found: Difference) -> Table:
    columns = ("tensor", "stored as", "shape", "differing\nelements", "largest\ndifference", "relative")
    table = table_of("Different", *columns, numbers=3)
    for each in found.changed[:_ROWS]:
        shapes = [str(list(info.shape)) for info in (each.a, each.b)]
        table.add_row(
            foreign(each.name), _change(each.a.storage, each.b.storage), _change(*shapes), *_numbers(each.distance)
        )
    _count_rest(table, len(found.changed))
    return table


def _numbers(distance: Distance | None) -> tuple[str, ...]:
    if distance is None:
        return ()
    return f"{distance.different:,}", f"{distance.absolute:.4g}", f"{distance.relative:.4g}"


def _change(a: str, b: str) -> str:
    return a if a == b else f"{a} → {b}"


def _count_rest(table: Table, count: int) -> None:
    if count > _ROWS:
        table.add_row(f"… and {count - _ROWS:,} more; --json lists all")
