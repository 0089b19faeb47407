"""Damaged packages, one idea each: a way to spoil a good package and the error it must give."""

from __future__ import annotations

import json
import shutil
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tensorlogic.errors import Code, codes
from tensorlogic.formats.specification import model_classes

MODEL = "Data/com.apple.CoreML/model.mlmodel"
WEIGHTS = "Data/com.apple.CoreML/weights/weight.bin"


@dataclass(frozen=True)
class Damage:
    """What is done to a package (a path is given, changed in place) and what loading it must say."""

    name: str
    do: Callable[[Path], Any]
    code: Code
    says: str


def _edit_manifest(change: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    def do(package: Path) -> None:
        path = package / "Manifest.json"
        manifest = json.loads(path.read_text())
        change(manifest)
        path.write_text(json.dumps(manifest))

    return do


def _point_items_to(target: str) -> Callable[[Path], None]:
    def change(manifest: dict[str, Any]) -> None:
        for item in manifest["itemInfoEntries"].values():
            item["path"] = target

    return _edit_manifest(change)


def _edit_model(change: Callable[[Any], Any]) -> Callable[[Path], None]:
    def do(package: Path) -> None:
        path = package / MODEL
        model = model_classes().Model.FromString(path.read_bytes())
        change(model)
        path.write_bytes(model.SerializeToString())

    return do


def _body(model: Any) -> Any:
    function = model.mlProgram.functions["main"]
    return function.block_specializations[function.opset]


def _operation(model: Any, kind: str) -> Any:
    return next(operation for operation in _body(model).operations if operation.type == kind)


def _weight(model: Any) -> Any:
    for operation in _body(model).operations:
        value = operation.attributes["val"]
        if operation.type == "const" and value.WhichOneof("value") == "blobFileValue":
            return value
    raise AssertionError("the package has no weight in its blob file")


def _link_weights_outside(package: Path) -> None:
    outside = package.parent / "outside.bin"
    shutil.move(package / WEIGHTS, outside)
    (package / WEIGHTS).symlink_to(outside)


def _truncate(relative: str, share: float) -> Callable[[Path], None]:
    def do(package: Path) -> None:
        path = package / relative
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * share)])

    return do


def _patch_weights(offset: int, data: bytes) -> Callable[[Path], None]:
    def do(package: Path) -> None:
        with (package / WEIGHTS).open("r+b") as file:
            file.seek(offset)
            file.write(data)

    return do


def _rename_input_of_relu(model: Any) -> None:
    relu = _operation(model, "relu")
    relu.inputs["y"].CopyFrom(relu.inputs["x"])


def _swap_definition(model: Any) -> None:
    operations = _body(model).operations
    last = operations.pop(len(operations) - 1)
    operations.insert(0, last)


def _define_twice(model: Any) -> None:
    _body(model).operations.add().CopyFrom(_operation(model, "relu"))


def _grow_declared_shape(model: Any) -> None:
    dimension = _operation(model, "relu").outputs[0].type.tensorType.dimensions[1]
    dimension.constant.size = 1 << 50


def _rename_feature(model: Any) -> None:
    model.description.input[0].name = "nobody"


def _state_type(model: Any) -> Any:
    return model.mlProgram.functions["add"].inputs[1].type.stateType.wrappedType


def _read_the_input(model: Any) -> None:
    body = model.mlProgram.functions["add"].block_specializations["CoreML8"]
    read = next(operation for operation in body.operations if operation.type == "read_state")
    read.inputs["input"].arguments[0].name = "x"


def _give_the_state(model: Any) -> None:
    body = model.mlProgram.functions["add"].block_specializations["CoreML8"]
    body.outputs.append("total")


def _array(model: Any) -> Any:
    return model.description.input[0].type.multiArrayType


def _range_from_5_to_3(model: Any) -> None:
    _array(model).shapeRange.sizeRanges.add(lowerBound=5, upperBound=3)


