"""Windows that move over signals [batch, channels, length], images and volumes, and elements moved between their axes.

Where a size, a stride or a padding is asked for, a number stands for all axes behind the channels, and a list for each.
`conv1d`, `conv2d`, `max_pool2d` and their like are among the layers.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from tensorlogic.errors import SourceError
from tensorlogic.errors.codes import WRONG_SHAPE
from tensorlogic.lang.inference import layering, rules
from tensorlogic.runtime.builtins.layers import Sizes, each
from tensorlogic.runtime.convert import as_int, as_ints, as_optional, as_tensor
from tensorlogic.runtime.kinds import kind
from tensorlogic.runtime.lazy import torch
from tensorlogic.runtime.registry import builtin, gives


@builtin
@gives(layering.convolved(3))
def conv3d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> torch.Tensor:
    """The convolution of x [batch, in, depth, height, width] with `weight` [out, in / groups, …]: [batch, out, …].

    Each size is as `conv1d` says it. `bias` is [out]; the padding is zeros.
    """
    given = as_tensor(x), as_tensor(weight), as_optional(bias)
    return torch.nn.functional.conv3d(*given, each(stride), each(padding), each(dilation), as_int(groups))


@builtin
@gives(rules.same_type())
def conv_transpose1d(
    x: Any, weight: Any, bias: Any = None, stride: Sizes = 1, padding: Sizes = 0, groups: int = 1
) -> torch.Tensor:
    """The transposed convolution of x [batch, in, length] with `weight` [in, out / groups, size]: [batch, out, …].

    The new length is (length - 1) stride - 2 padding + size. `bias` is [out].
    """
    given = as_tensor(x), as_tensor(weight), as_optional(bias)
    return torch.nn.functional.conv_transpose1d(*given, each(stride), each(padding), groups=as_int(groups))


def _define_pooling(name: str, axes: int, says: str) -> None:
    """A builtin that pools: torch's function of a size, a stride and a padding."""

    def pool(x: Any, size: Sizes, stride: Sizes = None, padding: Sizes = 0) -> torch.Tensor:
        tensor, step = as_tensor(x), each(size) if stride is None else each(stride)
        _check_windows(tensor, each(size), each(padding), axes)
        return _function(name)(tensor, each(size), step, each(padding))

    pool.__name__, pool.__doc__ = name, f"{says} {_WINDOWS}"
    gives(rules.same_type())(builtin(pool))


def _check_windows(x: torch.Tensor, size: Any, padding: Any, axes: int) -> None:
    """Refuse windows that are larger than what they move over, which torch goes through for as long as they are."""
    for length, window, pad in zip(x.shape[-axes:], _for_axes(size, axes), _for_axes(padding, axes), strict=False):
        if window > length + 2 * pad:
            raise SourceError(WRONG_SHAPE, f"a window of {window} is larger than an axis of {length} with its padding")


def _for_axes(sizes: Any, axes: int) -> list[int]:
    return [sizes] * axes if isinstance(sizes, int) else list(sizes) * (axes if len(sizes) == 1 else 1)


def _define_adaptive(name: str, says: str) -> None:
    """A builtin that pools to a size."""

    def pool(x: Any, size: Sizes) -> torch.Tensor:
        return _function(name)(as_tensor(x), each(size))

    pool.__name__, pool.__doc__ = name, says
    gives(rules.same_type())(builtin(pool))


def _function(name: str) -> Callable[..., torch.Tensor]:
    found: Callable[..., torch.Tensor] = getattr(torch.nn.functional, name)
    return found


_WINDOWS = "Windows are `stride` apart, by their size unless told; a padding is at most half as wide as they are."

for (_name, _axes), _says in {
    ("max_pool1d", 1): "The largest element in each window of a signal [batch, channels, length].",
    ("avg_pool1d", 1): "The mean of each window of a signal [batch, channels, length].",
    ("max_pool3d", 3): "The largest element in each window of a volume [batch, channels, depth, height, width].",
    ("avg_pool3d", 3): "The mean of each window of a volume [batch, channels, depth, height, width].",
}.items():
    _define_pooling(_name, _axes, _says)

for _name, _says in {
    "adaptive_max_pool1d": "The largest elements of `size` windows that share a signal: [batch, channels, size].",
    "adaptive_avg_pool1d": "The means of `size` windows that share a signal: [batch, channels, size].",
    "adaptive_max_pool2d": "The largest elements of windows that share an image: [batch, channels, size].",
}.items():
    _define_adaptive(_name, _says)


@builtin
@gives(rules.same_type())
def pixel_shuffle(x: Any, factor: int) -> torch.Tensor:
    """Channels as pixels between the others (Shi et al., 2016).

    [batch, channels * factor^2, height, width] becomes [batch, channels, height * factor, width * factor].
    """
    return torch.nn.functional.pixel_shuffle(as_tensor(x), as_int(factor))


@builtin
@gives(rules.same_type())
def pixel_unshuffle(x: Any, factor: int) -> torch.Tensor:
    """Pixels as channels: the inverse of `pixel_shuffle`, of images whose sizes `factor` divides."""
    return torch.nn.functional.pixel_unshuffle(as_tensor(x), as_int(factor))


@builtin
@gives(rules.same_type())
def unfold(x: Any, size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1) -> torch.Tensor:
    """The windows of images [batch, channels, height, width] as columns: [batch, channels * size, windows]."""
    return torch.nn.functional.unfold(as_tensor(x), each(size), each(dilation), each(padding), each(stride))


@builtin
@gives(rules.same_type())
def fold(x: Any, output: Any, size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1) -> torch.Tensor:
    """Images of the height and width `output`, in which the columns of `unfold` are added up at their places."""
    tensor, windows = as_tensor(x), (each(size), each(dilation), each(padding), each(stride))
    columns = prod(map(_places, as_ints([output]), *(_for_axes(given, 2) for given in windows)))
    if tensor.ndim and tensor.shape[-1] != columns:
        raise SourceError(
            WRONG_SHAPE, f"{kind(tensor)} has {tensor.shape[-1]} columns, and {columns} windows have place"
        )
    return torch.nn.functional.fold(tensor, tuple(as_ints([output])), *windows)


def _places(length: int, size: int, dilation: int, padding: int, stride: int) -> int:
    """How many places a window has along an axis."""
    return (length + 2 * padding - dilation * (size - 1) - 1) // max(stride, 1) + 1
