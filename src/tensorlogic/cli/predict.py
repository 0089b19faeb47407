"""``tl predict``: one prediction from files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tensorlogic.cli.console import print_json, progress
from tensorlogic.cli.inputs import INPUT, read_inputs
from tensorlogic.errors import UsageError, codes

_MOST_PROBABLE = 5


def predict(
    model: Annotated[Path, typer.Argument(help="A model file or package.")],
    inputs: Annotated[list[str], INPUT],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write the outputs to a .npz file.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    precision: Annotated[str, typer.Option(help="auto, f32, f16 or bf16.")] = "auto",
    function: Annotated[str | None, typer.Option(help="One of several functions, if not the default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Predict once, with inputs from files. What a model remembers is zeros before it."""
    from tensorlogic.models import load_model

    with progress(f"Loading {model}"):
        loaded = load_model(model, device=device, precision=precision, function=function)
    given = read_inputs(inputs, [feature.name for feature in loaded.inputs])
    with progress("Predicting"):
        results = loaded.predict(given, state=loaded.make_state())
    if output is not None:
        _write(results, output)
    if as_json:
        print_json({name: _plain(value) for name, value in results.items()})
    else:
        _show(results)


def _write(results: dict[str, Any], path: Path) -> None:
    import numpy as np

    arrays = {name: np.asarray(value) for name, value in results.items() if not isinstance(value, dict)}
    try:
        with path.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
    except OSError as error:
        raise UsageError(codes.CANNOT_WRITE, f"cannot write {str(path)!r}: {error.strerror}") from None


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): v for k, v in value.items()}
    if hasattr(value, "getbands"):
        import numpy as np

        return np.asarray(value).tolist()
    return value.tolist() if hasattr(value, "tolist") else value


def _show(results: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("output", "type", "value", box=None)
    for name, value in results.items():
        table.add_row(name, *_summary(value))
    Console().print(table)


def _summary(value: Any) -> tuple[str, str]:
    """An output's type, and its value or what describes it best."""
    if isinstance(value, dict):
        best = sorted(value.items(), key=lambda item: -item[1])[:_MOST_PROBABLE]
        return "dictionary", ", ".join(f"{label}: {p:.4g}" for label, p in best)
    if hasattr(value, "getbands"):
        return "image", f"{value.width}×{value.height} {value.mode}"
    if not hasattr(value, "shape"):
        return type(value).__name__, str(value)
    kind = f"{value.dtype}{list(value.shape)}"
    if value.size == 0:
        return kind, "empty"
    if value.size == 1:
        return kind, f"{value.item():.6g}"
    return kind, f"min {value.min():.6g}, mean {value.mean():.6g}, max {value.max():.6g}"
