"""The protobuf classes of the Core ML format, as coremltools generates them.

They are loaded through coremltools' package path without running its own ``__init__``, which takes seconds and
reaches for native libraries that exist on few systems.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from tensorlogic.errors import BytePlace, FormatError, codes
from tensorlogic.formats.mapped import MappedFile

_ALIAS = "tensorlogic.formats._coremltools_proto"
_MODEL_LIMIT = 1 << 31
"""Protobuf messages end at 2 GiB."""


@cache
def model_classes() -> Any:
    """The module ``Model_pb2``: `Model`, `ModelDescription` and, below it, everything they are made of."""
    spec = importlib.util.find_spec("coremltools")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("coremltools is not installed: pip install coremltools", name="coremltools")
    alias = ModuleType(_ALIAS, "coremltools' generated classes under a name of their own")
    alias.__path__ = [str(Path(spec.origin).parent / "proto")]
    sys.modules[_ALIAS] = alias
    return importlib.import_module(f"{_ALIAS}.Model_pb2")


@cache
def mil_classes() -> Any:
    """The module ``MIL_pb2``."""
    model_classes()
    return importlib.import_module(f"{_ALIAS}.MIL_pb2")


@cache
def feature_classes() -> Any:
    """The module ``FeatureTypes_pb2``."""
    model_classes()
    return importlib.import_module(f"{_ALIAS}.FeatureTypes_pb2")


def read_model(path: Path) -> Any:
    """The `Model` message in `path`. Raises `FormatError` when the file does not hold one."""
    from google.protobuf.message import DecodeError

    file = MappedFile(path)
    place = BytePlace(str(path))
    if file.size >= _MODEL_LIMIT:
        raise FormatError(codes.TOO_LARGE, f"the model description has {file.size:,} bytes", place)
    model = model_classes().Model()
    try:
        model.ParseFromString(bytes(file.view(0, file.size, "the model description")))
    except DecodeError:
        raise FormatError(
            codes.CORRUPT,
            "the file does not hold a Core ML model description",
            place,
            help="The file is truncated or damaged, or it is no Core ML model: copy or download it again.",
        ) from None
    return model
