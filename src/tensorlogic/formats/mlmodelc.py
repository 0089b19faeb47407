"""Compiled Core ML models: the folder that Apple's compiler makes of a package.

``coremldata.bin`` (little-endian): u32 kind of the model, which is the number of its field in a `Model` message;
three u64 of the compiler's version; u64 length and text, ``generic`` or ``spec``; u64 version of the specification;
three u64 without use; and, where the text is ``generic``, u64 length and a serialized `ModelDescription`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tensorlogic.errors import BytePlace, FormatError, codes
from tensorlogic.formats.compiled_metadata import read_description
from tensorlogic.formats.folder import folder_size, read_json, weights_file
from tensorlogic.formats.mapped import MappedFile
from tensorlogic.formats.specification import model_classes

SUFFIX = ".mlmodelc"
DATA = "coremldata.bin"
PROGRAM = "model.mil"
METADATA = "metadata.json"
_LARGEST_PROGRAM = 1 << 28
_LAST_VERSION = (1 << 31) - 1
"""Packages have no room for another."""
_START = struct.Struct("<I24xQ")
_MIDDLE = struct.Struct("<Q24x")
_LENGTH = struct.Struct("<Q")
_DESCRIBED = b"generic"


@dataclass(frozen=True, slots=True)
class MLModelC:
    """An opened ``.mlmodelc``: what kind of model it is, and its `ModelDescription` message."""

    root: Path
    kind: str | None
    """The name of its field in a `Model` message, such as ``mlProgram``; None where it has none."""
    spec_version: int
    description: Any

    @classmethod
    def open(cls, root: Path) -> MLModelC:
        """Read what the model says of itself. Raises `FormatError` when the folder is not whole."""
        if not (root / DATA).is_file():
            raise _missing(root, DATA)
        kind, spec_version, description = _read_data(MappedFile(root / DATA))
        path = root / METADATA
        told = read_description(read_json(path, METADATA), path) if path.is_file() else type(description)()
        return cls(root, kind, spec_version, _completed(description, told))

    @property
    def program(self) -> Path:
        """The file with the program."""
        return self.root / PROGRAM

    def text(self) -> str:
        """The program as MIL text."""
        if not self.program.is_file():
            raise _missing(self.root, PROGRAM)
        file = MappedFile(self.program)
        if file.size > _LARGEST_PROGRAM:
            raise FormatError(codes.TOO_LARGE, f"the program has {file.size:,} bytes", BytePlace(str(self.program)))
        try:
            return str(file.view(0, file.size, "the program"), "utf-8")
        except UnicodeDecodeError as error:
            place = BytePlace(str(self.program), error.start)
            raise FormatError(codes.CORRUPT, "the program is not UTF-8 text", place) from None

    def weights(self, name: str) -> Path:
        """The file that the program calls `name`, such as ``@model_path/weights/weight.bin``."""
        return weights_file(self.root, self.program, name)

    def size(self) -> int:
        """Bytes of all files of the model."""
        return folder_size(self.root)


def write_data(root: Path, kind: str, spec_version: int, description: Any) -> None:
    """Write what a model is, and its `ModelDescription` message, into the folder of a compiled one."""
    number = model_classes().Model.DESCRIPTOR.fields_by_name[kind].number
    start = _START.pack(number, len(_DESCRIBED)) + _DESCRIBED + _MIDDLE.pack(spec_version)
    message = description.SerializeToString()
    (root / DATA).write_bytes(start + _LENGTH.pack(len(message)) + message)


def _read_data(file: MappedFile) -> tuple[str | None, int, Any]:
    """The kind, the version of the specification and the description; what is not there is left empty."""
    number, length = _START.unpack(file.view(0, _START.size, "the header"))
    offset = _START.size + length
    form = bytes(file.view(_START.size, length, "the form of the description"))
    (spec_version,) = _MIDDLE.unpack(file.view(offset, _MIDDLE.size, "the version of the specification"))
    if spec_version > _LAST_VERSION:
        message = f"the file asks for the version {spec_version} of the specification"
        raise FormatError(codes.CORRUPT, message, BytePlace(str(file.path), offset))
    description = model_classes().ModelDescription()
    if form == _DESCRIBED:
        offset += _MIDDLE.size
        (length,) = _LENGTH.unpack(file.view(offset, _LENGTH.size, "the length of the description"))
        _parse(description, bytes(file.view(offset + _LENGTH.size, length, "the description")), file.path, offset)
    return _kind(number), spec_version, description


def _parse(description: Any, data: bytes, path: Path, offset: int) -> None:
    from google.protobuf.message import DecodeError

    try:
        description.ParseFromString(data)
    except DecodeError:
        place = BytePlace(str(path), offset)
        raise FormatError(codes.CORRUPT, "the file does not hold a model's description", place) from None


def _completed(description: Any, told: Any) -> Any:
    """A description, and what another tells where it says nothing."""
    if description.input or description.output or description.functions:
        told = type(told)(metadata=told.metadata)
    told.MergeFrom(description)
    return told


def _kind(number: int) -> str | None:
    found = model_classes().Model.DESCRIPTOR.fields_by_number.get(number)
    return found.name if found is not None and found.containing_oneof is not None else None


def _missing(root: Path, name: str) -> FormatError:
    return FormatError(
        codes.PACKAGE_ITEM_MISSING,
        f"the compiled model has no file {name}",
        BytePlace(str(root)),
        help="Copy the whole folder; its files belong together.",
    )
