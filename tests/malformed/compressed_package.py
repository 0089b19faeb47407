"""Packages of one linear layer whose weight is compressed, written part by part, sound or not."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from tensorlogic.formats.specification import mil_classes, model_classes

FOLDER = "Data/com.apple.CoreML"
RECORD = 64
BLOB_TYPES = {"FLOAT16": (1, 16), "INT32": (14, 32), "INT4": (8, 4), "UINT1": (9, 1), "UINT4": (11, 4)}
"""The blob file's number for an element type, and its bits."""
FLOAT16_FEATURE = 65552

Shape = tuple[int, ...]
Type = tuple[str, Shape]


@dataclass(frozen=True)
class Constant:
    """A constant in the blob file: its element type by the protobuf's name, its shape and its bytes."""

    dtype: str
    shape: Shape
    data: np.ndarray
    padding: int | None = None
    """What the file says of unused bits; None for what is so."""


@dataclass(frozen=True)
class Expression:
    """A constant expression; an argument that is a text names a result of an earlier one, or the input ``x``."""

    kind: str
    arguments: Mapping[str, Constant | str]
    results: Mapping[str, Type]


RANDOM = np.random.default_rng(0)
PALETTE = Constant("FLOAT16", (1, 1, 16, 1), np.linspace(-0.02, 0.01, 16).astype(np.float16))


def numbers(dtype: str, *shape: int) -> Constant:
    """Any numbers of an integer type."""
    bits = BLOB_TYPES[dtype][1] * math.prod(shape)
    data = RANDOM.integers(0, 256, -(-bits // 8), np.uint8)
    return Constant(dtype, shape, data)


def halves(*shape: int) -> Constant:
    """Numbers of 0.01."""
    return Constant("FLOAT16", shape, np.full(math.prod(shape), 0.01, np.float16))


def weight(size: int) -> dict[str, Type]:
    return {"weight": ("FLOAT16", (size, size))}


def palettized(size: int) -> list[Expression]:
    given = {"indices": numbers("UINT4", size, size), "lut": PALETTE}
    return [Expression("constexpr_lut_to_dense", given, weight(size))]


def quantized(size: int) -> list[Expression]:
    given = {"data": numbers("INT4", size, size), "scale": halves(size, size // 32)}
    return [Expression("constexpr_blockwise_shift_scale", given, weight(size))]


def sparse_palettized(size: int) -> list[Expression]:
    mask = numbers("UINT1", size, size)
    count = int(np.unpackbits(mask.data).sum())
    given = {"indices_mask": mask, "indices_nonzero_data": numbers("UINT4", count), "lut": PALETTE}
    return [
        Expression("constexpr_lut_to_sparse", given, {"mask": ("UINT1", mask.shape), "values": ("FLOAT16", (count,))}),
        Expression("constexpr_sparse_to_dense", {"mask": "mask", "nonzero_data": "values"}, weight(size)),
    ]


def write(path: Path, size: int, expressions: Sequence[Expression]) -> int:
    """Write the package of y = x @ weight.T for a square weight, and return the bytes of its blob file."""
    blobs = path / FOLDER / "weights/weight.bin"
    blobs.parent.mkdir(parents=True)
    with blobs.open("wb") as file:
        file.write(struct.pack("<II", 0, 2).ljust(RECORD, b"\0"))
        model = _model(size, expressions, file)
    (path / FOLDER / "model.mlmodel").write_bytes(model.SerializeToString())
    parts = {name: {"path": f"com.apple.CoreML/{name}"} for name in ("model.mlmodel", "weights")}
    manifest = {"itemInfoEntries": parts, "rootModelIdentifier": "model.mlmodel"}
    (path / "Manifest.json").write_text(json.dumps(manifest))
    return blobs.stat().st_size


def _model(size: int, expressions: Sequence[Expression], file: BinaryIO) -> Any:
    model = model_classes().Model(specificationVersion=9)
    for features, name in ((model.description.input, "x"), (model.description.output, "y")):
        array = features.add(name=name).type.multiArrayType
        array.shape.extend((1, size))
        array.dataType = FLOAT16_FEATURE
    function = model.mlProgram.functions["main"]
    function.opset = "CoreML8"
    _value(function.inputs.add(), "x", ("FLOAT16", (1, size)))
    block = function.block_specializations["CoreML8"]
    for expression in (
        *expressions,
        Expression("linear", {"x": "x", "weight": "weight"}, {"y": ("FLOAT16", (1, size))}),
    ):
        operation = block.operations.add(type=expression.kind)
        for name, argument in expression.arguments.items():
            _bind(operation.inputs[name].arguments.add(), argument, file)
        for name, declared in expression.results.items():
            _value(operation.outputs.add(), name, declared)
    block.outputs.append("y")
    return model


def _bind(binding: Any, argument: Constant | str, file: BinaryIO) -> None:
    if isinstance(argument, str):
        binding.name = argument
        return
    _type(binding.value.type, (argument.dtype, argument.shape))
    binding.value.blobFileValue.fileName = "@model_path/weights/weight.bin"
    binding.value.blobFileValue.offset = _record(file, argument)


def _record(file: BinaryIO, constant: Constant) -> int:
    """Append one record; where its metadata stands."""
    offset = file.seek(-file.tell() % RECORD, 1)
    number, bits = BLOB_TYPES[constant.dtype]
    unused = max(0, 8 * constant.data.nbytes - bits * math.prod(constant.shape))
    padding = unused if constant.padding is None else constant.padding
    metadata = struct.pack("<IIQQQ", 0xDEADBEEF, number, constant.data.nbytes, offset + RECORD, padding)
    file.write(metadata.ljust(RECORD, b"\0"))
    file.write(constant.data.tobytes())
    return offset


def _value(message: Any, name: str, declared: Type) -> None:
    message.name = name
    _type(message.type, declared)


def _type(message: Any, declared: Type) -> None:
    dtype, shape = declared
    message.tensorType.dataType = mil_classes().DataType.Value(dtype)
    message.tensorType.rank = len(shape)
    for size in shape:
        message.tensorType.dimensions.add().constant.size = size
