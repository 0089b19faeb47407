"""The same elements in another shape, and tensors put together."""

from __future__ import annotations

from typing import Any

from tensorlogic.errors import SourceError
from tensorlogic.errors.codes import WRONG_SHAPE
from tensorlogic.runtime.convert import as_int, as_ints, as_tensor
from tensorlogic.runtime.kinds import kind, with_article
from tensorlogic.runtime.lazy import torch
from tensorlogic.runtime.registry import builtin, builtin_named
from tensorlogic.runtime.sizes import check_size
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
@builtin_named("swapaxes")
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
@builtin_named("cat")
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


@builtin
@builtin_named("broadcast_to")
def expand(x: Any, *shape: Any) -> torch.Tensor:
    """x repeated along axes of size 1, and along new ones before the first, to have a shape."""
    tensor, sizes = as_tensor(x), as_ints(shape)
    check_size([abs(size) for size in sizes], tensor.dtype)
    try:
        return tensor.broadcast_to(sizes)
    except RuntimeError:
        raise SourceError(WRONG_SHAPE, f"{with_article(kind(tensor))} cannot be expanded to {sizes}") from None


@builtin
@builtin_named("tile")
def repeat(x: Any, *times: Any) -> torch.Tensor:
    """x several times along each axis: ``repeat(x, [2, 1])``."""
    tensor, counts = as_tensor(x), as_ints(times)
    padded = [1] * (len(counts) - tensor.ndim) + list(tensor.shape)
    check_size([size * count for size, count in zip(padded, counts, strict=False)], tensor.dtype)
    return tensor.repeat(counts)


@builtin
def flip(x: Any, axis: int = -1) -> torch.Tensor:
    """The elements along an axis in the opposite order."""
    return as_tensor(x).flip(as_int(axis))


@builtin
def roll(x: Any, by: int, axis: int = -1) -> torch.Tensor:
    """The elements along an axis moved on; what leaves at the end comes in at the start."""
    return as_tensor(x).roll(as_int(by), as_int(axis))


@builtin
def split(x: Any, size: Any = None, axis: int = 0) -> list[Any]:
    """A tensor in pieces of a size along an axis, the last of which may be smaller; a string in pieces at `size`.

    ``split(x, [2, 3])`` gives pieces of these sizes, ``split("a,b", ",")`` and ``split("a b")`` lists of strings.
    """
    if isinstance(x, str):
        return x.split(size) if isinstance(size, str) else x.split()
    sizes = as_int(size) if isinstance(size, int) else as_ints([size])
    return list(torch.split(as_tensor(x), sizes, as_int(axis)))


@builtin
def chunk(x: Any, count: int, axis: int = 0) -> list[torch.Tensor]:
    """A tensor in so many pieces along an axis, the last of which may be smaller."""
    return list(as_tensor(x).chunk(as_int(count), as_int(axis)))


@builtin
def unbind(x: Any, axis: int = 0) -> list[torch.Tensor]:
    """The parts of a tensor at each place along an axis, without the axis."""
    return list(as_tensor(x).unbind(as_int(axis)))


@builtin
def tril(x: Any, diagonal: int = 0) -> torch.Tensor:
    """The elements on and below a diagonal of a matrix, and 0 elsewhere."""
    return as_tensor(x).tril(as_int(diagonal))


@builtin
def triu(x: Any, diagonal: int = 0) -> torch.Tensor:
    """The elements on and above a diagonal of a matrix, and 0 elsewhere."""
    return as_tensor(x).triu(as_int(diagonal))


@builtin
def diag(x: Any) -> torch.Tensor:
    """The diagonal of a matrix, or the matrix that has a vector as its diagonal."""
    tensor = as_tensor(x)
    check_size([len(tensor), len(tensor)], tensor.dtype)
    return tensor.diag()


@builtin
def numel(x: Any) -> int:
    """The number of elements."""
    return as_tensor(x).numel()
