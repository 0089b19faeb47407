"""One function of a model file: its features, weights and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tensorlogic.coreml.agreement import check_agreement
from tensorlogic.coreml.features import Feature, read_feature
from tensorlogic.coreml.model_file import ModelFile
from tensorlogic.coreml.weights import weights
from tensorlogic.errors import BytePlace, FormatError, UsageError, codes, nearest
from tensorlogic.formats.description import Metadata, TensorInfo, quantization
from tensorlogic.mil import Function

_TOOLS = "com.github.apple.coremltools."


@dataclass(frozen=True, slots=True)
class ModelFunction:
    """A function that can be loaded, as the file describes it."""

    file: ModelFile
    name: str
    inputs: tuple[Feature, ...]
    outputs: tuple[Feature, ...]
    states: tuple[Feature, ...]
    """What it remembers from one prediction to the next."""
    metadata: Metadata
    tensors: dict[str, TensorInfo]


def read_function(file: ModelFile, name: str | None) -> ModelFunction:
    """The function called `name`, or the default one.

    Raises `UsageError` when there is none of that name, and `FormatError` or `UnsupportedError` when the program does
    not take and give what the file describes.
    """
    chosen = file.default if name is None else _known(file, name)
    description = next((each for each in file.description.functions if each.name == chosen), file.description)
    inputs, outputs, states = (
        _features(each, file.place) for each in (description.input, description.output, description.state)
    )
    function = file.program.functions[chosen]
    check_agreement(function, inputs, outputs, states, file.place)
    tensors = weights(function)
    return ModelFunction(file, chosen, inputs, outputs, states, _metadata(file, function, tensors), tensors)


def _known(file: ModelFile, name: str) -> str:
    if name in file.functions:
        return name
    guess = nearest(name, file.functions)
    raise UsageError(
        codes.UNKNOWN_FUNCTION,
        f"the model has no function {name!r}",
        file.place,
        help=f"Did you mean {guess!r}?" if guess else f"It has: {', '.join(file.functions)}.",
    )


def _features(messages: Any, place: BytePlace) -> tuple[Feature, ...]:
    try:
        return tuple(read_feature(message) for message in messages)
    except ValueError as error:
        raise FormatError(codes.BAD_PROGRAM, f"a feature makes no sense: {error}", place) from None


def _metadata(file: ModelFile, function: Function, tensors: dict[str, TensorInfo]) -> Metadata:
    said = file.description.metadata
    user_defined = dict(said.userDefined)
    return Metadata(
        format="CoreML",
        quantization=quantization(tensors),
        name=file.path.stem,
        size=file.size,
        parameters=sum(info.elements for info in tensors.values()),
        author=said.author,
        license=said.license,
        description=said.shortDescription,
        version=said.versionString,
        spec_version=file.spec_version,
        opset=f"iOS{function.opset}",
        coremltools_version=user_defined.pop(_TOOLS + "version", ""),
        source=user_defined.pop(_TOOLS + "source", ""),
        user_defined=user_defined,
    )
