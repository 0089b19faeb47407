"""A Core ML file, opened: its program, and what it says of itself."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tensorlogic.coreml.protobuf import ProgramReader
from tensorlogic.errors import BytePlace, FormatError, UnsupportedError, codes
from tensorlogic.formats.mlpackage import MLPackage
from tensorlogic.formats.specification import read_model
from tensorlogic.mil import Program
from tensorlogic.mil.verify import verify


@dataclass(frozen=True, slots=True, weakref_slot=True)
class ModelFile:
    """What opening a package or compiled model finds. Its functions share the program's weights."""

    path: Path
    place: BytePlace
    """The file that holds the description."""
    program: Program
    description: Any
    """The `ModelDescription` message."""
    spec_version: int
    size: int
    """Bytes on disk."""

    @property
    def files(self) -> list[Path]:
        """Everything that it is read from."""
        return [file for file in self.path.rglob("*") if file.is_file()]

    @property
    def functions(self) -> tuple[str, ...]:
        """The names of the functions that can be loaded, in the order of the file."""
        return tuple(each.name for each in self.description.functions) or (self.default,)

    @property
    def default(self) -> str:
        """The function that is loaded when none is asked for."""
        return self.description.defaultFunctionName or "main"


def open_package(path: Path) -> ModelFile:
    """Open an ``.mlpackage``. Weights stay in the file.

    Raises `FormatError` or `ProgramError` on a damaged package, `UnsupportedError` on another kind of model.
    """
    package = MLPackage.open(path)
    message = read_model(package.model)
    place = BytePlace(str(package.model))
    kind = message.WhichOneof("Type")
    if kind != "mlProgram":
        raise unsupported_kind(kind, message.specificationVersion, place)
    program = ProgramReader(package.model, package.weights).program(message.mlProgram)
    return checked(ModelFile(path, place, program, message.description, message.specificationVersion, package.size()))


def checked(file: ModelFile) -> ModelFile:
    """`file`, once its program is well formed and has the functions that its description speaks of."""
    _check_functions(file)
    verify(file.program)
    return file


def unsupported_kind(kind: str | None, spec_version: int, place: BytePlace) -> UnsupportedError | FormatError:
    """The error for a model that is not an ML Program."""
    if kind is None or not spec_version:
        return FormatError(
            codes.NOT_A_MODEL,
            "the file does not hold a Core ML model",
            place,
            help="The file is truncated or damaged, or it is something else: copy or download it again.",
        )
    error = UnsupportedError(
        codes.UNSUPPORTED_MODEL,
        f"models of type {kind} cannot be run yet; ML Programs can",
        place,
        help='Convert the source model with ct.convert(..., convert_to="mlprogram").',
    )
    error.model_type = kind
    return error


def _check_functions(file: ModelFile) -> None:
    """The description and the program must speak of the same functions."""
    described = Counter(file.functions)
    findings = [
        *(f"the function {name!r} is described twice" for name, times in described.items() if times > 1),
        *(f"the program has no function {name!r}" for name in described if name not in file.program.functions),
    ]
    if file.default not in described:
        findings.append(f"the default function {file.default!r} is not described")
    if file.description.functions:
        undescribed = file.program.functions.keys() - described.keys()
        findings += [f"the function {name!r} has no description" for name in sorted(undescribed)]
    if findings:
        raise FormatError(codes.BAD_PROGRAM, "; ".join(findings), file.place)
