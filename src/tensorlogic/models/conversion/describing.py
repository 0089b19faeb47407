"""What a Core ML file says of itself, said by an ONNX model."""

from __future__ import annotations

from onnx import ModelProto, TensorProto, ValueInfoProto, helper

from tensorlogic import __version__
from tensorlogic.coreml import Feature, ModelFunction
from tensorlogic.coreml.arrays import ArrayType
from tensorlogic.coreml.images import ImageType
from tensorlogic.lower.signature import Signature
from tensorlogic.models.conversion.result import Port


def describe(model: ModelProto, described: ModelFunction, signature: Signature) -> None:
    """Write into the model what it is, and what its inputs and outputs mean; states come after the other inputs."""
    said = described.file.description.metadata
    own = {"author": said.author, "license": said.license, "version": said.versionString}
    helper.set_model_props(model, {**said.userDefined, **{key: text for key, text in own.items() if text}})
    model.doc_string = said.shortDescription
    model.producer_version = __version__
    model.graph.input.sort(key=lambda value: value.name in signature.states)
    meanings = _meanings(described, signature)
    for value in (*model.graph.input, *model.graph.output):
        value.doc_string = meanings.get(value.name, "")


def port(value: ValueInfoProto) -> Port:
    """An input or output of a model that was described."""
    return Port(value.name, _type(value), value.doc_string)


def _meanings(described: ModelFunction, signature: Signature) -> dict[str, str]:
    features = {feature.name: _meaning(feature) for feature in (*described.inputs, *described.outputs)}
    labels = {
        name: f"the number of each of {len(each.classes)} labels, as the one map of a sequence"
        if each.is_table
        else f"one of {len(each.classes)} labels"
        for name, each in signature.labels.items()
    }
    kept = {name: f"what is remembered: zeros at first, then the last {out}" for name, out in signature.states.items()}
    following = {out: f"the next value of {name}" for name, out in signature.states.items()}
    return {
        name: _joined(features.get(name, ""), said) for name, said in (features | labels | kept | following).items()
    }


def _meaning(feature: Feature) -> str:
    kind = feature.type
    if isinstance(kind, ImageType):
        return _joined(feature.description, f"a picture: {kind.tensor}", _sizes(feature))
    default = kind.default if isinstance(kind, ArrayType) else None
    left_out = "" if default is None else f"{default:g} everywhere stands for what Core ML is not given"
    return _joined(feature.description, _sizes(feature), left_out)


def _sizes(feature: Feature) -> str:
    """The shapes that it may have, where there are several."""
    kind = feature.type
    if not isinstance(kind, ArrayType | ImageType) or not (kind.shapes.enumerated or kind.shapes.ranges):
        return ""
    return f"{'height and width' if isinstance(kind, ImageType) else 'shape'} {kind.shapes}"


def _joined(*texts: str) -> str:
    return "; ".join(dict.fromkeys(filter(None, texts)))


def _type(value: ValueInfoProto) -> str:
    """``float32[1, 3, ?, ?]``, or a table of numbers by label."""
    if value.type.HasField("sequence_type"):
        key = value.type.sequence_type.elem_type.map_type.key_type
        return f"{_element(key)} to float32"
    tensor = value.type.tensor_type
    sizes = (str(size.dim_value) if size.HasField("dim_value") else "?" for size in tensor.shape.dim)
    return f"{_element(tensor.elem_type)}[{', '.join(sizes)}]"


def _element(number: int) -> str:
    return "string" if number == TensorProto.STRING else str(helper.tensor_dtype_to_np_dtype(number))
