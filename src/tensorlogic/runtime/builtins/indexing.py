"""Choosing elements: by index, by condition, by size."""

from __future__ import annotations

from typing import Any

from tensorlogic.errors import SourceError
from tensorlogic.errors.codes import RUN_FAILED
from tensorlogic.lang.inference import rules
from tensorlogic.runtime.convert import as_int, as_ints, as_tensor
from tensorlogic.runtime.kinds import kind
from tensorlogic.runtime.lazy import is_tensor, torch
from tensorlogic.runtime.registry import builtin, gives
from tensorlogic.runtime.sizes import check_size


@builtin
@gives(rules.chosen)
def where(condition: Any, a: Any, b: Any) -> torch.Tensor:
    """The elements of `a` where the condition is true, those of `b` elsewhere."""
    return torch.where(as_tensor(condition).bool(), a, b)


@builtin
def topk(x: Any, k: int, axis: int = -1) -> dict[str, torch.Tensor]:
    """The k largest elements along an axis, the largest first: a record of `values` and `indices`."""
    values, indices = as_tensor(x).topk(as_int(k), axis)
    return {"values": values, "indices": indices}


@builtin
def sort(x: Any, axis: int = -1, descending: bool = False) -> Any:
    """The elements along an axis by size, those of a list too; the smallest first unless `descending`."""
    if isinstance(x, list):
        return sorted(x, reverse=descending)
    return torch.sort(as_tensor(x), dim=axis, descending=descending, stable=True).values


@builtin
@gives(rules.of_type("int64"))
def argsort(x: Any, axis: int = -1, descending: bool = False) -> torch.Tensor:
    """The indices of the elements along an axis by size; the smallest first unless `descending`."""
    return torch.argsort(as_tensor(x), dim=axis, descending=descending, stable=True)


@builtin
def unique(x: Any) -> torch.Tensor:
    """The elements without repetitions, the smallest first."""
    found: torch.Tensor = torch.unique(as_tensor(x))
    return found


@builtin
def nonzero(x: Any) -> torch.Tensor:
    """The indices of the elements that are not 0: int64 [elements, axes]."""
    return as_tensor(x).nonzero()


@builtin
def gather(x: Any, axis: int, index: Any) -> torch.Tensor:
    """The elements at indices along an axis: with axis 1, the element [i, j] of the result is ``x[i, index[i, j]]``."""
    return as_tensor(x).gather(as_int(axis), as_tensor(index).long())


@builtin
def scatter(x: Any, axis: int, index: Any, source: Any) -> torch.Tensor:
    """x with elements of `source` at indices along an axis: with axis 1, ``x[i, index[i, j]]`` is ``source[i, j]``."""
    tensor = as_tensor(x)
    return tensor.scatter(as_int(axis), as_tensor(index).long(), as_tensor(source).to(tensor.dtype))


@builtin
def index_select(x: Any, axis: int, index: Any) -> torch.Tensor:
    """The parts of x at indices along an axis."""
    return as_tensor(x).index_select(as_int(axis), as_tensor(index).long())


@builtin
@gives(rules.like())
def masked_fill(x: Any, mask: Any, value: float) -> torch.Tensor:
    """x with `value` where the mask is true."""
    return as_tensor(x).masked_fill(as_tensor(mask).bool(), value)


@builtin
def slice_last(x: Any, axis: int) -> torch.Tensor:
    """The part of x at the last index along an axis, without the axis."""
    return as_tensor(x).select(as_int(axis), -1)


@builtin
def slice_(x: Any, *places: Any) -> Any:
    """``slice(x, start, stop)``: a part of a vector, list or string; ``slice(x, row, start, stop)``: of a row."""
    *row, start, stop = as_ints(places)
    value = x[row[0]] if row else x
    return value[start:stop]


@builtin
def get(values: Any, index: int) -> Any:
    """The element of a list, string or tensor at an index; -1 is the last."""
    place = as_int(index)
    if isinstance(values, list | str | range) or (is_tensor(values) and values.ndim):
        if -len(values) <= place < len(values):
            return values[place]
        raise SourceError(RUN_FAILED, f"there is no element {place} among {len(values)}")
    raise SourceError(RUN_FAILED, f"{kind(values)} has no elements")


@builtin
def one_hot(index: Any, classes: int) -> torch.Tensor:
    """float32 [..., classes]: 1 at each index of [...], 0 elsewhere."""
    numbers = as_tensor(index).long()
    check_size([*numbers.shape, as_int(classes)], torch.int64)
    return torch.nn.functional.one_hot(numbers, as_int(classes)).float()