DAMAGES = (
    Damage("empty folder", lambda p: (shutil.rmtree(p), p.mkdir()), codes.NOT_A_MODEL, "neither Manifest.json"),
    Damage("manifest is not JSON", lambda p: (p / "Manifest.json").write_text("{"), codes.CORRUPT, "not JSON"),
    Damage("manifest is a list", lambda p: (p / "Manifest.json").write_text("[]"), codes.CORRUPT, "JSON object"),
    Damage(
        "manifest is deep",
        lambda p: (p / "Manifest.json").write_text("[" * 100_000),
        codes.CORRUPT,
        "not JSON",
    ),
    Damage(
        "manifest is huge",
        lambda p: (p / "Manifest.json").write_text(" " * (1 << 21)),
        codes.TOO_LARGE,
        "bytes",
    ),
    Damage("no items", _edit_manifest(lambda m: m.pop("itemInfoEntries")), codes.CORRUPT, "itemInfoEntries"),
    Damage(
        "no root model",
        _edit_manifest(lambda m: m.update(rootModelIdentifier="x")),
        codes.PACKAGE_ITEM_MISSING,
        "root model",
    ),
    Damage("path with ..", _point_items_to("../../etc/passwd"), codes.OUTSIDE_PACKAGE, "outside the package"),
    Damage("absolute path", _point_items_to("/etc/passwd"), codes.OUTSIDE_PACKAGE, "outside the package"),
    Damage("path with NUL", _point_items_to("a\0b"), codes.OUTSIDE_PACKAGE, "outside the package"),
    Damage("missing model", lambda p: (p / MODEL).unlink(), codes.PACKAGE_ITEM_MISSING, "does not have it"),
    Damage(
        "missing weights folder",
        lambda p: shutil.rmtree((p / WEIGHTS).parent),
        codes.PACKAGE_ITEM_MISSING,
        "does not have it",
    ),
    Damage("missing weights file", lambda p: (p / WEIGHTS).unlink(), codes.PACKAGE_ITEM_MISSING, "holds the weights"),
    Damage("weights behind a link", _link_weights_outside, codes.OUTSIDE_PACKAGE, "outside the package"),
    Damage("model truncated", _truncate(MODEL, 0.5), codes.CORRUPT, "does not hold a Core ML model"),
    Damage("model empty", _truncate(MODEL, 0), codes.NOT_A_MODEL, "does not hold a Core ML model"),
    Damage("weights truncated", _truncate(WEIGHTS, 0.5), codes.TRUNCATED, "left in the file"),
    Damage("weights empty", _truncate(WEIGHTS, 0), codes.TRUNCATED, "header of the weights"),
    Damage("other blob version", _patch_weights(4, struct.pack("<I", 7)), codes.UNSUPPORTED_VERSION, "version 7"),
    Damage("no sentinel", _patch_weights(64, b"\0\0\0\0"), codes.BAD_OFFSET, "no weight's record"),
    Damage("unknown blob type", _patch_weights(68, struct.pack("<I", 99)), codes.CORRUPT, "data type 99"),
    Damage("other blob type", _patch_weights(68, struct.pack("<I", 3)), codes.SIZE_MISMATCH, "holds uint8"),
    Damage("blob too large", _patch_weights(72, struct.pack("<Q", 1 << 60)), codes.TRUNCATED, "weight's data"),
    Damage("blob too small", _patch_weights(72, struct.pack("<Q", 4)), codes.SIZE_MISMATCH, "needs"),
    Damage("data outside the file", _patch_weights(80, struct.pack("<Q", 1 << 60)), codes.BAD_OFFSET, "weight's data"),
    Damage("data over its record", _patch_weights(80, struct.pack("<Q", 64)), codes.CORRUPT, "overlap"),
    Damage(
        "offset outside the file",
        _edit_model(lambda m: setattr(_weight(m).blobFileValue, "offset", 1 << 60)),
        codes.BAD_OFFSET,
        "weight's record",
    ),
    Damage(
        "weights file outside the package",
        _edit_model(lambda m: setattr(_weight(m).blobFileValue, "fileName", "@model_path/../../../../secret")),
        codes.OUTSIDE_PACKAGE,
        "outside the package",
    ),
    Damage(
        "unknown operation",
        _edit_model(lambda m: setattr(_operation(m, "relu"), "type", "warp_drive")),
        codes.UNSUPPORTED_OPERATION,
        "'warp_drive'",
    ),
    Damage(
        "operation set of iOS 26",
        _edit_model(lambda m: setattr(m.mlProgram.functions["main"], "opset", "CoreML9")),
        codes.UNSUPPORTED_VERSION,
        "written in the operation set 'CoreML9'",
    ),
    Damage(
        "operation of a later operation set",
        _edit_model(lambda m: setattr(_operation(m, "relu"), "type", "slice_update")),
        codes.UNSUPPORTED_OPERATION,
        "'slice_update'",
    ),
    Damage("unknown parameter", _edit_model(_rename_input_of_relu), codes.BAD_OPERATION, "no parameter 'y'"),
    Damage(
        "missing parameter",
        _edit_model(lambda m: _operation(m, "relu").inputs.pop("x")),
        codes.BAD_OPERATION,
        "'x' is missing",
    ),
    Damage("use before definition", _edit_model(_swap_definition), codes.UNDEFINED_VALUE, "before it is defined"),
    Damage("defined twice", _edit_model(_define_twice), codes.BAD_PROGRAM, "defined twice"),
    Damage("result beyond memory", _edit_model(_grow_declared_shape), codes.TOO_LARGE, "memory"),
    Damage("renamed feature", _edit_model(_rename_feature), codes.BAD_PROGRAM, "nobody"),
    Damage(
        "input of another shape",
        _edit_model(lambda m: _array(m).shape.append(1)),
        codes.BAD_PROGRAM,
        "but its description says float32[1, 3, 8, 8, 1]",
    ),
    Damage("input of no type", _edit_model(lambda m: _array(m).ClearField("dataType")), codes.BAD_PROGRAM, "INVALID"),
    Damage("empty range", _edit_model(_range_from_5_to_3), codes.BAD_PROGRAM, "range 5..3"),
    Damage(
        "default of another type",
        _edit_model(lambda m: (setattr(_array(m), "dataType", 131104), setattr(_array(m), "floatDefaultValue", 0.5))),
        codes.BAD_PROGRAM,
        "default value 0.5",
    ),
    Damage(
        "no outputs",
        _edit_model(lambda m: m.description.ClearField("output")),
        codes.BAD_PROGRAM,
        "no outputs",
    ),
    Damage(
        "another kind of model",
        _edit_model(lambda m: m.neuralNetwork.SetInParent()),
        codes.UNSUPPORTED_MODEL,
        "neuralNetwork",
    ),
)

