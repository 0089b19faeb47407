"""The small package in the form that a compiler makes of it, put together from what is known of that form."""

from __future__ import annotations

import json
import shutil
import struct
from pathlib import Path
from typing import Any

from tensorlogic.coreml import open_package
from tensorlogic.formats.specification import read_model
from tensorlogic.mil.text import show
from tests.malformed.packages import MODEL, WEIGHTS

ML_PROGRAM = 502
FEATURE = {
    "name": "scores",
    "type": "MultiArray",
    "dataType": "Float32",
    "shape": "[]",
    "isOptional": "0",
    "hasShapeFlexibility": "0",
    "formattedType": "MultiArray (Float32)",
    "shortDescription": "",
}


def write(path: Path, package: Path) -> None:
    """Write what Apple's compiler makes of the package at `package` into the new folder `path`."""
    model = read_model(package / MODEL)
    (path / "weights").mkdir(parents=True)
    shutil.copy(package / WEIGHTS, path / "weights" / "weight.bin")
    (path / "model.mil").write_text(show(open_package(package).program))
    (path / "coremldata.bin").write_bytes(data(ML_PROGRAM, model.description.SerializeToString()))
    (path / "metadata.json").write_text(json.dumps(metadata(model.description)))


def data(kind: int, description: bytes, form: bytes = b"generic") -> bytes:
    """A ``coremldata.bin``, with the 16 bytes that end those of compilers."""
    start = struct.pack("<I3QQ", kind, 5, 0, 0, len(form)) + form + struct.pack("<4Q", 6, 0, 0, 0)
    return start + struct.pack("<Q", len(description)) + description + struct.pack("<QQ", kind, 0)


def metadata(description: Any) -> list[dict[str, Any]]:
    """A ``metadata.json``."""
    (image,) = description.input
    shape = ", ".join(map(str, image.type.multiArrayType.shape))
    return [
        {
            "metadataOutputVersion": "3.0",
            "specificationVersion": 6,
            "shortDescription": "A small network",
            "author": "The authors",
            "license": "None",
            "version": "2.5",
            "inputSchema": [FEATURE | {"name": image.name, "shape": f"[{shape}]"}],
            "outputSchema": [FEATURE],
            "stateSchema": [],
            "modelType": {"name": "MLModelType_mlProgram"},
            "userDefinedMetadata": {"com.github.apple.coremltools.version": "9.0", "made for": "tests"},
        }
    ]
