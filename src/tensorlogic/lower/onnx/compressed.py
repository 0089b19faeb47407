"""Constants that are expanded when their elements are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorlogic.lower.onnx.graph import Array
from tensorlogic.mil.declare import Op

if TYPE_CHECKING:
    from tensorlogic.lower.torch import Stored


class Compressed:
    """What NumPy takes for an array. It is expanded once, and only if something needs its elements.

    It is the result of `op`, whose arguments tell what it can be computed on without being expanded.
    """

    def __init__(self, source: Stored, op: Op, arguments: Mapping[str, Any]) -> None:
        self.source, self.op, self.arguments = source, op, arguments
        self.shape, self.size = source.shape, source.elements
        self.dtype = np.dtype(str(source.dtype).removeprefix("torch."))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        """All elements."""
        return np.array(self._expanded, dtype, copy=copy)

    @cached_property
    def _expanded(self) -> Array:
        expanded: Array = self.source.expand().numpy()
        return expanded
