"""Choosing elements: by index, by condition, by size."""

from __future__ import annotations

from typing import Any

from tensorlogic.errors import SourceError
from tensorlogic.errors.codes import RUN_FAILED
from tensorlogic.lang.inference import layering, rules, shaping
from tensorlogic.runtime.convert import as_int, as_ints, as_number, as_optional_int, as_tensor
from tensorlogic.runtime.kinds import kind
from tensorlogic.runtime.lazy import is_tensor, torch
from tensorlogic.runtime.registry import builtin, gives
from tensorlogic.runtime.sizes import check_size


@builtin
@gives(rules.chosen)
def where(condition: Any, a: Any, b: Any) -> torch.Tensor:
    """The elements of `a` where the condition is true, those of `b` elsewhere; the three are broadcast together."""
    return torch.where(as_tensor(condition).bool(), a, b)


@builtin
def topk(x: Any, k: int, axis: int = -1) -> dict[str, torch.Tensor]:
    """The k largest elements along an axis, the largest first: a record of `values` and `indices` (int64).

    A k larger than the axis is an error.
    """
    values, indices = as_tensor(x).topk(as_int(k), as_int(axis))
    return {"values": values, "indices": indices}


@builtin
@gives(rules.of_tensor(rules.like()))
def sort(x: Any, axis: int = -1, descending: bool = False) -> Any:
    """The elements along an axis in order, or the values of a list; the smallest first unless `descending`."""
    if isinstance(x, list):
        return sorted(x, reverse=descending)
    return torch.sort(as_tensor(x), dim=as_int(axis), descending=descending, stable=True).values


@builtin
@gives(rules.of_type("int64"))
def argsort(x: Any, axis: int = -1, descending: bool = False) -> torch.Tensor:
    """The indices that sort the elements along an axis: int64. The smallest is first unless `descending`.

    Elements that are equal stay in their order.
    """
    return torch.argsort(as_tensor(x), dim=as_int(axis), descending=descending, stable=True)


@builtin
@gives(rules.same_type())
def unique(x: Any) -> torch.Tensor:
    """All different elements of a tensor, the smallest first: a vector."""
    found: torch.Tensor = torch.unique(as_tensor(x))
    return found


@builtin
def nonzero(x: Any) -> torch.Tensor:
    """The indices of the elements that are not 0 (or are true), a row for each: int64 [elements, axes]."""
    return as_tensor(x).nonzero()


@builtin
@gives(shaping.gathered)
def gather(x: Any, axis: int, index: Any) -> torch.Tensor:
    """The elements at indices along an axis: with axis 1, the element [i, j] of the result is ``x[i, index[i, j]]``.

    `index` has as many axes as x, and the result its shape.
    """
    return as_tensor(x).gather(as_int(axis), as_tensor(index).long())


@builtin
@gives(rules.like())
def scatter(x: Any, axis: int, index: Any, source: Any) -> torch.Tensor:
    """A copy of x with elements of `source` at indices along an axis.

    With axis 1, the element [i, index[i, j]] becomes ``source[i, j]``. `index` and `source` have as many axes as x.
    Where an index comes twice, either element may win.
    """
    tensor = as_tensor(x)
    return tensor.scatter(as_int(axis), as_tensor(index).long(), as_tensor(source).to(tensor.dtype))


@builtin
@gives(rules.same_type())
def index_select(x: Any, axis: int, index: Any) -> torch.Tensor:
    """The parts of x at these indices along an axis, which then has the size of `index` [n]."""
    return as_tensor(x).index_select(as_int(axis), as_tensor(index).long())


@builtin
@gives(rules.filled)
def masked_fill(x: Any, mask: Any, value: float) -> torch.Tensor:
    """A copy of x with `value` where the mask is true; the mask is broadcast to the shape of x."""
    return as_tensor(x).masked_fill(as_tensor(mask).bool(), value)


@builtin
@gives(rules.same_type())
def slice_last(x: Any, axis: int) -> torch.Tensor:
    """The part of x at the last index along an axis, without the axis: ``slice_last(x, 0)`` is ``x[-1]``."""
    return as_tensor(x).select(as_int(axis), -1)


@builtin
def slice_(x: Any, *places: Any) -> Any:
    """A part of a vector, list or string, ``slice(x, start, stop)``, or of a row, ``slice(x, row, start, stop)``.

    The same as ``x[start:stop]`` and ``x[row][start:stop]``.
    """
    *row, start, stop = as_ints(places)
    value = x[row[0]] if row else x
    return value[start:stop]


@builtin
def get(values: Any, index: int) -> Any:
    """The element of a list, vector or string, or the row of a tensor, at an index; -1 is the last.

    An index that is not there is an error.
    """
    place = as_int(index)
    if isinstance(values, list | str | range) or (is_tensor(values) and values.ndim):
        if -len(values) <= place < len(values):
            return values[place]
        raise SourceError(RUN_FAILED, f"there is no element {place} among {len(values)}")
    raise SourceError(RUN_FAILED, f"{kind(values)} has no elements")


@builtin
@gives(layering.marked)
def one_hot(index: Any, classes: int) -> torch.Tensor:
    """1 at each index of [...], 0 elsewhere: float32 [..., classes].

    An index that is negative, or not below `classes`, is an error.
    """
    numbers = as_tensor(index).long()
    check_size([*numbers.shape, as_int(classes)], torch.int64)
    return torch.nn.functional.one_hot(numbers, as_int(classes)).float()


@builtin
@gives(rules.like())
def index_add(x: Any, axis: int, index: Any, source: Any) -> torch.Tensor:
    """x with the parts of `source` added at the indices [n] along an axis, also where one comes twice."""
    tensor = as_tensor(x)
    return tensor.index_add(as_int(axis), as_tensor(index).long(), as_tensor(source).to(tensor.dtype))


@builtin
@gives(rules.like())
def index_fill(x: Any, axis: int, index: Any, value: float) -> torch.Tensor:
    """x with `value` at the indices [n] along an axis."""
    return as_tensor(x).index_fill(as_int(axis), as_tensor(index).long(), as_number(value))


@builtin
@gives(rules.same_type())
def take_along_dim(x: Any, index: Any, axis: int | None = None) -> torch.Tensor:
    """The elements at indices along an axis, as `argsort` gives them, or in the flattened tensor.

    Other than in `gather`, the other axes are broadcast.
    """
    return torch.take_along_dim(as_tensor(x), as_tensor(index).long(), as_optional_int(axis))


@builtin
@gives(rules.same_type())
def masked_select(x: Any, mask: Any) -> torch.Tensor:
    """A vector of the elements for which the mask is true; both are broadcast together."""
    return as_tensor(x).masked_select(as_tensor(mask).bool())


@builtin
@gives(rules.same_type())
def diagonal(x: Any, offset: int = 0, first: int = -2, second: int = -1) -> torch.Tensor:
    """The diagonals of the matrices that two axes span, along a new last axis; `offset` 1 is above the main one."""
    return as_tensor(x).diagonal(as_int(offset), as_int(first), as_int(second))
