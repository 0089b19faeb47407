"""Weights as a SafeTensors file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tensorlogic.errors import UsageError, codes
from tensorlogic.formats import safetensors
from tensorlogic.formats.description import TensorInfo
from tensorlogic.formats.replacing import replacing
from tensorlogic.models.conversion.reading import stored_as
from tensorlogic.models.model import Model
from tensorlogic.models.tensors import Tensors

_DTYPES = {"F32": "float32", "F16": "float16", "BF16": "bfloat16"}


def write(model: Model, path: Path, wanted: str | None, progress: Callable[[str], object]) -> None:
    """Write the tensors of `model`, floats as `wanted`, and its metadata."""
    infos = {name: _info(name, info, wanted) for name, info in model.tensors.items()}

    def read(name: str) -> Any:
        progress(f"Writing {name}")
        return stored_as(model, name, infos[name].dtype)

    with replacing(path) as temporary:
        safetensors.write(temporary, infos, Tensors(infos, read).data, model.metadata_texts())


def _info(name: str, info: TensorInfo, wanted: str | None) -> TensorInfo:
    dtype = info.dtype if wanted is None or "float" not in info.dtype else _DTYPES[wanted]
    stored = safetensors.storable(dtype, info.shape)
    if stored is None:
        raise UsageError(codes.UNSUPPORTED_TYPE, f"SafeTensors files have no type for the {dtype} tensor {name!r}")
    return stored
