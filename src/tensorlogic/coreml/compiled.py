"""Compiled models, opened."""

from __future__ import annotations

from pathlib import Path

from tensorlogic.coreml.blobs import Blobs
from tensorlogic.coreml.model_file import ModelFile, checked, unsupported_kind
from tensorlogic.errors import BytePlace
from tensorlogic.formats.mlmodelc import DATA, MLModelC
from tensorlogic.mil.text import parse


def open_compiled(path: Path) -> ModelFile:
    """Open an ``.mlmodelc``. Weights stay in the file.

    Raises `FormatError` or `ProgramError` on a damaged model, `UnsupportedError` on another kind of model.
    """
    compiled = MLModelC.open(path)
    if compiled.kind != "mlProgram":
        raise unsupported_kind(compiled.kind, compiled.spec_version, BytePlace(str(path / DATA)))
    program = parse(compiled.text(), str(compiled.program), Blobs(compiled.weights).literal)
    place = BytePlace(str(compiled.program))
    return checked(ModelFile(path, place, program, compiled.description, compiled.spec_version, compiled.size()))
