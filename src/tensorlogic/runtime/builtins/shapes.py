"""The same elements in another shape, and tensors put together."""

from __future__ import annotations

from typing import Any

from tensorlogic.errors import SourceError
from tensorlogic.errors.codes import WRONG_SHAPE
from tensorlogic.runtime.convert import as_ints, as_tensor
from tensorlogic.runtime.kinds import kind, with_article
from tensorlogic.runtime.lazy import torch
from tensorlogic.runtime.registry import builtin
from tensorlogic.runtime.values import Sizes


@builtin
def shape(x: Any) -> list[int]:
    """The sizes of a tensor, one for each axis."""
    return Sizes(as_tensor(x).shape)


@builtin
def reshape(x: Any, *shape: Any) -> torch.Tensor:
    """The elements in another shape, ``reshape(x, [2, 3])``; one size may be -1, which is worked out."""
    tensor, sizes = as_tensor(x), as_ints(shape)
    try:
        return tensor.reshape(sizes)
    except RuntimeError:
        message = f"{with_article(kind(tensor))} cannot have the shape {sizes}"
        raise SourceError(WRONG_SHAPE, message) from None


@builtin
def flatten(x: Any) -> torch.Tensor:
    """All elements along one axis."""
    return as_tensor(x).flatten()


@builtin
def transpose(x: Any, first: int = -2, second: int = -1) -> torch.Tensor:
    """Two axes exchanged, the last two unless told."""
    return as_tensor(x).transpose(first, second)


@builtin
def permute(x: Any, *axes: Any) -> torch.Tensor:
    """The axes in another order: ``permute(x, [0, 2, 1])``."""
    return as_tensor(x).permute(as_ints(axes))


@builtin
def squeeze(x: Any, axis: int | None = None) -> torch.Tensor:
    """Without the axes of size 1, or without one of them."""
    return as_tensor(x).squeeze() if axis is None else as_tensor(x).squeeze(axis)


@builtin
def unsqueeze(x: Any, axis: int) -> torch.Tensor:
    """With a new axis of size 1."""
    return as_tensor(x).unsqueeze(axis)


@builtin
def concat(*tensors: Any, axis: int = 0) -> torch.Tensor:
    """Tensors joined along an axis that they have: ``concat(a, b, axis: 1)``, ``concat([a, b])``."""
    return torch.cat(_several(tensors), axis)


@builtin
def stack(*tensors: Any, axis: int = 0) -> torch.Tensor:
    """Tensors of one shape put together along a new axis: ``stack(a, b)``, ``stack([a, b])``."""
    return torch.stack(_several(tensors), axis)


def _several(tensors: tuple[Any, ...]) -> list[torch.Tensor]:
    given = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], list) else tensors
    return [as_tensor(tensor) for tensor in given]
