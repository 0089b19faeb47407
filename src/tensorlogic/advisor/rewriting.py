"""Packages written anew by coremltools' own passes: in fp16, with fixed shapes, otherwise as they were."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from typing import Any, Final, NamedTuple

from tensorlogic.coreml import ModelFunction
from tensorlogic.errors import UnsupportedError, UsageError, codes, first_line
from tensorlogic.mil.program import Literal

Shape = Sequence[int]
ANEW: Final = "Convert the model anew from its source, with the changes that the findings name."


class Plan(NamedTuple):
    """What is to be done: whether fp32 becomes fp16, and the shapes of inputs by name."""

    float16: bool
    shapes: Mapping[str, Shape]


def rewrite(described: ModelFunction, plan: Plan, target: Path) -> None:
    """Write the package to `target`, changed. Raises `UnsupportedError` for what coremltools does not read or write."""
    with _quiet():
        ct = _coremltools()
        model = ct.models.MLModel(str(described.file.path), skip_model_load=True)
        message = model.get_spec()
        _fix_shapes(message, described.name, plan.shapes)
        try:
            converted = _convert(ct, described, message, plan.float16, model.weights_dir)
        except Exception as error:
            # Whatever it is, it is coremltools' own: programs that it did not write it may not read.
            said = f"coremltools cannot rewrite the model: {first_line(error)}"
            raise UnsupportedError(codes.UNSUPPORTED_MODEL, said, described.file.place, help=ANEW) from error
        _save(converted, message.description, ct.models.MLModel, target)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what coremltools says while it imports and converts."""
    level = logging.root.manager.disable
    with warnings.catch_warnings(), redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        logging.disable(logging.ERROR)
        try:
            yield
        finally:
            logging.disable(level)


def _coremltools() -> Any:
    try:
        import coremltools
    except ImportError:
        message = "coremltools, which rewrites programs, is not installed"
        raise UsageError(codes.MISSING_PACKAGE, message, help="pip install coremltools") from None
    return coremltools


def _convert(ct: Any, described: ModelFunction, message: Any, float16: bool, weights: str) -> Any:
    from coremltools.converters.mil.frontend.milproto.load import load

    labels = _labels(ct, described)
    if labels is not None:
        _without_labels(message.mlProgram.functions[described.name])
    program = load(message, message.specificationVersion, weights)
    opset = described.file.program.functions[described.name].opset
    return ct.convert(
        program,
        convert_to="mlprogram",
        compute_precision=ct.precision.FLOAT16 if float16 else ct.precision.FLOAT32,
        minimum_deployment_target=getattr(ct.target, f"iOS{opset}"),
        classifier_config=labels,
        skip_model_load=True,
    )


def _labels(ct: Any, described: ModelFunction) -> Any:
    """The labels of a classifier as coremltools takes them; None for other models."""
    body = described.file.program.functions[described.name].body
    of = next((operation for operation in body.operations if operation.type == "classify"), None)
    if of is None:
        return None
    probabilities, classes = of.inputs["probabilities"][0], of.inputs["classes"][0]
    made = next((each for each in body.operations if each.outputs and each.outputs[0].name == classes), None)
    literal = classes if isinstance(classes, Literal) else made.constant if made else None
    data = literal.data if literal else ()
    plain = [each.data.item() for each in data] if isinstance(data, tuple) else data.tolist()  # type: ignore[union-attr]
    return ct.ClassifierConfig(plain, described.file.description.predictedFeatureName, probabilities)


def _without_labels(function: Any) -> None:
    """End a function with the probabilities: coremltools writes labels, and does not read them."""
    (block,) = function.block_specializations.values()
    at, of = next((at, each) for at, each in enumerate(block.operations) if each.type == "classify")
    names = {value.name for value in of.outputs}
    others = [name for name in block.outputs if name not in names]
    probabilities = of.inputs["probabilities"].arguments[0].name
    block.outputs[:] = [*others, *([] if probabilities in others else [probabilities])]
    del block.operations[at]


def _fix_shapes(message: Any, function: str, shapes: Mapping[str, Shape]) -> None:
    """Write the sizes into the description and the program; what follows from them, coremltools infers."""
    for feature in message.description.input:
        if feature.name in shapes:
            _KINDS[feature.type.WhichOneof("Type")](feature.type, shapes[feature.name])
    for value in message.mlProgram.functions[function].inputs:
        if value.name in shapes:
            _fix_axes(value.type.tensorType.dimensions, shapes[value.name])


def _fix_axes(axes: Any, shape: Shape) -> None:
    """Of a picture, which is described by height and width, the last two; the others are fixed."""
    for axis, size in zip(list(axes)[-len(shape) :], shape, strict=True):
        axis.constant.size = size


def _fix_array(kind: Any, shape: Shape) -> None:
    array = kind.multiArrayType
    array.ClearField("shapeRange")
    array.ClearField("enumeratedShapes")
    array.shape[:] = shape


def _fix_image(kind: Any, shape: Shape) -> None:
    picture = kind.imageType
    picture.ClearField("imageSizeRange")
    picture.ClearField("enumeratedSizes")
    picture.height, picture.width = shape


_KINDS: Final[dict[str, Callable[[Any, Shape], None]]] = {"multiArrayType": _fix_array, "imageType": _fix_image}


def _save(converted: Any, description: Any, model: Any, target: Path) -> None:
    """Write the converted program with the source's description, but for the shapes of outputs that are fixed now."""
    message = converted.get_spec()
    made = {feature.name: feature for feature in message.description.output}
    for feature in description.output:
        if feature.type.HasField("multiArrayType") and feature.name in made:
            feature.type.multiArrayType.shape[:] = made[feature.name].type.multiArrayType.shape
    message.description.CopyFrom(description)
    model(message, weights_dir=converted.weights_dir, skip_model_load=True).save(str(target))
