"""Array literals, and elements and parts of values."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Final, NamedTuple

from tensorlogic.errors.codes import RUN_FAILED
from tensorlogic.lang import checked
from tensorlogic.lang.inference.facts import (
    FLOAT,
    LARGEST,
    STRING,
    Fact,
    List,
    Scalar,
    Size,
    Tensor,
    as_size,
)
from tensorlogic.lang.inference.problem import ImpossibleError, wrong_type
from tensorlogic.lang.types import FLOATS, INTEGERS, with_article

_NUMBERS: Final = {"int", "float"}
_INTEGER: Final = frozenset(INTEGERS) - {"uint8"}
"""The types of indices; truth values choose elements, and PyTorch takes uint8 for such."""


class Part(NamedTuple):
    """``start:stop``, with None where an end is left out."""

    start: Fact | None
    stop: Fact | None
    open_start: bool
    open_stop: bool


def leaves(array: checked.Array) -> Iterator[checked.Expression]:
    """What stands in an array and in the arrays in it."""
    for item in array.items:
        if isinstance(item, checked.Array):
            yield from leaves(item)
        else:
            yield item


def _shape(array: checked.Array) -> tuple[int, ...]:
    first = array.items[0] if array.items else None
    return (len(array.items), *(_shape(first) if isinstance(first, checked.Array) else ()))


NO_NEIGHBOUR: Final = FLOAT
"""What a literal that stands by itself is like: a number has no type that it could take."""


def array(node: checked.Array, items: list[Fact], like: Fact = NO_NEIGHBOUR) -> Fact:
    """The fact about an array literal whose leaves have the facts `items`, beside a value with the fact `like`."""
    if not items:
        return List() if node.dtype is None else Tensor(node.dtype)
    if any(item is None or isinstance(item, List) for item in items):
        return None
    kinds = {item.base if isinstance(item, Scalar) and item.exact else "other" for item in items}
    if node.dtype is not None:
        return _typed(node, kinds, node.dtype)
    if not isinstance(like, Scalar | Tensor):
        return None
    if kinds <= _NUMBERS:
        return _numeric(node, items, kinds, like)
    if kinds <= {"string"} or kinds <= {"bool"} or all(isinstance(item, Tensor) and item.shape for item in items):
        return List(tuple(items)) if len(_shape(node)) == 1 else List()
    return Tensor(None, _shape(node)) if all(map(_is_number, items)) else None


def _is_number(item: Fact) -> bool:
    """Whether a value is a number, or a tensor that holds one."""
    return item.shape == () if isinstance(item, Tensor) else isinstance(item, Scalar) and item.base in _NUMBERS


def _typed(node: checked.Array, kinds: set[str], dtype: str) -> Fact:
    if "float" in kinds and dtype in INTEGERS:
        raise wrong_type(f"an array of {dtype} cannot hold floats")
    return Tensor(dtype, _shape(node)) if kinds <= _NUMBERS | {"bool"} else None


def _numeric(node: checked.Array, items: list[Fact], kinds: set[str], like: Scalar | Tensor) -> Tensor:
    shape = _shape(node)
    if "float" not in kinds:
        return Tensor("int64", shape, tuple(map(as_size, items)) if len(shape) == 1 else None)
    if isinstance(like, Scalar):
        return Tensor("float32" if like.exact else None, shape)
    return Tensor(like.dtype if like.dtype is None or like.dtype in FLOATS else "float32", shape)


def element(value: Fact, parts: list[Fact | Part]) -> Fact:
    """The fact about ``value[parts]``."""
    match value:
        case Tensor():
            return _of_tensor(value, parts)
        case List(items, each) if len(parts) == 1:
            return _of_list(items, each, parts[0])
        case Scalar("string"):
            return STRING
        case Scalar(exact=True):
            raise wrong_type(f"{with_article(str(value))} has no elements")
    return None


def _of_list(items: tuple[Fact, ...] | None, each: Fact, part: Fact | Part) -> Fact:
    if isinstance(part, Part):
        return List()
    place = as_size(part)
    if items is None or not isinstance(place, int):
        return each
    if not -len(items) <= place < len(items):
        raise ImpossibleError("the index is out of range", RUN_FAILED)
    return items[place]


def _of_tensor(value: Tensor, parts: list[Fact | Part]) -> Fact:
    if value.shape is None or any(part is None for part in parts):
        return Tensor(value.dtype)
    places = [part for part in parts if not isinstance(part, Part)]
    if all(_is_place(place) for place in places):
        if len(parts) > len(value.shape):
            raise ImpossibleError(f"there are more indices than axes, which are {len(value.shape)}", RUN_FAILED)
        return _plain(value, value.shape, parts)
    if len(parts) == 1 and isinstance(index := parts[0], Tensor) and index.dtype in _INTEGER:
        return Tensor(value.dtype, None if index.shape is None else index.shape + value.shape[1:])
    return Tensor(value.dtype)


def _is_place(fact: Fact) -> bool:
    """Whether a value is one whole number, at the place of which an axis ends."""
    if isinstance(fact, Tensor):
        return fact.shape == () and fact.dtype in _INTEGER
    return isinstance(fact, Scalar) and fact.base == "int"


def _plain(value: Tensor, shape: tuple[Size, ...], parts: list[Fact | Part]) -> Tensor:
    left: list[Size] = []
    for axis, (size, part) in enumerate(zip(shape, parts, strict=False)):
        if isinstance(part, Part):
            left.append(_length(size, part))
        else:
            _check_place(axis, size, as_size(part))
    content = value.content
    place = None if isinstance(parts[0], Part) else as_size(parts[0])
    element = (content[place],) if content is not None and isinstance(place, int) else None
    return Tensor(value.dtype, (*left, *shape[len(parts) :]), element)


def _length(size: Size, part: Part) -> Size:
    if part.open_start and part.open_stop:
        return size
    start = 0 if part.open_start else as_size(part.start)
    stop = size if part.open_stop else as_size(part.stop)
    if isinstance(size, int) and isinstance(start, int) and isinstance(stop, int):
        left = range(size)[start:stop]
        return max(0, left.stop - left.start)
    return None


def _check_place(axis: int, size: Size, place: Size) -> None:
    if isinstance(size, int) and isinstance(place, int) and not -size <= place < size:
        message = f"index {place} is out of bounds for axis {axis} with size {size}"
        raise ImpossibleError(message, RUN_FAILED)


def numel(shape: tuple[Size, ...]) -> int | None:
    """The number of elements, if all sizes are known."""
    sizes = [size for size in shape if isinstance(size, int)]
    count = prod(sizes)
    return count if len(sizes) == len(shape) and count < LARGEST else None
