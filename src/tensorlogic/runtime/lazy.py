"""torch, and what needs it or is large, loaded when first used, so that a program without tensors starts at once."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import TypeGuard

    import torch
    from torch.nn import functional

    from tensorlogic import logic
    from tensorlogic.models.packed import PackedTensor

    degrees: Any
    equations: Any
    learning: Any


class _Lazy(ModuleType):
    """Stands for a module, and imports it when something of it is needed.

    Unlike `importlib.util.LazyLoader`, it leaves `sys.modules` alone: other libraries look there to find out
    whether torch is loaded, and use it if so.
    """

    def __getattr__(self, name: str) -> Any:
        value = getattr(importlib.import_module(self.__name__), name)
        setattr(self, name, value)
        return value


if not TYPE_CHECKING:
    torch = _Lazy("torch")
    functional = _Lazy("torch.nn.functional")
    logic = _Lazy("tensorlogic.logic")
    degrees = _Lazy("tensorlogic.runtime.degrees")
    equations = _Lazy("tensorlogic.runtime.equations")
    learning = _Lazy("tensorlogic.runtime.learning")

__all__ = ["degrees", "equations", "functional", "is_packed", "is_tensor", "learning", "logic", "torch"]


def is_tensor(value: object) -> TypeGuard[torch.Tensor]:
    """Whether a value is a tensor; asking does not load torch."""
    return "torch" in sys.modules and isinstance(value, torch.Tensor)


def is_packed(value: object) -> TypeGuard[PackedTensor]:
    """Whether a value is a quantized tensor that stays packed; asking loads nothing."""
    return (module := sys.modules.get("tensorlogic.models.packed")) is not None and isinstance(
        value, module.PackedTensor
    )
