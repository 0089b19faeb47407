"""Packages with one large compressed weight: a linear layer whose weight is written straight into the blob file."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tensorlogic.formats.specification import mil_classes, model_classes

RECORD = 64
BLOB_TYPES = {"FLOAT16": (1, 16), "INT4": (8, 4), "UINT1": (9, 1), "UINT4": (11, 4)}
"""The blob file's number for an element type, and its bits."""


@dataclass(frozen=True)
class Stored:
    """A constant of the blob file: element type by its name in the protobuf, shape and bytes."""

    dtype: str
    shape: tuple[int, ...]
    data: np.ndarray


@dataclass(frozen=True)
class Expression:
    """A constant expression: what it is given (a constant, or an output of the one before) and its outputs."""

    kind: str
    arguments: Mapping[str, Stored | str]
    outputs: Mapping[str, tuple[str, tuple[int, ...]]]


def write(path: Path, size: int, expressions: list[Expression]) -> int:
    """Write the package of y = x @ weight.T for a square weight, and return the bytes of its blob file."""
    model = model_classes().Model()
    model.specificationVersion = 9
    for features, name in ((model.description.input, "x"), (model.description.output, "y")):
        feature = features.add(name=name)
        feature.type.multiArrayType.shape.extend((1, size))
        feature.type.multiArrayType.dataType = 65552  # FLOAT16
    function = model.mlProgram.functions["main"]
    model.mlProgram.version, function.opset = 1, "CoreML8"
    _value(function.inputs.add(), "x", "FLOAT16", (1, size))
    block = function.block_specializations["CoreML8"]
    folder = path / "Data/com.apple.CoreML"
    (folder / "weights").mkdir(parents=True)
    with (folder / "weights/weight.bin").open("wb") as file:
        file.write(bytes(RECORD))
        for expression in expressions:
            _expression(block.operations.add(), expression, file)
        file.seek(0)
        file.write(struct.pack("<II", 0, 2))
    linear = block.operations.add(type="linear")
    for parameter, name in (("x", "x"), ("weight", "weight")):
        linear.inputs[parameter].arguments.add().name = name
    _value(linear.outputs.add(), "y", "FLOAT16", (1, size))
    block.outputs.append("y")
    (folder / "model.mlmodel").write_bytes(model.SerializeToString())
    items = {
        "model": {"author": "com.apple.CoreML", "path": "com.apple.CoreML/model.mlmodel"},
        "weights": {"author": "com.apple.CoreML", "path": "com.apple.CoreML/weights"},
    }
    manifest = {"fileFormatVersion": "1.0.0", "itemInfoEntries": items, "rootModelIdentifier": "model"}
    (path / "Manifest.json").write_text(json.dumps(manifest))
    return (folder / "weights/weight.bin").stat().st_size


def _expression(message: Any, expression: Expression, file: Any) -> None:
    message.type = expression.kind
    for name, argument in expression.arguments.items():
        binding = message.inputs[name].arguments.add()
        if isinstance(argument, str):
            binding.name = argument
        else:
            _type(binding.value.type, argument.dtype, argument.shape)
            binding.value.blobFileValue.fileName = "@model_path/weights/weight.bin"
            binding.value.blobFileValue.offset = _record(file, argument)
    for name, (dtype, shape) in expression.outputs.items():
        _value(message.outputs.add(), name, dtype, shape)


def _record(file: Any, stored: Stored) -> int:
    """Append one record; where its metadata stands."""
    offset = file.seek(-file.tell() % RECORD, 1)
    number, bits = BLOB_TYPES[stored.dtype]
    padding = 8 * stored.data.nbytes - bits * math.prod(stored.shape)
    metadata = struct.pack("<IIQQQ", 0xDEADBEEF, number, stored.data.nbytes, offset + RECORD, padding)
    file.write(metadata.ljust(RECORD, b"\0"))
    file.write(stored.data.tobytes())
    return offset


def _value(message: Any, name: str, dtype: str, shape: tuple[int, ...]) -> None:
    message.name = name
    _type(message.type, dtype, shape)


def _type(message: Any, dtype: str, shape: tuple[int, ...]) -> None:
    message.tensorType.dataType = mil_classes().DataType.Value(dtype)
    message.tensorType.rank = len(shape)
    for size in shape:
        message.tensorType.dimensions.add().constant.size = size
