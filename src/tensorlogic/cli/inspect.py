"""``tl inspect``: what a model file is."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tensorlogic.cli.console import foreign, page, print_json, progress, size_text, table_of

if TYPE_CHECKING:
    from rich.table import Table

    from tensorlogic.models import Inspection


_TOOLS = "com.github.apple.coremltools."
_ITEMS = 4
"""So many items of a list of the metadata are shown."""
_CHARACTERS = 400


def inspect(
    model: Annotated[Path, typer.Argument(help="A model file or package.")],
    function: Annotated[str | None, typer.Option(help="One of several functions, if not the default.")] = None,
    tensors: Annotated[bool, typer.Option("--tensors", help="List every tensor.")] = False,
    mil: Annotated[bool, typer.Option("--mil", help="Print the program as MIL text.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Tell what a model is: features, operations, weights."""
    if mil:
        _show_program(model, function)
        return
    from tensorlogic.models import inspect_model

    with progress(f"Reading {model}"):
        found = inspect_model(model, function)
    if as_json:
        print_json(found.as_dict() | (_tensors(found) if tensors else {}))
    elif tensors:
        _show_tensors(found)
    else:
        _show(found)


def _show_program(model: Path, function: str | None) -> None:
    from tensorlogic.cli.colours import coloured
    from tensorlogic.mil.text import show
    from tensorlogic.models import read_program

    with progress(f"Reading {model}"):
        text = show(read_program(model, function), readable=True)
    page(text, coloured)


def _show(found: Inspection) -> None:
    from rich.console import Console

    console = Console()
    for table in (_facts(found), _features(found), _weights(found), _operations(found)):
        if table.row_count:
            console.print(table)
    for name, reason in found.missing.items():
        console.print(f"[yellow]cannot run:[/] {name}: {reason}", highlight=False)


def _tensors(found: Inspection) -> dict[str, Any]:
    """Every tensor as plain data."""
    return {"tensors": {name: asdict(info) for name, info in found.tensors.items()}}


def _show_tensors(found: Inspection) -> None:
    from rich.console import Console

    table = table_of(str(found.path), "tensor", "type", "shape", "stored as", "size", numbers=1)
    for name, info in found.tensors.items():
        table.add_row(foreign(name), info.dtype, str(list(info.shape)), info.storage, size_text(info.size))
    Console().print(table)


def _facts(found: Inspection) -> Table:
    from rich.text import Text

    said = found.metadata
    table = table_of(str(found.path), "", "")
    facts = {
        "format": said.format,
        "quantization": said.quantization,
        "parameters": f"{said.parameters:,}",
        "size": size_text(said.size),
        "specification": said.spec_version,
        "operation set": said.opset,
        "function": _function(found),
        "made by": " from ".join(filter(None, (_tool(said.coremltools_version), said.source))),
        "description": said.description,
        "author": said.author,
        "license": said.license,
        "version": said.version,
    }
    own = {key.removeprefix(_TOOLS): _short(value) for key, value in said.user_defined.items()}
    for name, fact in (*facts.items(), *own.items()):
        if fact:
            table.add_row(name, Text(str(fact)))
    return table


def _short(value: object) -> str:
    """A value of the metadata in a line."""
    if isinstance(value, list):
        first = ", ".join(map(_short, value[:_ITEMS]))
        return f"[{first}, … {len(value):,} in all]" if len(value) > _ITEMS else f"[{first}]"
    if isinstance(value, float):
        return f"{value:g}"
    text = str(value)
    return text if len(text) <= _CHARACTERS else f"{text[:_CHARACTERS]}… {len(text):,} characters in all"


def _function(found: Inspection) -> str:
    """The function that is shown, where there are others."""
    return f"{found.function} of {', '.join(found.functions)}" if len(found.functions) > 1 else ""


def _tool(version: str) -> str:
    return f"coremltools {version}" if version else ""


def _features(found: Inspection) -> Table:
    table = table_of("Features", "", "name", "type", "description")
    for direction, features in (("input", found.inputs), ("output", found.outputs), ("state", found.states)):
        for feature in features:
            optional = " (optional)" if feature.optional else ""
            table.add_row(direction, feature.name, f"{feature.type}{optional}", feature.description)
    return table


def _weights(found: Inspection) -> Table:
    table = table_of("Weights", "stored as", "tensors", "elements", "size", numbers=3)
    for storage, (count, elements, size) in found.storages.items():
        table.add_row(storage, f"{count:,}", f"{elements:,}", size_text(size))
    return table


def _operations(found: Inspection) -> Table:
    table = table_of("Operations", "operation", "count", numbers=1)
    for name, count in found.operations.items():
        table.add_row(name, f"{count:,}")
    return table