# Of the package with two functions, `add` (the default) and `twice`, and the state `total`.
STATEFUL_DAMAGES = (
    Damage(
        "state of no type",
        _edit_model(lambda m: _state_type(m).Clear()),
        codes.BAD_PROGRAM,
        "a value has no type",
    ),
    Damage(
        "state of a list",
        _edit_model(lambda m: _state_type(m).listType.type.tensorType.SetInParent()),
        codes.BAD_PROGRAM,
        "unknown element type",
    ),
    Damage(
        "state of unknown size",
        _edit_model(lambda m: _state_type(m).tensorType.dimensions[0].unknown.SetInParent()),
        codes.BAD_PROGRAM,
        "tensors of known size",
    ),
    Damage(
        "state beyond memory",
        _edit_model(
            lambda m: (
                setattr(_state_type(m).tensorType.dimensions[0].constant, "size", 1 << 50),
                m.description.functions[0].state[0].type.stateType.arrayType.shape.__setitem__(0, 1 << 50),
            )
        ),
        codes.TOO_LARGE,
        "memory",
    ),
    Damage(
        "state that the program lacks",
        _edit_model(lambda m: setattr(m.description.functions[0].state[0], "name", "nobody")),
        codes.BAD_PROGRAM,
        "differ in states: nobody, total",
    ),
    Damage(
        "state that is not described",
        _edit_model(lambda m: m.description.functions[0].ClearField("state")),
        codes.BAD_PROGRAM,
        "differ in states: total",
    ),
    Damage(
        "state described as an input",
        _edit_model(lambda m: m.description.functions[0].input.extend(m.description.functions[0].state)),
        codes.BAD_PROGRAM,
        "differ in inputs: total",
    ),
    Damage(
        "state of another shape",
        _edit_model(lambda m: m.description.functions[0].state[0].type.stateType.arrayType.shape.append(2)),
        codes.BAD_PROGRAM,
        "is state<tensor<fp16, [1, 8]>>, but its description says float16[1, 8, 2]",
    ),
    Damage(
        "state of another type",
        _edit_model(lambda m: m.description.functions[0].state[0].type.int64Type.SetInParent()),
        codes.BAD_PROGRAM,
        "but its description says int64",
    ),
    Damage("input read as a state", _edit_model(_read_the_input), codes.BAD_OPERATION, "'input' takes a state"),
    Damage("state as an output", _edit_model(_give_the_state), codes.BAD_PROGRAM, "must be read first"),
    Damage(
        "default function that does not exist",
        _edit_model(lambda m: setattr(m.description, "defaultFunctionName", "nobody")),
        codes.BAD_PROGRAM,
        "the default function 'nobody' is not described",
    ),
    Damage(
        "no default function",
        _edit_model(lambda m: m.description.ClearField("defaultFunctionName")),
        codes.BAD_PROGRAM,
        "the default function 'main' is not described",
    ),
    Damage(
        "function without description",
        _edit_model(lambda m: m.description.functions.pop(1)),
        codes.BAD_PROGRAM,
        "the function 'twice' has no description",
    ),
    Damage(
        "function that the program lacks",
        _edit_model(lambda m: m.mlProgram.functions.pop("twice")),
        codes.BAD_PROGRAM,
        "the program has no function 'twice'",
    ),
    Damage(
        "function described twice",
        _edit_model(lambda m: m.description.functions.append(m.description.functions[1])),
        codes.BAD_PROGRAM,
        "the function 'twice' is described twice",
    ),
)
