"""The ``metadata.json`` of compiled models, as the message with which packages describe themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tensorlogic.errors import BytePlace, FormatError, UnsupportedError, codes
from tensorlogic.formats.specification import model_classes

# The names of fields of `Metadata` messages, and of the same in the document.
_SAID = {
    "shortDescription": "shortDescription",
    "versionString": "version",
    "author": "author",
    "license": "license",
    "userDefined": "userDefinedMetadata",
}
_FEATURES = {"input": "inputSchema", "output": "outputSchema", "state": "stateSchema"}


def read_description(document: Any, path: Path) -> Any:
    """The JSON document at `path` as a `ModelDescription` message.

    Raises `FormatError` when it is of another form, and `UnsupportedError` for features that are not multi-arrays.
    """
    from google.protobuf.json_format import ParseDict, ParseError

    place = BytePlace(str(path))
    try:
        return ParseDict(_description(document, place), model_classes().ModelDescription())
    except (ParseError, LookupError, TypeError, ValueError, AttributeError, RecursionError):
        raise FormatError(codes.CORRUPT, "the file does not describe a compiled model", place) from None


def _description(document: Any, place: BytePlace) -> dict[str, Any]:
    (said,) = document
    return {
        "metadata": {field: said[name] for field, name in _SAID.items() if name in said},
        "functions": [{"name": each["name"], **_features(each, place)} for each in said.get("functions", ())],
        "defaultFunctionName": said.get("defaultFunctionName", ""),
        **_features(said, place),
    }


def _features(said: Any, place: BytePlace) -> dict[str, Any]:
    return {field: [_feature(each, place) for each in said.get(name, ())] for field, name in _FEATURES.items()}


def _feature(said: Any, place: BytePlace) -> dict[str, Any]:
    """A feature as protobuf's JSON writes it; sizes are JSON within texts, such as ``"[1, 10]"``."""
    if said["type"] != "MultiArray":
        message = f"the feature {said['name']!r} is of type {said['type']}, and described in {place.file} alone"
        raise UnsupportedError(codes.UNSUPPORTED_MODEL, message, place)
    array = {"dataType": said["dataType"].upper(), "shape": json.loads(said["shape"])}
    if "shapeRange" in said:
        sizes = [{"lowerBound": low, "upperBound": high} for low, high in json.loads(said["shapeRange"])]
        array["shapeRange"] = {"sizeRanges": sizes}
    if "enumeratedShapes" in said:
        array["enumeratedShapes"] = {"shapes": [{"shape": each} for each in json.loads(said["enumeratedShapes"])]}
    return {
        "name": said["name"],
        "shortDescription": said.get("shortDescription", ""),
        "type": {"isOptional": said.get("isOptional") == "1", "multiArrayType": array},
    }
