"""Damaged compiled models, one idea each."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tensorlogic.errors import Code, codes
from tests.malformed import small_compiled
from tests.malformed.packages import Damage

DATA, METADATA, TEXT, WEIGHTS = "coremldata.bin", "metadata.json", "model.mil", "weights/weight.bin"
FORM = 28


def _replace(old: str, new: str, times: int = 1) -> Callable[[Path], None]:
    def do(model: Path) -> None:
        text = (model / TEXT).read_text()
        assert old in text
        (model / TEXT).write_text(text.replace(old, new, times))

    return do


def _write(file: str, data: bytes) -> Callable[[Path], None]:
    return lambda model: (model / file).write_bytes(data) and None


def _patch(file: str, offset: int, data: bytes) -> Callable[[Path], None]:
    def do(model: Path) -> None:
        old = (model / file).read_bytes()
        (model / file).write_bytes(old[:offset] + data + old[offset + len(data) :])

    return do


def _cut(file: str, size: int) -> Callable[[Path], None]:
    return lambda model: _write(file, (model / file).read_bytes()[:size])(model)


def _edit_metadata(change: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    """Change ``metadata.json``, and leave it the only one to describe the features."""

    def do(model: Path) -> None:
        _write(DATA, small_compiled.data(small_compiled.ML_PROGRAM, b""))(model)
        (said,) = json.loads((model / METADATA).read_text())
        change(said)
        (model / METADATA).write_text(json.dumps([said]))

    return do


def _text(name: str, old: str, new: str, code: Code, says: str) -> Damage:
    return Damage(name, _replace(old, new), code, says)


def _metadata(name: str, change: Callable[[dict[str, Any]], Any], says: str = "does not describe") -> Damage:
    return Damage(name, _edit_metadata(change), codes.CORRUPT, says)


_INPUT = "tensor<fp32, [1, 3, 8, 8]> x"
_PAIR = "tensor<int32, [2]>([1, 1])"
_FUNCTION = "func main<ios15>() {} -> ();"
_HUGE = "1000000000000"

DAMAGES = (
    Damage("no data", lambda m: (m / DATA).unlink(), codes.PACKAGE_ITEM_MISSING, "no file coremldata.bin"),
    Damage("no program", lambda m: (m / TEXT).unlink(), codes.PACKAGE_ITEM_MISSING, "no file model.mil"),
    Damage("no weights", lambda m: (m / WEIGHTS).unlink(), codes.PACKAGE_ITEM_MISSING, "holds the weights"),
    # coremldata.bin
    Damage("data empty", _write(DATA, b""), codes.TRUNCATED, "the header needs"),
    Damage("data cut in its form", _cut(DATA, FORM + 10), codes.TRUNCATED, "form of the description"),
    Damage("data cut in its versions", _cut(DATA, FORM + 20), codes.TRUNCATED, "version of the specification"),
    Damage("data cut in its description", _cut(DATA, 100), codes.TRUNCATED, "the description"),
    Damage("form beyond the file", _patch(DATA, FORM, b"\xff" * 8), codes.TRUNCATED, "form of the description"),
    Damage("description beyond the file", _patch(DATA, 75, b"\xff" * 8), codes.TRUNCATED, "the description"),
    Damage("description is noise", _patch(DATA, 83, b"\xff" * 20), codes.CORRUPT, "model's description"),
    Damage(
        "version of noise", _patch(DATA, 43, b"\xff" * 8), codes.CORRUPT, "asks for the version 18446744073709551615"
    ),
    Damage("no such kind", _patch(DATA, 0, struct.pack("<I", 7777)), codes.NOT_A_MODEL, "does not hold a Core ML"),
    Damage("no kind", _patch(DATA, 0, struct.pack("<I", 1)), codes.NOT_A_MODEL, "does not hold a Core ML"),
    Damage("a network", _patch(DATA, 0, struct.pack("<I", 500)), codes.UNSUPPORTED_MODEL, "neuralNetwork"),
    Damage("a tagger", _patch(DATA, 0, struct.pack("<I", 2001)), codes.UNSUPPORTED_MODEL, "wordTagger"),
    # metadata.json
    Damage("metadata is not JSON", _write(METADATA, b"{"), codes.CORRUPT, "metadata.json is not JSON"),
    Damage("metadata is deep", _write(METADATA, b"[" * 100_000), codes.CORRUPT, "metadata.json is not JSON"),
    Damage("metadata is huge", _write(METADATA, b" " * (1 << 21)), codes.TOO_LARGE, "metadata.json has"),
    Damage("metadata is a number", _write(METADATA, b"7"), codes.CORRUPT, "does not describe"),
    Damage("metadata of two", _write(METADATA, b"[{}, {}]"), codes.CORRUPT, "does not describe"),
    Damage("metadata is a list of texts", _write(METADATA, b'["x"]'), codes.CORRUPT, "does not describe"),
    Damage("metadata is not text", _write(METADATA, b"\xff\xff\xff"), codes.CORRUPT, "metadata.json is not JSON"),
    _metadata("author is a number", lambda said: said.update(author=7)),
    _metadata("half a character", lambda said: said.update(author="\ud800")),
    _metadata("inputs are a number", lambda said: said.update(inputSchema=7)),
    _metadata("an input without a name", lambda said: said["inputSchema"][0].pop("name")),
    _metadata("an input of no known type", lambda said: said["inputSchema"][0].update(dataType="Float7")),
    _metadata("a shape of words", lambda said: said["inputSchema"][0].update(shape="[one]")),
    _metadata("a deep shape", lambda said: said["inputSchema"][0].update(shape="[" * 100_000)),
    _metadata("a range of three", lambda said: said["inputSchema"][0].update(shapeRange="[[1, 2, 3]]")),
    _metadata("a shape beyond int64", lambda said: said["inputSchema"][0].update(shape="[99999999999999999999]")),
    Damage(
        "a negative shape",
        _edit_metadata(lambda said: said["inputSchema"][0].update(shape="[-5]")),
        codes.BAD_PROGRAM,
        "the shape [-5]",
    ),
    Damage(
        "an image in the metadata alone",
        _edit_metadata(lambda said: said["inputSchema"][0].update(type="Image")),
        codes.UNSUPPORTED_MODEL,
        "of type Image",
    ),
    Damage("no outputs", _edit_metadata(lambda said: said.pop("outputSchema")), codes.BAD_PROGRAM, "no outputs"),
    # model.mil
    Damage("text empty", _write(TEXT, b""), codes.UNEXPECTED_TOKEN, "expected `program`, found the end"),
    Damage("text cut", _write(TEXT, b"program(1.3)\n{"), codes.UNEXPECTED_TOKEN, "expected `func`, found the end"),
    Damage("text in UTF-16", _write(TEXT, "program(1.3)".encode("utf-16")), codes.CORRUPT, "not UTF-8"),
    Damage("text with NULs", _write(TEXT, b"program(1.3)\0"), codes.UNEXPECTED_CHARACTER, "U+0000"),
    Damage("no closing quote", _write(TEXT, b'program(1.3) [a = string("x'), codes.UNTERMINATED_TEXT, "closing quote"),
    _text("newer version", "program(1.3)", "program(2.0)", codes.UNSUPPORTED_VERSION, "version 2.0"),
    _text("newer operation set", "<ios15>", "<ios99>", codes.UNSUPPORTED_VERSION, "'ios99'"),
    _text("unknown escape", 'string("', 'string("\\q', codes.BAD_LITERAL, "unknown escape `\\q`"),
    _text("unknown type", "tensor<fp32", "tensor<fp31", codes.BAD_PROGRAM, "did you mean `fp32`"),
    _text("unknown operation", "relu(", "warp_drive(", codes.UNSUPPORTED_OPERATION, "'warp_drive'"),
    _text("unknown parameter", "relu(x =", "relu(y =", codes.BAD_OPERATION, "no parameter 'y'"),
    _text("a parameter twice", "relu(x = ", "relu(x = x, x = ", codes.BAD_PROGRAM, "`x` is given twice"),
    _text("a function twice", "        } -> (scores);\n", f"}} -> (); {_FUNCTION}", codes.BAD_PROGRAM, "defined twice"),
    _text("value of another type", "int32(", "bool(", codes.BAD_PROGRAM, "values of another type"),
    _text("number beyond its type", "int32(1)", "int32(3000000000)", codes.BAD_PROGRAM, "beyond int32"),
    _text("number beyond all", "int32(1)", f"int32({'9' * 10_000})", codes.BAD_LITERAL, "too long or too large"),
    _text("deep type", _INPUT, "list<" * 100_000, codes.NESTED_TOO_DEEPLY, "64 levels"),
    _text("deep value", _PAIR, f"tensor<int32, [{'1, ' * 99}1]>({'[' * 100_000}", codes.NESTED_TOO_DEEPLY, "64 levels"),
    _text("deep blocks", "string conv", "f() {" * 100_000, codes.NESTED_TOO_DEEPLY, "64 levels"),
    _text("huge list", "int32(1)", f"list<int32, {_HUGE}>([1])", codes.BAD_PROGRAM, "has 1 elements"),
    _text("huge value", _PAIR, f"tensor<int32, [{_HUGE}]>([1, 1])", codes.BAD_PROGRAM, "should have 1,000,000,000,000"),
    _text("huge value of no size", _PAIR, f"tensor<int32, [{_HUGE}, 0]>([])", codes.BAD_PROGRAM, "should have"),
    _text("huge weight", "val = tensor<fp16, [16", f"val = tensor<fp16, [{_HUGE}", codes.SIZE_MISMATCH, "needs"),
    _text("long size", "[1, 3, 8, 8]", f"[{'9' * 10_000}]", codes.UNEXPECTED_TOKEN, "expected a size"),
    _text("offset outside the file", "uint64(64)", f"uint64({1 << 60})", codes.BAD_OFFSET, "weight's record"),
    _text("negative offset", "uint64(64)", "uint64(-64)", codes.BAD_PROGRAM, "beyond uint64"),
    _text("a weight without its file", "path = ", "way = ", codes.BAD_PROGRAM, "a path and an offset"),
    _text("weights elsewhere", "weights/weight.bin", "../../secret", codes.OUTSIDE_PACKAGE, "outside the package"),
    _text("weight of another type", "val = tensor<fp16, [16", "val = tensor<fp32, [16", codes.SIZE_MISMATCH, "fp16"),
)
