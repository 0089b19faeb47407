"""Lists of tensors. An element that has not been written is zeros."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from tensorlogic.lower.torch.registry import implements
from tensorlogic.mil.ops import lists as ops


@dataclass(frozen=True, slots=True, eq=False)
class TensorList:
    """The elements of a list, None where nothing has been written, and what the elements are."""

    elements: tuple[Tensor | None, ...]
    shape: tuple[int | str, ...]
    dtype: torch.dtype
    grows: bool


@implements(ops.make_list)
def make_list(
    elem_shape: tuple[int | str, ...], init_length: int, dynamic_length: bool, dtype: torch.dtype
) -> TensorList:
    return TensorList((None,) * init_length, elem_shape, dtype, dynamic_length)


@implements(ops.list_length)
def list_length(ls: TensorList) -> Tensor:
    return torch.tensor(len(ls.elements), dtype=torch.int32)


@implements(ops.list_read)
def list_read(ls: TensorList, index: int) -> Tensor:
    if not 0 <= index < len(ls.elements):
        raise IndexError(f"element {index} is outside the list of length {len(ls.elements)}")
    element = ls.elements[index]
    return _unwritten(ls) if element is None else element


@implements(ops.list_write)
def list_write(ls: TensorList, index: int, value: Tensor) -> TensorList:
    return _written(ls, {index: value})


@implements(ops.list_gather)
def list_gather(ls: TensorList, indices: tuple[int, ...]) -> Tensor:
    return torch.stack([list_read(ls, index) for index in indices]) if indices else _unwritten(ls)[None][:0]


@implements(ops.list_scatter)
def list_scatter(ls: TensorList, indices: tuple[int, ...], value: Tensor) -> TensorList:
    return _written(ls, dict(zip(indices, value, strict=True)))


def _unwritten(ls: TensorList) -> Tensor:
    written = next((element for element in ls.elements if element is not None), None)
    if written is not None:
        return torch.zeros_like(written)
    sizes = [size for size in ls.shape if isinstance(size, int)]
    if len(sizes) < len(ls.shape):
        raise ValueError("an element is read before any is written, and its size is not known")
    return torch.zeros(sizes, dtype=ls.dtype)


def _written(ls: TensorList, elements: dict[int, Tensor]) -> TensorList:
    if min(elements, default=0) < 0:
        raise IndexError(f"there is no element {min(elements)}")
    length = max(len(ls.elements), 1 + max(elements, default=-1))
    if length > len(ls.elements) and not ls.grows:
        raise ValueError(f"element {length - 1} is outside the list of fixed length {len(ls.elements)}")
    grown = [*ls.elements, *[None] * (length - len(ls.elements))]
    for index, element in elements.items():
        grown[index] = element
    return replace(ls, elements=tuple(grown))
