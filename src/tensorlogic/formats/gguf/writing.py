"""GGUF files, written through the `gguf` package tensor by tensor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from gguf import GGUFWriter
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType, GGUFValueType, Keys

from tensorlogic.formats.replacing import replacing

Written = tuple[GGUFValueType, GGUFValueType | None, Any]
"""A value to write: its type, of a list that of its items, and itself."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A tensor to write: the type of its blocks, its shape in PyTorch's order, and where its bytes come from."""

    kind: GGMLQuantizationType
    shape: tuple[int, ...]
    make: Callable[[], npt.NDArray[Any]]

    @property
    def size(self) -> int:
        """Bytes in the file."""
        block, width = GGML_QUANT_SIZES[self.kind]
        return int(np.prod(self.shape, dtype=object)) // block * width


def write(path: Path, tensors: Mapping[str, Planned], values: Mapping[str, Written]) -> None:
    """Write a file, whole or not at all; one tensor is in memory at a time."""
    with replacing(path) as temporary:
        writer = GGUFWriter(temporary, str(values[Keys.General.ARCHITECTURE][2]))
        try:
            _write(writer, tensors, values)
        finally:
            writer.close()


def _write(writer: GGUFWriter, tensors: Mapping[str, Planned], values: Mapping[str, Written]) -> None:
    for name, (kind, items, value) in values.items():
        if name == Keys.General.ALIGNMENT:
            writer.add_custom_alignment(value)
        elif name != Keys.General.ARCHITECTURE:  # which the writer was given
            writer.add_key_value(name, value, kind, items)
    for name, planned in tensors.items():
        # The type only tells the writer that the shape is one of elements.
        writer.add_tensor_info(name, planned.shape, np.dtype(np.float32), planned.size, planned.kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for planned in tensors.values():
        writer.write_tensor_data(np.ascontiguousarray(planned.make()))
