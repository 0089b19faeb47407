"""The same elements in another shape, and tensors put together and taken apart.

Results may share their elements with x, as in PyTorch; ``tensor(x)`` is a copy.
"""

from __future__ import annotations

from typing import Any

from tensorlogic.errors import SourceError
from tensorlogic.errors.codes import WRONG_SHAPE
from tensorlogic.lang.inference import rules, shaping
from tensorlogic.runtime.convert import as_int, as_ints, as_tensor, as_weight
from tensorlogic.runtime.kinds import kind, with_article
from tensorlogic.runtime.lazy import torch
from tensorlogic.runtime.registry import builtin, builtin_named, gives
from tensorlogic.runtime.sizes import check_size
from tensorlogic.runtime.values import Sizes


@builtin
@builtin_named("dims")
@gives(shaping.listed)
def shape(x: Any) -> list[int]:
    """The sizes of a tensor, one for each axis: a list of ints, empty for a tensor without axes."""
    return Sizes(as_tensor(x).shape)


@builtin
@builtin_named("view", "from_vec")
@gives(shaping.reshaped)
def reshape(x: Any, *shape: Any) -> torch.Tensor:
    """The elements, in order, in another shape: ``reshape(x, [2, 3])``, ``reshape(x, 2, 3)``.

    One size may be -1 and is worked out. A shape with another number of elements is an error.
    """
    tensor, sizes = as_tensor(x), as_ints(shape)
    try:
        return tensor.reshape(sizes)
    except RuntimeError:
        message = f"{with_article(kind(tensor))} cannot have the shape {sizes}"
        raise SourceError(WRONG_SHAPE, message) from None


@builtin
@builtin_named("ravel", "to_vec")
@gives(shaping.flat)
def flatten(x: Any) -> torch.Tensor:
    """All elements along one axis, the last axis going fastest."""
    return as_tensor(x).flatten()


@builtin
@builtin_named("swapaxes")
@gives(shaping.transposed)
def transpose(x: Any, first: int = -2, second: int = -1) -> torch.Tensor:
    """Two axes exchanged, the last two unless told: [..., a, b] becomes [..., b, a]."""
    turned: torch.Tensor = as_weight(x).transpose(as_int(first), as_int(second))
    return turned


@builtin
@gives(shaping.permuted)
def permute(x: Any, *axes: Any) -> torch.Tensor:
    """The axes in another order, in which each is named once: ``permute(x, [0, 2, 1])``."""
    return as_tensor(x).permute(as_ints(axes))


@builtin
@gives(shaping.squeezed)
def squeeze(x: Any, axis: int | None = None) -> torch.Tensor:
    """Without the axes of size 1, or without this one if its size is 1."""
    return as_tensor(x).squeeze() if axis is None else as_tensor(x).squeeze(as_int(axis))


@builtin
@gives(shaping.unsqueezed)
def unsqueeze(x: Any, axis: int) -> torch.Tensor:
    """With a new axis of size 1 in this place: of [a, b] with axis 0 [1, a, b], with axis -1 [a, b, 1]."""
    return as_tensor(x).unsqueeze(as_int(axis))


@builtin
@builtin_named("cat")
@gives(shaping.joined)
def concat(*tensors: Any, axis: int = 0) -> torch.Tensor:
    """Tensors joined along an axis that they have: ``concat(a, b, axis: 1)``, ``concat([a, b])``.

    Their other sizes are the same. The axis may also stand last, ``concat(a, b, 1)``. Types are promoted.
    """
    joined, along = _axis_behind(tensors, axis)
    return torch.cat(_several(joined), along)


@builtin
@gives(shaping.stacked)
def stack(*tensors: Any, axis: int = 0) -> torch.Tensor:
    """Tensors of one shape put together along a new axis: ``stack(a, b)``, ``stack([a, b], axis: 1)``."""
    return torch.stack(_several(tensors), as_int(axis))


def _axis_behind(tensors: tuple[Any, ...], axis: int) -> tuple[tuple[Any, ...], int]:
    """Tensors, and the axis to join them along, which may stand last among them."""
    *some, last = tensors
    return (tuple(some), as_int(last)) if some and isinstance(last, int | float) else (tensors, as_int(axis))


