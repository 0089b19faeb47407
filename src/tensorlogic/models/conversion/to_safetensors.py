"""Weights as a SafeTensors file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from safetensors.torch import save_file

from tensorlogic.formats.description import TensorInfo
from tensorlogic.formats.replacing import replacing
from tensorlogic.models.conversion.reading import stored_as, texts_of
from tensorlogic.models.model import Model

_DTYPES = {"F32": "float32", "F16": "float16", "BF16": "bfloat16"}


def write(model: Model, path: Path, wanted: str | None, progress: Callable[[str], object]) -> None:
    """Write the tensors of `model`, floats as `wanted`, and its metadata."""
    tensors = {}
    for name, info in model.tensors.items():
        progress(f"Reading {name}")
        tensors[name] = stored_as(model, name, _dtype(info, wanted)).contiguous()
    with replacing(path) as temporary:
        save_file(tensors, temporary, metadata=texts_of(model))


def _dtype(info: TensorInfo, wanted: str | None) -> str:
    return info.dtype if wanted is None or "float" not in info.dtype else _DTYPES[wanted]
