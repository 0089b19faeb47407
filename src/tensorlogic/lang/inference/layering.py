"""The rules of the layers of networks."""

from __future__ import annotations

from typing import Final

from tensorlogic.lang.inference.facts import Fact, Size, Tensor, as_sizes
from tensorlogic.lang.inference.problem import ImpossibleError
from tensorlogic.lang.inference.promotion import shown
from tensorlogic.lang.inference.rules import Arguments, Rule, shared


def linear(given: Arguments) -> Fact:
    """``x @ weightᵀ``."""
    x, weight = given.tensor("x"), given.tensor("weight")
    if x.shape is None or weight.shape is None or not x.shape or len(weight.shape) != 2:
        return Tensor(shared(x, weight))
    inner, other = x.shape[-1], weight.shape[-1]
    if isinstance(inner, int) and isinstance(other, int) and inner != other:
        message = f"the shapes do not fit: {shown(x.shape)} and a weight of shape {shown(weight.shape)}"
        raise ImpossibleError(message, help="A weight has the shape [outputs, inputs].")
    return Tensor(shared(x, weight), (*x.shape[:-1], weight.shape[0]))


def marked(given: Arguments) -> Fact:
    """A 1 among zeros for each index."""
    index = given.tensor("index")
    return Tensor("float32", None if index.shape is None else (*index.shape, given.size("classes")))


def attended(given: Arguments) -> Fact:
    """The values, weighted for each query."""
    query, key, value = given.tensor("query"), given.tensor("key"), given.tensor("value")
    batches = {
        None if t.shape is None or len(t.shape) < 2 or None in t.shape else t.shape[:-2] for t in (query, key, value)
    }
    if query.shape is None or value.shape is None or len(batches) > 1 or None in batches or given.gives("mask"):
        return Tensor(shared(query, value))
    return Tensor(shared(query, value), (*query.shape[:-1], value.shape[-1]))


def rows_of_table(given: Arguments) -> Fact:
    """The rows of a table at some places."""
    table, ids = given.tensor("table"), given.tensor("ids")
    if table.shape is None or ids.shape is None or len(table.shape) != 2:
        return Tensor(table.dtype)
    return Tensor(table.dtype, (*(ids.shape or (1,)), table.shape[1]))


def _each(given: Arguments, name: str, default: int, axes: int) -> tuple[Size, ...]:
    """A number for all axes of an image, or one for each."""
    if not given.gives(name):
        return (default,) * axes
    sizes = as_sizes((given.values[name],)) or (None,)
    return sizes * axes if len(sizes) == 1 else sizes


def convolved(axes: int) -> Rule:
    """Images, or signals, after a convolution."""

    def rule(given: Arguments) -> Fact:
        x, weight = given.tensor("x"), given.tensor("weight")
        dtype = shared(x, weight)
        if x.shape is None or weight.shape is None or len(x.shape) != axes + 2 or len(weight.shape) != axes + 2:
            return Tensor(dtype)
        _check_channels(x.shape, weight.shape, given.size("groups", 1))
        options = [_each(given, name, default, axes) for name, default in _WINDOW.items()]
        windows = zip(x.shape[2:], weight.shape[2:], *options, strict=False)
        return Tensor(dtype, (x.shape[0], weight.shape[0], *(_moved(*window) for window in windows)))

    return rule


_WINDOW: Final = {"stride": 1, "padding": 0, "dilation": 1}


def _check_channels(x: tuple[Size, ...], weight: tuple[Size, ...], groups: Size) -> None:
    channels, inner = x[1], weight[1]
    if isinstance(channels, int) and isinstance(inner, int) and isinstance(groups, int) and channels != inner * groups:
        message = f"the shapes do not fit: {shown(x)} has {channels} channels, a weight {shown(weight)} takes"
        raise ImpossibleError(f"{message} {inner * groups}", help="A weight has the shape [outputs, inputs, …].")


def _moved(*window: Size) -> Size:
    """How many places a window has along an axis."""
    numbers = [number for number in window if isinstance(number, int)]
    if len(numbers) < len(window):
        return None
    size, width, stride, padding, dilation = numbers
    return (size + 2 * padding - dilation * (width - 1) - 1) // stride + 1 if stride > 0 else None


def pooled(given: Arguments) -> Fact:
    """Images after pooling: windows stand side by side unless told."""
    x = given.tensor("x")
    if x.shape is None or len(x.shape) != 4:
        return Tensor(x.dtype)
    size, padding = _each(given, "size", 1, 2), _each(given, "padding", 0, 2)
    stride = _each(given, "stride", 1, 2) if given.gives("stride") else size
    windows = zip(x.shape[2:], size, stride, padding, strict=False)
    return Tensor(x.dtype, (*x.shape[:2], *(_moved(*window, 1) for window in windows)))
