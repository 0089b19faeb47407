"""The checks that rows of ``facts/eligibility.toml`` name: each says what it finds about an operation, or None.

What it finds fills the braces of the row's reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from typing import Any, Final

from tensorlogic.advisor.chips import Chip
from tensorlogic.advisor.graph import Site
from tensorlogic.mil.types import FP32, TensorType

Found = dict[str, Any] | None
Check = Callable[[Site, Chip], Found]
CHECKS: Final[dict[str, Check]] = {}

MOST_AXES: Final = 5
MOST_CHANNELS: Final = 65536
_CHANNELED: Final = ("conv", "conv_transpose")
_ARITHMETIC: Final = {"cast", "select", "reshape", "transpose", "expand_dims", "squeeze", "concat", "split", "stack"}
"""Operations that only move or convert what they are given."""


def check(function: Check) -> Check:
    """Make a function a check of its name."""
    CHECKS[function.__name__] = function
    return function


def _tensors(site: Site) -> Iterator[tuple[str, TensorType]]:
    yield from site.computed
    yield from site.results


def _sizes(tensor: TensorType | None) -> tuple[int | None, ...]:
    return () if tensor is None or tensor.shape is None else tensor.shape


@check
def float32(site: Site, chip: Chip) -> Found:
    """A tensor that comes in or out is fp32; a cast that ends or begins a region is not counted."""
    tensors = site.results if site.type == "cast" else tuple(_tensors(site))
    wide = [name for name, tensor in tensors if tensor.dtype == FP32]
    narrow = site.type == "cast" and any(t.dtype.name == "fp16" for _, t in _tensors(site))
    return {"name": wide[0]} if wide and not narrow else None


@check
def integers(site: Site, chip: Chip) -> Found:
    """It computes with integers, and does not only move or compare them."""
    if site.type in _ARITHMETIC or not site.results:
        return None
    others = [t for _, t in _tensors(site) if not t.dtype.is_float and t.dtype.name != "bool"]
    floats = any(t.dtype.is_float for _, t in _tensors(site))
    return {"dtype": others[0].dtype.name} if others and not floats else None


@check
def rank(site: Site, chip: Chip) -> Found:
    """A tensor has too many axes."""
    for name, tensor in _tensors(site):
        if len(_sizes(tensor)) > MOST_AXES:
            return {"name": name, "rank": len(_sizes(tensor))}
    return None


@check
def unknown_shape(site: Site, chip: Chip) -> Found:
    """A size is not known before it runs."""
    for name, tensor in _tensors(site):
        if tensor.shape is None or None in tensor.shape:
            return {"name": name}
    return None


@check
def axis(site: Site, chip: Chip) -> Found:
    """An axis is too long; channels of convolutions, and of what goes between them, have a limit of their own."""
    for name, tensor in _tensors(site):
        sizes = _sizes(tensor)
        for at, size in enumerate(sizes):
            is_channel = len(sizes) >= 3 and at == 1
            if size is not None and size > chip.limits.axis and at > 0 and not is_channel:
                return {"name": name, "axis": at, "size": size, "limit": chip.limits.axis}
    return None


@check
def channels(site: Site, chip: Chip) -> Found:
    """There are too many channels."""
    for name, tensor in _tensors(site):
        sizes = _sizes(tensor)
        most = MOST_CHANNELS * 4 if site.type in _CHANNELED else MOST_CHANNELS
        if len(sizes) >= 3 and (sizes[1] or 0) > most:
            return {"name": name, "size": sizes[1]}
    return None


@check
def kernel(site: Site, chip: Chip) -> Found:
    """The kernel of a convolution is large."""
    sizes = _sizes(site.tensor("weight"))[2:]
    height, width = (1, *sizes)[-2:] if sizes else (1, 1)
    most = chip.limits.kernel_height, chip.limits.kernel_width
    if (height or 0) <= most[0] and (width or 0) <= most[1]:
        return None
    return {"height": height, "width": width, "most_height": most[0], "most_width": most[1]}


@check
def convolves_volumes(site: Site, chip: Chip) -> Found:
    """Three axes are convolved."""
    return {} if len(_sizes(site.tensor("x"))) == 5 else None


@check
def dilation(site: Site, chip: Chip) -> Found:
    """The taps of a convolution are far apart."""
    widest = max(site.integers("dilations"), default=1)
    return {"dilation": widest} if widest > 8 else None


@check
def depthwise_narrow(site: Site, chip: Chip) -> Found:
    """A depthwise convolution of many channels over hardly more places than its kernel has."""
    x, weight, groups = _sizes(site.tensor("x")), _sizes(site.tensor("weight")), site.integers("groups")
    if len(x) < 3 or not groups or groups[0] != x[1] or groups[0] < 1024 or None in x[2:]:
        return None
    places, taps = prod(n or 1 for n in x[2:]), prod(n or 1 for n in weight[2:])
    return {"size": places, "kernel": taps} if places <= taps <= 3 else None


@check
def dynamic_weights(site: Site, chip: Chip) -> Found:
    """The weights come in while it runs, for several samples at once."""
    weight, x = site.operand("weight"), _sizes(site.tensor("x"))
    computed = isinstance(weight, str) and not site.graph.is_constant(weight)
    return {"batch": x[0]} if computed and x and (x[0] or 0) > 1 else None


@check
def transposed_stride(site: Site, chip: Chip) -> Found:
    """A transposed convolution takes long steps."""
    longest = max(site.integers("strides"), default=1)
    return {"stride": longest} if longest > 4 else None


@check
def product_rank(site: Site, chip: Chip) -> Found:
    """A product of tensors of 5 axes."""
    longest = max((len(_sizes(tensor)) for _, tensor in _tensors(site)), default=0)
    return {"rank": longest} if longest > 4 else None


@check
def same_operand(site: Site, chip: Chip) -> Found:
    """A tensor is multiplied by itself."""
    x, y = site.operand("x"), site.operand("y")
    return {"name": x} if isinstance(x, str) and x == y else None


@check
def small_attention(site: Site, chip: Chip) -> Found:
    """Attention over few elements."""
    query = site.tensor("query")
    elements = None if query is None else query.elements
    return {"name": site.operand("query"), "elements": elements} if elements is not None and elements < 2e6 else None


@check
def without_trigonometry(site: Site, chip: Chip) -> Found:
    """The chip computes no sine."""
    return None if chip.limits.trigonometry else {"chip": chip.name}


@check
def enumerated_rank_three(site: Site, chip: Chip) -> Found:
    """The model has enumerated shapes, and this tensor three axes."""
    return {} if site.graph.is_enumerated and len(_sizes(site.tensor("x"))) == 3 else None


@check
def moving_slice(site: Site, chip: Chip) -> Found:
    """A slice begins at a place that is computed."""
    begin = site.operand("begin")
    return {} if isinstance(begin, str) and not site.graph.is_constant(begin) else None


@check
def many_states(site: Site, chip: Chip) -> Found:
    """The model keeps several states."""
    count = len(site.graph.function.states)
    return {"count": count} if count >= 3 else None


@check
def pad_mode(site: Site, chip: Chip) -> Found:
    """Padding with something else than a constant, where the chip cannot."""
    mode = site.constant("mode")
    said = "constant" if mode is None else str(mode.data)
    return None if said == "constant" or chip.limits.resizing else {"chip": chip.name, "mode": said}


@check
def window(site: Site, chip: Chip) -> Found:
    """The window of a pool is large."""
    largest = max(site.integers("kernel_sizes"), default=1)
    return {"size": largest, "most": chip.limits.window} if largest > chip.limits.window else None
