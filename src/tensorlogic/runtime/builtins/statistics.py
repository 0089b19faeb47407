"""Counting, order and sums of chosen elements."""

from __future__ import annotations

from typing import Any

from tensorlogic.lang.inference import reducing, rules
from tensorlogic.runtime.convert import as_int, as_ints, as_number, as_optional_int, as_pair, as_tensor
from tensorlogic.runtime.lazy import torch
from tensorlogic.runtime.registry import builtin, builtin_named, gives
from tensorlogic.runtime.sizes import check_size


@builtin
def bincount(x: Any, size: int = 0) -> torch.Tensor:
    """How often each of 0, 1, 2, … is in a vector of integers that are not negative: int64, of `size` at least."""
    numbers = as_tensor(x).long()
    check_size([max(as_int(size), int(numbers.max()) + 1 if numbers.numel() else 0)], torch.int64)
    return torch.bincount(numbers, minlength=as_int(size))


@builtin
def histc(x: Any, bins: int = 100, low: float = 0, high: float = 0) -> torch.Tensor:
    """How many elements are in each of `bins` equal parts from `low` to `high`, or from the least to the largest."""
    check_size([as_int(bins)], torch.float32)
    return torch.histc(as_tensor(x).float(), as_int(bins), as_number(low), as_number(high))


@builtin
@gives(reducing.found("int", "int64"))
def count_nonzero(x: Any, axis: int | None = None) -> Any:
    """How many elements are not 0: an int, or a tensor along an axis."""
    found = torch.count_nonzero(as_tensor(x), axis)
    return int(found) if axis is None else found


@builtin
def quantile(x: Any, q: Any, axis: int | None = None, keepdim: bool = False) -> torch.Tensor:
    """The value that a share q, from 0 to 1, of the elements is below; between two elements on a straight line."""
    tensor = as_tensor(x)
    return torch.quantile(tensor, as_tensor(q).to(tensor.dtype), axis, keepdim)


@builtin
def kthvalue(x: Any, k: int, axis: int = -1) -> dict[str, torch.Tensor]:
    """The k-th smallest element along an axis, counted from 1: a record of `values` and `indices`."""
    values, indices = as_tensor(x).kthvalue(as_int(k), as_int(axis))
    return {"values": values, "indices": indices}


@builtin
def mode(x: Any, axis: int = -1) -> dict[str, torch.Tensor]:
    """The most frequent element along an axis, of several the smallest: a record of `values` and `indices`."""
    values, indices = as_tensor(x).mode(as_int(axis))
    return {"values": values, "indices": indices}


@builtin
@gives(rules.like())
def scatter_add(x: Any, axis: int, index: Any, source: Any) -> torch.Tensor:
    """x with elements of `source` added at indices along an axis: with axis 1, to ``x[i, index[i, j]]``."""
    tensor = as_tensor(x)
    return tensor.scatter_add(as_int(axis), as_tensor(index).long(), as_tensor(source).to(tensor.dtype))


@builtin
@gives(rules.same_type())
def repeat_interleave(x: Any, times: int, axis: int = 0) -> torch.Tensor:
    """Each part along an axis several times, one behind the other: ``[1, 2]`` twice is ``[1, 1, 2, 2]``."""
    tensor = as_tensor(x)
    check_size([tensor.numel(), as_int(times)], tensor.dtype)
    return tensor.repeat_interleave(as_int(times), as_int(axis))


@builtin
def lerp(a: Any, b: Any, weight: Any) -> torch.Tensor:
    """a + weight * (b - a): with the weight 0 `a`, with 1 `b`."""
    first = as_tensor(a)
    return torch.lerp(first, as_tensor(b), as_tensor(weight).to(first.dtype))


@builtin
@gives(rules.like())
def nan_to_num(x: Any, nan: float = 0.0) -> torch.Tensor:
    """x with `nan` where it is no number, and the largest or smallest of its type where it is infinite."""
    return torch.nan_to_num(as_tensor(x), as_number(nan))


@builtin
def allclose(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8) -> bool:
    """Whether all elements of two tensors are at most atol + rtol * |b| apart."""
    return torch.allclose(as_tensor(a), as_tensor(b), as_number(rtol), as_number(atol))


@builtin
@builtin_named("moveaxis")
@gives(rules.same_type())
def movedim(x: Any, source: int, target: int) -> torch.Tensor:
    """An axis at another place, the others in their order."""
    return as_tensor(x).movedim(as_int(source), as_int(target))


@builtin
def aminmax(x: Any, axis: int | None = None, keepdim: bool = False) -> dict[str, torch.Tensor]:
    """The smallest and the largest element, of all or along one axis: a record of `min` and `max`."""
    low, high = torch.aminmax(as_tensor(x), dim=as_optional_int(axis), keepdim=keepdim)
    return {"min": low, "max": high}


def _with_mean(name: str, what: str) -> None:
    def both(x: Any, axis: Any = None, keepdim: bool = False, correction: int = 1) -> dict[str, torch.Tensor]:
        given = as_tensor(x)
        axes = list(range(given.ndim)) if axis is None else as_ints([axis])
        spread, middle = getattr(torch, f"{name}_mean")(given, axes, correction=correction, keepdim=keepdim)
        return {name: spread, "mean": middle}

    both.__name__, both.__doc__ = f"{name}_mean", f"{what} and the mean, as `{name}` and `mean` give them, in a record."
    builtin(both)


_with_mean("std", "The standard deviation")
_with_mean("var", "The variance")


def _cumulated(name: str, what: str) -> None:
    def so_far(x: Any, axis: int = -1) -> dict[str, torch.Tensor]:
        values, indices = getattr(torch, name)(as_tensor(x), as_int(axis))
        return {"values": values, "indices": indices}

    so_far.__name__ = name
    so_far.__doc__ = f"The {what} element up to each place along an axis: a record of `values` and `indices`."
    builtin(so_far)


_cumulated("cummax", "largest")
_cumulated("cummin", "smallest")


@builtin
@gives(rules.same_type())
def diff(x: Any, times: int = 1, axis: int = -1) -> torch.Tensor:
    """The differences of neighbours along an axis, `times` one after the other; each time there is one fewer."""
    return as_tensor(x).diff(as_int(times), as_int(axis))


@builtin
def searchsorted(ordered: Any, values: Any, right: bool = False) -> torch.Tensor:
    """The places at which values are put into a vector in order so that it stays in order: int64.

    Before elements that are equal, or with `right` behind them.
    """
    return torch.searchsorted(*as_pair(ordered, values), right=right)


@builtin
@gives(rules.like())
def logcumsumexp(x: Any, axis: int = -1) -> torch.Tensor:
    """log(cumsum(exp(x))) along an axis, of floats, computed without leaving their range on the way."""
    return torch.logcumsumexp(as_tensor(x), as_int(axis))


@builtin
def cov(x: Any, correction: int = 1) -> torch.Tensor:
    """The covariances of variables [variables, observations], over n - `correction`: [variables, variables]."""
    return torch.cov(as_tensor(x), correction=correction)


@builtin
def corrcoef(x: Any) -> torch.Tensor:
    """The correlations of variables [variables, observations], from -1 to 1: [variables, variables]."""
    return torch.corrcoef(as_tensor(x))
