"""Many elements to one: of a whole tensor, or along `axis`, which is an axis or a list of several.

The axes that are reduced are gone from the result, or have the size 1 with `keepdim`. The result has the type of x
unless said otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

from tensorlogic.lang.inference import reducing
from tensorlogic.runtime.convert import as_int, as_ints, as_optional_int, as_tensor
from tensorlogic.runtime.lazy import is_tensor, torch
from tensorlogic.runtime.registry import builtin, gives

Axes = Any
"""An axis, several of them, or None for all."""


def _axes(axis: Axes, tensor: torch.Tensor) -> list[int]:
    return list(range(tensor.ndim)) if axis is None else as_ints([axis])


@builtin
@gives(reducing.reduced(reducing.summed))
def sum_(x: Any, axis: Axes = None, keepdim: bool = False) -> Any:
    """The sum of the elements; of integers and truth values an int64. 0 if there are none."""
    tensor = as_tensor(x)
    return tensor.sum(_axes(axis, tensor), bool(keepdim))


@builtin
@gives(reducing.reduced())
def mean(x: Any, axis: Axes = None, keepdim: bool = False) -> Any:
    """The mean of the elements; of integers and truth values a float32. NaN if there are none."""
    tensor = as_tensor(x)
    floats = tensor if tensor.is_floating_point() else tensor.float()
    return floats.mean(_axes(axis, tensor), bool(keepdim))


@builtin
@gives(reducing.reduced(reducing.same))
def max_(x: Any, *others: Any, axis: Axes = None, keepdim: bool = False) -> Any:
    """The largest element, ``max(x)`` or ``max(x, axis: 0)``, or the largest of some values, ``max(a, b)``.

    Of tensors, ``max(a, b)`` compares element by element. A second value that is an int is the axis when the first is a
    tensor that has axes. `argmax` says where it is.
    """
    if _are_values(x, others):
        return _among(x, others, max, "maximum")
    return as_tensor(x).amax(*_along(x, others, axis, keepdim))


@builtin
@gives(reducing.reduced(reducing.same))
def min_(x: Any, *others: Any, axis: Axes = None, keepdim: bool = False) -> Any:
    """The smallest element, ``min(x)`` or ``min(x, axis: 0)``, or the smallest of some values, ``min(a, b)``.

    Of tensors, ``min(a, b)`` compares element by element. A second value that is an int is the axis when the first is a
    tensor that has axes. `argmin` says where it is.
    """
    if _are_values(x, others):
        return _among(x, others, min, "minimum")
    return as_tensor(x).amin(*_along(x, others, axis, keepdim))


def _are_values(x: Any, others: tuple[Any, ...]) -> bool:
    reduces = is_tensor(x) and x.ndim > 0 and all(isinstance(o, int) for o in others)
    return bool(others) and not reduces


def _among(x: Any, others: tuple[Any, ...], of_numbers: Callable[..., Any], of_tensors: str) -> Any:
    if not any(map(is_tensor, (x, *others))):
        return of_numbers(x, *others)
    return reduce(getattr(torch, of_tensors), map(as_tensor, (x, *others)))


def _along(x: Any, given: tuple[Any, ...], axis: Axes, keepdim: bool) -> tuple[list[int], bool]:
    by_position = dict(zip(("axis", "keepdim"), given, strict=False))
    chosen = by_position.get("axis", axis)
    return _axes(chosen, as_tensor(x)), bool(by_position.get("keepdim", keepdim))


@builtin
@gives(reducing.found("int", "int64"))
def argmax(x: Any, axis: int | None = None, keepdim: bool = False) -> Any:
    """The index of the first largest element: an int in the flattened tensor, or along one axis a tensor of int64."""
    found = as_tensor(x).argmax(as_optional_int(axis), bool(keepdim))
    return int(found) if axis is None else found


@builtin
@gives(reducing.found("int", "int64"))
def argmin(x: Any, axis: int | None = None, keepdim: bool = False) -> Any:
    """The index of the first smallest element: an int in the flattened tensor, or along one axis a tensor of int64."""
    found = as_tensor(x).argmin(as_optional_int(axis), bool(keepdim))
    return int(found) if axis is None else found


@builtin
@gives(reducing.found("bool", "bool"))
def all_(x: Any, axis: int | None = None) -> Any:
    """Whether every element is true, or not 0: a bool, or along one axis a tensor of them."""
    return bool(as_tensor(x).all()) if axis is None else as_tensor(x).all(as_int(axis))


@builtin
@gives(reducing.found("bool", "bool"))
def any_(x: Any, axis: int | None = None) -> Any:
    """Whether an element is true, or not 0: a bool, or along one axis a tensor of them."""
    return bool(as_tensor(x).any()) if axis is None else as_tensor(x).any(as_int(axis))


@builtin
@gives(reducing.reduced(reducing.summed))
def prod(x: Any, axis: int | None = None, keepdim: bool = False) -> Any:
    """The product of the elements, or along one axis; of integers an int64."""
    return as_tensor(x).prod() if axis is None else as_tensor(x).prod(as_int(axis), bool(keepdim))


@builtin
@gives(reducing.reduced())
def var(x: Any, axis: Axes = None, keepdim: bool = False, correction: int = 1) -> Any:
    """The variance: the sum of the squared distances from the mean over n - `correction`, for n elements.

    The correction is 1 unless told, as in PyTorch; NumPy's is 0.
    """
    tensor = as_tensor(x)
    return tensor.var(_axes(axis, tensor), correction=correction, keepdim=keepdim)


@builtin
@gives(reducing.reduced())
def std(x: Any, axis: Axes = None, keepdim: bool = False, correction: int = 1) -> Any:
    """The standard deviation, the root of `var`."""
    tensor = as_tensor(x)
    return tensor.std(_axes(axis, tensor), correction=correction, keepdim=keepdim)


@builtin
@gives(reducing.reduced(reducing.same))
def median(x: Any, axis: int | None = None) -> Any:
    """The middle element, or along one axis; of an even number of elements the lower of the two in the middle."""
    return as_tensor(x).median() if axis is None else as_tensor(x).median(as_int(axis)).values


@builtin
@gives(reducing.reduced())
def logsumexp(x: Any, axis: Axes = None, keepdim: bool = False) -> Any:
    """log(sum(exp(x))), computed without leaving the range of floats on the way."""
    tensor = as_tensor(x)
    return torch.logsumexp(tensor, _axes(axis, tensor), keepdim)


def _define(name: str, says: str) -> None:
    """A builtin that reduces as torch's function does."""

    def over(x: Any, axis: Axes = None, keepdim: bool = False) -> Any:
        tensor = as_tensor(x)
        return getattr(torch, name)(tensor, _axes(axis, tensor), keepdim=keepdim)

    over.__name__, over.__doc__ = name, says
    gives(reducing.reduced(reducing.summed if name == "nansum" else reducing.same))(builtin(over))


for _name, _says in {
    "amax": "The largest element; several that are equal share a gradient.",
    "amin": "The smallest element; several that are equal share a gradient.",
    "nansum": "The sum of the elements that are not NaN.",
    "nanmean": "The mean of the elements that are not NaN, of floats.",
}.items():
    _define(_name, _says)


@builtin
@gives(reducing.accumulated)
def cumsum(x: Any, axis: int = -1) -> torch.Tensor:
    """The sums of the elements up to each place along an axis, itself included: the shape of x."""
    return as_tensor(x).cumsum(as_int(axis))


@builtin
@gives(reducing.accumulated)
def cumprod(x: Any, axis: int = -1) -> torch.Tensor:
    """The products of the elements up to each place along an axis, itself included: the shape of x."""
    return as_tensor(x).cumprod(as_int(axis))
