"""Lists of tensors, which are one tensor with the elements along its first axis. What is not written is zeros."""

from __future__ import annotations

from collections.abc import Sequence

from tensorlogic.lower.onnx.dtypes import unsigned
from tensorlogic.lower.onnx.graph import INT64, Graph, Tensor, TensorList
from tensorlogic.lower.onnx.registry import implements
from tensorlogic.lower.onnx.scatter import Places, merged
from tensorlogic.lower.onnx.sizes import Ints, Size, joined, sizes
from tensorlogic.mil.ops import lists as ops
from tensorlogic.mil.types import INT32, DType


@implements(ops.make_list)
def make_list(
    g: Graph, elem_shape: tuple[int | str, ...] | Tensor, init_length: int | Tensor, dynamic_length: bool, dtype: DType
) -> TensorList:
    if isinstance(elem_shape, Tensor):
        raise NotImplementedError("the shape of its elements is computed")
    element = tuple(size if isinstance(size, int) else None for size in elem_shape)
    length = g.ints(init_length) if isinstance(init_length, Tensor) else init_length
    shape = joined(g, (length, *(size or 0 for size in element)))
    zeros = g.op("Expand", g.constant(0, dtype), g.ints(shape))
    return _list(zeros, length if isinstance(length, int) else None, element, dynamic_length)


@implements(ops.list_length)
def list_length(g: Graph, ls: TensorList) -> Tensor:
    return g.cast(g.op("Gather", g.op("Shape", ls), g.constant(0, INT64)), INT32)


@implements(ops.list_read)
def list_read(g: Graph, ls: TensorList, index: int | Tensor) -> Tensor:
    at = g.op("Reshape", _indices(g, index if isinstance(index, Tensor) else (index,)), [])
    return g.op("Gather", ls, at, axis=0)  # type: ignore[no-any-return]


@implements(ops.list_gather)
def list_gather(g: Graph, ls: TensorList, indices: Ints | Tensor) -> Tensor:
    return g.op("Gather", ls, _indices(g, indices), axis=0)  # type: ignore[no-any-return]


@implements(ops.list_write)
def list_write(g: Graph, ls: TensorList, index: int | Tensor, value: Tensor) -> TensorList:
    indices = index if isinstance(index, Tensor) else (index,)
    return list_scatter(g, ls, indices, g.op("Unsqueeze", value, [0], shape=(1, *value.axes)))


@implements(ops.list_scatter)
def list_scatter(g: Graph, ls: TensorList, indices: Ints | Tensor, value: Tensor) -> TensorList:
    if indices == ():
        return ls
    at, last = _indices(g, indices), _last(g, indices)
    differ = value.axes[0] == 1 or (isinstance(indices, tuple) and len(set(indices)) == len(indices))
    room, length = _room(g, ls, last, sizes(g, value)[1:])
    return _list(merged(g, room, value, Places(at, differ, spare=False), 0, "update"), length, ls.element, ls.grows)


def _list(elements: Tensor, length: int | None, element: tuple[int | None, ...], grows: bool) -> TensorList:
    return TensorList(elements.name, elements.dtype, (length, *element), None, element, grows)


def _indices(g: Graph, indices: Ints | Tensor) -> Tensor:
    """Indices as a vector; negative ones are refused."""
    if isinstance(indices, Tensor):
        return g.ints(unsigned(g, indices))
    if min(indices, default=0) < 0:
        raise ValueError(f"there is no element {min(indices)}")
    return g.ints(indices)


def _last(g: Graph, indices: Ints | Tensor) -> Size:
    """The largest of some indices, or -1."""
    if isinstance(indices, tuple):
        return max(indices)
    several = g.op("Concat", g.ints(indices), [-1], axis=0)
    return g.op("ReduceMax", several, [0], shape=(1,))  # type: ignore[no-any-return]


def _room(g: Graph, ls: TensorList, last: Size, element: Sequence[Size]) -> tuple[Tensor, int | None]:
    """The list with room for elements of this shape up to the last one, and its length where that is known."""
    length = ls.shape[0] if ls.shape else None
    is_sized = None not in ls.element
    grows = ls.grows and not (isinstance(last, int) and length is not None and last < length)
    if is_sized and not grows:
        return ls, length
    count = 1 if is_sized else 1 + len(element)
    least = last + 1 if isinstance(last, int) else g.op("Add", last, 1)
    wanted = joined(g, (least if grows else 0, *element)[:count])
    have = g.op("Shape", ls, end=count)
    more = g.op("Sub", g.op("Max", have, wanted), have)
    pads = g.op("Concat", [0] * count, more, axis=0)
    longer = max(length, last + 1) if isinstance(last, int) and length is not None and grows else length
    room = g.op("Pad", ls, pads, None, list(range(count)), shape=(None, *ls.element))
    return room, longer if isinstance(last, int) or not grows else None