def _several(tensors: tuple[Any, ...]) -> list[torch.Tensor]:
    given = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], list) else tensors
    return [as_tensor(tensor) for tensor in given]


@builtin
@builtin_named("broadcast_to")
@gives(shaping.expanded)
def expand(x: Any, *shape: Any) -> torch.Tensor:
    """x with axes of size 1 repeated, and new axes before the first, to have a shape, as NumPy broadcasts.

    Nothing is copied: assign to elements of a copy, ``tensor(x)``.
    """
    tensor, sizes = as_tensor(x), as_ints(shape)
    check_size([abs(size) for size in sizes], tensor.dtype)
    try:
        return tensor.broadcast_to(sizes)
    except RuntimeError:
        raise SourceError(WRONG_SHAPE, f"{with_article(kind(tensor))} cannot be expanded to {sizes}") from None


@builtin
@builtin_named("tile")
@gives(rules.same_type())
def repeat(x: Any, *times: Any) -> torch.Tensor:
    """x several times along each axis: ``repeat(x, [2, 1])`` of [a, b] is [2 a, b]. (NumPy calls it tile.)"""
    tensor, counts = as_tensor(x), as_ints(times)
    padded = [1] * (len(counts) - tensor.ndim) + list(tensor.shape)
    check_size([size * count for size, count in zip(padded, counts, strict=False)], tensor.dtype)
    return tensor.repeat(counts)


@builtin
@gives(rules.like())
def flip(x: Any, axis: int = -1) -> torch.Tensor:
    """The elements along an axis in the opposite order."""
    return as_tensor(x).flip(as_int(axis))


@builtin
@gives(rules.like())
def roll(x: Any, by: int, axis: int = -1) -> torch.Tensor:
    """The elements along an axis moved on by so many places; what leaves at the end comes in at the start."""
    return as_tensor(x).roll(as_int(by), as_int(axis))


@builtin
@gives(rules.of_tensor(shaping.pieces))
def split(x: Any, size: Any = None, axis: int = 0) -> list[Any]:
    """A list of pieces of a tensor along an axis: of one size, the last perhaps smaller, or of the sizes of a list.

    Of a string, the parts between the string `size`, or between blanks: ``split("a,b", ",")``.
    """
    if isinstance(x, str):
        return x.split(size) if isinstance(size, str) else x.split()
    sizes = as_int(size) if isinstance(size, int | float) else as_ints([size])
    return list(torch.split(as_tensor(x), sizes, as_int(axis)))


@builtin
@gives(shaping.pieces)
def chunk(x: Any, count: int, axis: int = 0) -> list[torch.Tensor]:
    """A list of at most `count` pieces of a tensor along an axis, of one size, the last perhaps smaller."""
    return list(as_tensor(x).chunk(as_int(count), as_int(axis)))


@builtin
@gives(shaping.places)
def unbind(x: Any, axis: int = 0) -> list[torch.Tensor]:
    """A list of the parts of a tensor at each place along an axis, without the axis."""
    return list(as_tensor(x).unbind(as_int(axis)))


@builtin
@gives(rules.like())
def tril(x: Any, diagonal: int = 0) -> torch.Tensor:
    """x with 0 above a diagonal: [..., rows, columns].

    The diagonal 1 is the one above the main diagonal, -1 the one below it.
    """
    return as_tensor(x).tril(as_int(diagonal))


@builtin
@gives(rules.like())
def triu(x: Any, diagonal: int = 0) -> torch.Tensor:
    """x with 0 below a diagonal: [..., rows, columns].

    The diagonal 1 is the one above the main diagonal, -1 the one below it.
    """
    return as_tensor(x).triu(as_int(diagonal))


@builtin
@gives(rules.same_type())
def diag(x: Any) -> torch.Tensor:
    """The diagonal of a matrix [a, b], or the matrix [a, a] that has a vector [a] as its diagonal and 0 elsewhere."""
    tensor = as_tensor(x)
    check_size([len(tensor), len(tensor)], tensor.dtype)
    return tensor.diag()


@builtin
@gives(shaping.counting)
def numel(x: Any) -> int:
    """The number of elements: the product of the sizes."""
    return as_tensor(x).numel()
