"""From a Core ML file to an ONNX file."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from tensorlogic.coreml import ModelFunction
from tensorlogic.engines.onnxruntime.runtime import evaluate
from tensorlogic.errors import BytePlace, UnsupportedError, UsageError, codes
from tensorlogic.lower.onnx import PRECISIONS, lower
from tensorlogic.lower.onnx.labels import with_labels
from tensorlogic.lower.onnx.model import OPSET
from tensorlogic.models.conversion.checking import compare
from tensorlogic.models.conversion.describing import describe, port
from tensorlogic.models.conversion.placing import Arrays, Places, choose_places
from tensorlogic.models.conversion.result import Conversion
from tensorlogic.models.conversion.writing import unfinished
from tensorlogic.models.load import detect

_SUFFIX = ".onnx"


def convert_model(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    function: str | None = None,
    precision: str = "f32",
    weights: str = "auto",
    check: bool = True,
    progress: Callable[[str], object] = lambda what: None,
) -> Conversion:
    """Write the ML Program at `source`, a package or compiled model, to `target`, an ONNX file, whole or not at all.

    `function` is one of several, if not the default. `precision` is what values declared as float16 are computed in:
    f32, which runs everywhere, or f16. `weights` are kept inside the file, beside it in a file of the same name and
    ``.data``, in the package (the ONNX file then names the package's own, which it must stand above), or, as auto, in
    the package where they are large and that is possible. `progress` is told what is done.

    Unless `check` is False, the file is checked with ONNX's own checker and must compute what PyTorch does, on inputs
    that are made up. Raises the errors of `load_model`, `UsageError` for a file that cannot be written, and
    `EngineError` when the check fails.
    """
    path = Path(target)
    _check_options(path, precision)
    progress(f"Reading {source}")
    described = _program(Path(source), function)
    check_place(path, described.file.path)
    progress("Lowering the program to ONNX")
    lowered = lower(described.file.program, described.name, precision, evaluate, contrib=False)
    model = with_labels(lowered.model, lowered.signature.labels)
    describe(model, described, lowered.signature)
    places = choose_places(lowered.weights, weights, path)
    difference = None
    progress(f"Writing {path}")
    with unfinished(path, model, lowered.weights, places) as file:
        if check:
            progress("Comparing ONNX Runtime with PyTorch")
            difference = compare(file, model, described, lowered.signature, precision)
    return Conversion(
        Path(source),
        path,
        described.name,
        precision,
        OPSET,
        tuple(map(port, model.graph.input)),
        tuple(map(port, model.graph.output)),
        _bytes(path, lowered.weights, places),
        difference,
        check,
    )


def _program(source: Path, function: str | None) -> ModelFunction:
    found = detect(source, function)
    if isinstance(found, ModelFunction):
        return found
    message = f"{source.name!r} holds weights, and no program that could become an ONNX model"
    raise UnsupportedError(codes.UNSUPPORTED_MODEL, message, BytePlace(str(source)))


def _check_options(target: Path, precision: str) -> None:
    if target.suffix != _SUFFIX:
        raise UsageError(
            codes.CANNOT_WRITE,
            f"cannot convert to {target.name!r}: models are converted to ONNX",
            help=f"Let the name end in {_SUFFIX}. Weights alone are written to SafeTensors by save_model.",
        )
    if precision not in PRECISIONS:
        message = f"models are not converted to the precision {precision!r}"
        raise UsageError(codes.UNKNOWN_OPTION, message, help=f"Choose {' or '.join(PRECISIONS)}.")


def check_place(target: Path, package: Path) -> None:
    """Refuse a file that is in no folder, or that would damage what it is made from."""
    folder = target.parent.resolve()
    if not folder.is_dir():
        message = f"there is no folder {str(target.parent)!r} to write {target.name!r} into"
        raise UsageError(codes.CANNOT_WRITE, message, help="Make it first.")
    if folder.is_relative_to(package.resolve()):
        message = f"{str(target)!r} is inside the model that is converted"
        raise UsageError(codes.CANNOT_WRITE, message, help="Write it into another folder.")
    if target.is_dir():
        raise UsageError(codes.CANNOT_WRITE, f"{str(target)!r} is a folder")


def _bytes(target: Path, weights: Arrays, places: Places) -> dict[str, int]:
    """How many bytes of constants each file has."""
    sizes: dict[str, int] = {}
    for name, place in places.items():
        file = target.name if place is None else place[0]
        sizes[file] = sizes.get(file, 0) + weights[name].nbytes
    return sizes
