"""SafeTensors files, read lazily through the `safetensors` package."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from tensorlogic.errors import BytePlace, FormatError, UsageError, codes
from tensorlogic.formats.description import TensorInfo
from tensorlogic.formats.mapped import MappedFile
from tensorlogic.formats.replacing import replacing

# What a file calls its types, what users of PyTorch call them, and bytes an element.
_DTYPES = {
    "F64": ("float64", 8), "F32": ("float32", 4), "F16": ("float16", 2), "BF16": ("bfloat16", 2),
    "F8_E4M3": ("float8_e4m3fn", 1), "F8_E5M2": ("float8_e5m2", 1),
    "I64": ("int64", 8), "I32": ("int32", 4), "I16": ("int16", 2), "I8": ("int8", 1),
    "U64": ("uint64", 8), "U32": ("uint32", 4), "U16": ("uint16", 2), "U8": ("uint8", 1), "BOOL": ("bool", 1),
}  # fmt: skip


class SafeTensorsFile:
    """An opened file: what it holds, and its tensors on request."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = MappedFile(path).size
        header = self._open("np")
        self.metadata: dict[str, str] = header.metadata() or {}
        slices = {name: header.get_slice(name) for name in header.keys()}  # noqa: SIM118 (not a mapping)
        self.tensors = {name: _info(stored.get_dtype(), tuple(stored.get_shape())) for name, stored in slices.items()}

    def tensor(self, name: str, framework: str) -> Any:
        """The tensor `name` as an array of `framework`, ``np`` or ``pt``."""
        dtype = self.tensors[name].dtype
        if framework == "np" and not hasattr(np, dtype):
            raise UsageError(
                codes.WRONG_DTYPE,
                f"NumPy has no type for the {dtype} tensor {name!r}",
                BytePlace(str(self.path)),
                help='Ask for it with framework="torch".',
            )
        return self._open(framework).get_tensor(name)

    def _open(self, framework: str) -> Any:
        try:
            return safe_open(self.path, framework=framework)
        except (SafetensorError, OSError) as error:
            raise FormatError(
                codes.CORRUPT,
                f"not a valid SafeTensors file: {error}",
                BytePlace(str(self.path)),
                help="The file is truncated or damaged: copy or download it again.",
            ) from None


def _info(stored: str, shape: tuple[int, ...]) -> TensorInfo:
    dtype, size = _DTYPES.get(stored, (stored.lower(), 1))
    return TensorInfo(dtype, shape, stored, math.prod(shape) * size)


def save(tensors: Mapping[str, npt.NDArray[Any]], path: Path, metadata: Mapping[str, str]) -> None:
    """Write `tensors` to `path`, whole or not at all."""
    contiguous = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    with replacing(path) as temporary:
        save_file(contiguous, temporary, metadata=dict(metadata))
