"""From a package to the compiled form that systems of Apple load."""

from __future__ import annotations

import shutil
from pathlib import Path

from tensorlogic.coreml.model_file import open_package
from tensorlogic.formats import mlmodelc
from tensorlogic.formats.mlpackage import MLPackage
from tensorlogic.mil import Literal, Program
from tensorlogic.mil.text import show


def compile_model(path: Path, folder: Path) -> Path:
    """Compile the package at `path` into a new ``.mlmodelc`` within `folder`, and return its path.

    The program is not optimised for any device: the compiled form is for what reads it, here or in coremltools.
    Raises the errors of `open_package`.
    """
    file, package = open_package(path), MLPackage.open(path)
    compiled = folder / path.with_suffix(mlmodelc.SUFFIX).name
    compiled.mkdir()
    (compiled / mlmodelc.PROGRAM).write_text(show(file.program), encoding="utf-8")
    mlmodelc.write_data(compiled, "mlProgram", file.spec_version, file.description)
    for name in _blob_files(file.program):
        target = compiled / name.removeprefix("@model_path/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(package.weights(name), target)
    return compiled


def _blob_files(program: Program) -> set[str]:
    """The blob files that the program names. They stand inside the package, or it could not have been opened."""
    operations = [operation for function in program.functions.values() for operation in function.body.walk()]
    operands = [operand for operation in operations for each in operation.inputs.values() for operand in each]
    attributes = [literal for operation in operations for literal in operation.attributes.values()]
    literals = [each for each in (*operands, *attributes) if isinstance(each, Literal)]
    return {literal.blob.file for literal in literals if literal.blob is not None}
