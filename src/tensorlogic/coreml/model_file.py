"""A Core ML file, opened: its program, features and what it says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tensorlogic.coreml.features import Feature, OtherType, read_feature
from tensorlogic.coreml.protobuf import ProgramReader
from tensorlogic.coreml.weights import weights
from tensorlogic.errors import BytePlace, FormatError, UnsupportedError, codes
from tensorlogic.formats.description import Metadata, TensorInfo, quantization
from tensorlogic.formats.mlpackage import MLPackage
from tensorlogic.formats.specification import read_model
from tensorlogic.mil import Program
from tensorlogic.mil.verify import verify

_TOOLS = "com.github.apple.coremltools."


@dataclass(frozen=True, slots=True)
class ModelFile:
    """What opening a package or compiled model finds."""

    path: Path
    program: Program
    function: str
    """The function that a prediction runs."""
    inputs: tuple[Feature, ...]
    outputs: tuple[Feature, ...]
    metadata: Metadata
    tensors: dict[str, TensorInfo]


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
    return describe(path, package.size(), program, message.description, message.specificationVersion, place)


def describe(path: Path, size: int, program: Program, described: Any, spec_version: int, place: BytePlace) -> ModelFile:
    """A program with what its `ModelDescription` says of it, once both speak of the same features."""
    function = described.defaultFunctionName or "main"
    description = _function_description(described, function)
    inputs, outputs = _features(description.input, place), _features(description.output, place)
    _check(program, function, inputs, outputs, description, place)
    verify(program)
    tensors = weights(program)
    metadata = _metadata(path, size, described.metadata, spec_version, program.functions[function].opset, tensors)
    return ModelFile(path, program, function, inputs, outputs, metadata, tensors)


def unsupported_kind(kind: str | None, spec_version: int, place: BytePlace) -> UnsupportedError | FormatError:
    """The error for a model that is not an ML Program."""
    if kind is None or not spec_version:
        return FormatError(
            codes.NOT_A_MODEL,
            "the file does not hold a Core ML model",
            place,
            help="The file is truncated or damaged, or it is something else: copy or download it again.",
        )
    return UnsupportedError(
        codes.UNSUPPORTED_MODEL,
        f"models of type {kind} cannot be run yet; ML Programs can",
        place,
        help='Convert the source model with ct.convert(..., convert_to="mlprogram").',
    )


def _function_description(description: Any, function: str) -> Any:
    """Files with several functions describe each by itself."""
    for each in description.functions:
        if each.name == function:
            return each
    return description


def _features(messages: Any, place: BytePlace) -> tuple[Feature, ...]:
    try:
        return tuple(read_feature(message) for message in messages)
    except ValueError as error:
        raise FormatError(codes.BAD_PROGRAM, f"a feature is of an unknown type: {error}", place) from None


def _check(
    program: Program,
    function: str,
    inputs: tuple[Feature, ...],
    outputs: tuple[Feature, ...],
    description: Any,
    place: BytePlace,
) -> None:
    """The description and the program must speak of the same inputs and outputs."""
    if function not in program.functions:
        raise FormatError(codes.BAD_PROGRAM, f"the program has no function {function!r}", place)
    if len(description.state) or any(isinstance(f.type, OtherType) for f in (*inputs, *outputs)):
        raise UnsupportedError(codes.UNSUPPORTED_MODEL, "models with states or sequences cannot be run yet", place)
    entry = program.functions[function]
    described, taken = {f.name for f in inputs}, {v.name for v in entry.inputs}
    if described != taken:
        odd = ", ".join(sorted(described ^ taken))
        raise FormatError(codes.BAD_PROGRAM, f"the program and its description differ in inputs: {odd}", place)
    missing = [f.name for f in outputs if f.name not in entry.body.outputs]
    if missing or not outputs:
        message = f"the program has no output {missing[0]!r}" if missing else "the model has no outputs"
        raise FormatError(codes.BAD_PROGRAM, message, place)


def _metadata(
    path: Path, size: int, said: Any, spec_version: int, opset: int, tensors: dict[str, TensorInfo]
) -> Metadata:
    user_defined = dict(said.userDefined)
    return Metadata(
        format="CoreML",
        quantization=quantization(tensors),
        name=path.stem,
        size=size,
        parameters=sum(info.elements for info in tensors.values()),
        author=said.author,
        license=said.license,
        description=said.shortDescription,
        version=said.versionString,
        spec_version=spec_version,
        opset=f"iOS{opset}",
        coremltools_version=user_defined.pop(_TOOLS + "version", ""),
        source=user_defined.pop(_TOOLS + "source", ""),
        user_defined=user_defined,
    )
