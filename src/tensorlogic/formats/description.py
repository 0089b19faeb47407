"""What can be said of any model file, whatever its format."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """A stored tensor: its element type as PyTorch names it, its shape, and how it is stored."""

    dtype: str
    shape: tuple[int, ...]
    storage: str
    """The stored form, such as ``F16``, ``INT8``, ``Q4_0`` or ``4-bit palettized``."""
    size: int
    """Bytes in the file."""

    @property
    def elements(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a model file says of itself, and what its weights show. Unknown texts are empty."""

    format: str
    """``CoreML``, ``SafeTensors`` or ``GGUF``."""
    quantization: str
    """How the weights are stored: ``F32``, ``F16``, ``BF16``, ``INT8``, ``6-bit palettized``, ``Q4_K_M``, ``Mixed``"""
    name: str
    size: int
    """Bytes on disk."""
    parameters: int
    """The number of weights."""
    author: str = ""
    license: str = ""
    description: str = ""
    version: str = ""
    spec_version: int | None = None
    """The version of the Core ML specification that the file asks for."""
    opset: str = ""
    """The operation set of the program, such as ``iOS16``."""
    coremltools_version: str = ""
    source: str = ""
    """The framework that the model was converted from, such as ``torch==2.7.0``."""
    user_defined: Mapping[str, Any] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    """What the ``config.json`` beside the weights says, such as `hidden_size`."""


_DOMINANT = 0.9


def quantization(tensors: Mapping[str, TensorInfo]) -> str:
    """The storage of at least nine tenths of the weights, ``Mixed`` when there is none, ``None`` without weights."""
    elements: dict[str, int] = {}
    for info in tensors.values():
        elements[info.storage] = elements.get(info.storage, 0) + info.elements
    if not elements:
        return "None"
    storage, most = max(elements.items(), key=lambda item: item[1])
    return storage if most >= _DOMINANT * sum(elements.values()) else "Mixed"
