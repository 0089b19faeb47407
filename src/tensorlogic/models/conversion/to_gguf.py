"""Weights as a GGUF file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy.typing as npt
from gguf.constants import GGML_QUANT_SIZES, GGML_QUANT_VERSION, GGUFValueType, Keys, LlamaFileType
from gguf.constants import GGMLQuantizationType as Kind
from gguf.quants import quantize

from tensorlogic.errors import UnsupportedError, UsageError, codes
from tensorlogic.formats.description import TensorInfo
from tensorlogic.formats.gguf.texts import from_texts
from tensorlogic.formats.gguf.writing import Planned, Written
from tensorlogic.formats.gguf.writing import write as write_file
from tensorlogic.models.conversion.reading import bits_of, stored_as
from tensorlogic.models.gguf import NATIVE
from tensorlogic.models.model import Model

_KINDS = {dtype: kind for kind, dtype in NATIVE.items()}
_MOST_AXES = 4


def write(model: Model, path: Path, wanted: str | None, progress: Callable[[str], object]) -> None:
    """Write the tensors of `model`, floats as `wanted`, and its metadata."""
    planned = {name: _plan(model, name, info, wanted, progress) for name, info in model.tensors.items()}
    write_file(path, planned, _with_types(from_texts(model.metadata_texts()), planned))


def _plan(model: Model, name: str, info: TensorInfo, wanted: str | None, progress: Callable[[str], object]) -> Planned:
    kind = _kind(name, info, wanted)
    if len(info.shape) > _MOST_AXES:
        message = f"the tensor {name!r} has {len(info.shape)} axes; in GGUF there are at most {_MOST_AXES}"
        raise UsageError(codes.CANNOT_WRITE, message)

    def make() -> npt.NDArray[Any]:
        progress(f"Writing {name}")
        return _array(model, name, kind)

    return Planned(kind, info.shape, make)


def _kind(name: str, info: TensorInfo, wanted: str | None) -> Kind:
    """The type that a tensor is written in."""
    if "float" not in info.dtype or wanted is None:
        native = Kind.F16 if info.dtype.startswith("float8") else _KINDS.get(info.dtype)
        if native is None:
            message = f"GGUF has no type for the {info.dtype} tensor {name!r}"
            raise UnsupportedError(codes.UNSUPPORTED_TYPE, message)
        return native
    if len(info.shape) < 2:
        return Kind.F32  # what the programs that run them take
    return Kind[wanted] if info.shape[-1] % GGML_QUANT_SIZES[Kind[wanted]][0] == 0 else Kind.F16


def _array(model: Model, name: str, kind: Kind) -> npt.NDArray[Any]:
    if kind in NATIVE:
        return bits_of(stored_as(model, name, NATIVE[kind]))
    return quantize(bits_of(stored_as(model, name, "float32")), kind)


def _with_types(values: Mapping[str, Written], planned: Mapping[str, Planned]) -> dict[str, Written]:
    """The metadata with what it must say of the types of these tensors."""
    matrices = {tensor.kind.name for tensor in planned.values() if len(tensor.shape) > 1}
    types = {kind.name.partition("_")[2]: int(kind) for kind in LlamaFileType}
    said = {name: value for name, value in values.items() if name != Keys.General.FILE_TYPE}
    said.setdefault(Keys.General.ARCHITECTURE, (GGUFValueType.STRING, None, "unknown"))
    if len(matrices) == 1 and (only := next(iter(matrices))) in types:
        said[Keys.General.FILE_TYPE] = (GGUFValueType.UINT32, None, types[only])
    if any(tensor.kind not in NATIVE for tensor in planned.values()):
        said[Keys.General.QUANTIZATION_VERSION] = (GGUFValueType.UINT32, None, GGML_QUANT_VERSION)
    return said
