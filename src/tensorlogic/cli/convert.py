"""``tl convert``: a model for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tensorlogic.cli.console import print_json, progress, size_text, table_of

if TYPE_CHECKING:
    from rich.table import Table

    from tensorlogic.models.conversion import Conversion, WeightsConversion


def convert(
    model: Annotated[Path, typer.Argument(help="A Core ML model, or weights: SafeTensors or GGUF.")],
    target: Annotated[Path, typer.Argument(help="The file to write: .onnx, or for weights .safetensors or .gguf.")],
    function: Annotated[str | None, typer.Option(help="One of several functions, if not the default.")] = None,
    precision: Annotated[str, typer.Option(help="What float16 is computed in: f32, or f16 as declared.")] = "f32",
    weights: Annotated[str, typer.Option(help="Where they are kept: auto, inside, beside or package.")] = "auto",
    check: Annotated[bool, typer.Option("--check/--no-check", help="Compare its results with PyTorch's.")] = True,
    type: Annotated[str | None, typer.Option(help="What weights are stored in: F32, F16, BF16, Q8_0, Q4_0.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Convert a Core ML model to ONNX, for every program that runs those, or weights between SafeTensors and GGUF.

    Weights are kept inside the ONNX file, in a file beside it, or in the package, of which the ONNX file then names the
    parts; auto leaves large ones in the package where the ONNX file stands above it.

    SafeTensors and GGUF keep their metadata and their names. With a type, matrices are stored so; without, tensors keep
    theirs, and quantized ones become F32. The other options are for ONNX.
    """
    with progress(f"Reading {model}") as tell:
        from tensorlogic.models.conversion import FORMATS, convert_model, convert_weights

        made: Conversion | WeightsConversion
        if type is not None or target.suffix in FORMATS:
            made = convert_weights(model, target, type, tell)
        else:
            made = convert_model(model, target, function, precision, weights, check, tell)
    if as_json:
        print_json(made.as_dict())
    else:
        _show(made)


def _show(made: Conversion | WeightsConversion) -> None:
    from tensorlogic.models.conversion import WeightsConversion

    if isinstance(made, WeightsConversion):
        print(_summary(made))
    else:
        _show_program(made)


def _summary(made: WeightsConversion) -> str:
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in made.storages.items())
    return f"{made.path}: {made.format}, {made.tensors:,} tensors ({kinds}), {size_text(made.size)}"


def _show_program(made: Conversion) -> None:
    from rich.console import Console

    console = Console()
    console.print(_ports(made))
    for file, size in made.weights.items():
        where = "inside" if file == made.path.name else f"in {file}, which belongs to it"
        console.print(f"Weights: {size_text(size)} {where}", highlight=False, markup=False, soft_wrap=True)
    console.print(f"Checked: {_verdict(made)}", highlight=False, markup=False, soft_wrap=True)


def _ports(made: Conversion) -> Table:
    title = f"{made.path}: function {made.function} in {made.precision}, ONNX opset {made.opset}"
    table = table_of(title, "", "name", "type", "meaning")
    for direction, ports in (("input", made.inputs), ("output", made.outputs)):
        for port in ports:
            table.add_row(direction, port.name, port.type, port.meaning)
    return table


def _verdict(made: Conversion) -> str:
    if not made.checked:
        return "no"
    if made.difference is None:
        return "the file is valid; its random numbers were not compared"
    return f"the file is valid; ONNX Runtime computes what PyTorch does, within {made.difference:.2g}"
