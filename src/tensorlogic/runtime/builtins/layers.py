"""Layers of networks: products with weights, convolutions, pooling, embeddings.

Images are [batch, channels, height, width]. Where a size, a stride or a padding is asked for, a number stands for both
of height and width, and [height, width] for each.
"""

from __future__ import annotations

from typing import Any

from tensorlogic.errors import SourceError
from tensorlogic.errors.codes import RUN_FAILED
from tensorlogic.lang.inference import layering, rules
from tensorlogic.runtime.convert import as_int, as_ints, as_optional, as_tensor, as_weight
from tensorlogic.runtime.lazy import torch
from tensorlogic.runtime.registry import builtin, gives

Sizes = Any
"""A number for all axes of an image, or one for each."""


def each(sizes: Sizes) -> Any:
    """A number for all axes, or a list of one for each, as torch takes them."""
    return as_int(sizes) if isinstance(sizes, int) else as_ints([sizes])


@builtin
@gives(layering.linear)
def linear(x: Any, weight: Any, bias: Any = None) -> torch.Tensor:
    """x [..., in] times the transpose of `weight` [out, in], plus `bias` [out]: [..., out]."""
    return torch.nn.functional.linear(as_tensor(x), as_weight(weight), as_optional(bias))


@builtin
@gives(layering.rows_of_table)
def embedding(table: Any, ids: Any) -> torch.Tensor:
    """The rows of `table` [rows, size] with these ids: of ids [...] [..., size], of a single id [1, size].

    An id that is no row of the table is an error.
    """
    rows, index = as_weight(table), as_tensor(ids)
    index = (index.reshape(1) if index.ndim == 0 else index).long()
    wrong = index[(index < 0) | (index >= len(rows))]
    if wrong.numel():
        raise SourceError(RUN_FAILED, f"there is no row {int(wrong[0])} in a table of {len(rows)}")
    found: torch.Tensor = rows[index]
    return found


@builtin
@gives(layering.convolved(1))
def conv1d(
    x: Any, weight: Any, bias: Any = None, stride: int = 1, padding: int = 0, dilation: int = 1, groups: int = 1
) -> torch.Tensor:
    """The convolution of x [batch, in, length] with `weight` [out, in / groups, size]: [batch, out, new length].

    The new length is (length + 2 padding - dilation (size - 1) - 1) / stride + 1. `bias` is [out]; the padding is
    zeros.
    """
    given = as_tensor(x), as_tensor(weight), as_optional(bias)
    return torch.nn.functional.conv1d(*given, stride, padding, dilation, groups)


@builtin
@gives(layering.convolved(2))
def conv2d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> torch.Tensor:
    """The convolution of x [batch, in, height, width] with `weight` [out, in / groups, rows, columns].

    The result is [batch, out, …], each size as `conv1d` says it. `bias` is [out]; the padding is zeros.
    """
    given = as_tensor(x), as_tensor(weight), as_optional(bias)
    return torch.nn.functional.conv2d(*given, each(stride), each(padding), each(dilation), groups)


@builtin
def conv_transpose2d(
    x: Any, weight: Any, bias: Any = None, stride: Sizes = 1, padding: Sizes = 0, groups: int = 1
) -> torch.Tensor:
    """The transposed convolution of x [batch, in, height, width] with `weight` [in, out / groups, rows, columns].

    The result is [batch, out, …], the height (height - 1) stride - 2 padding + rows. `bias` is [out].
    """
    given = as_tensor(x), as_tensor(weight), as_optional(bias)
    return torch.nn.functional.conv_transpose2d(*given, each(stride), each(padding), groups=groups)


@builtin
@gives(layering.pooled)
def max_pool2d(x: Any, size: Sizes, stride: Sizes = None, padding: Sizes = 0) -> torch.Tensor:
    """The largest element in each window of a size; windows are `stride` apart, by their size unless told.

    [batch, channels, height, width] becomes [batch, channels, (height + 2 padding - size) / stride + 1, …].
    """
    step = None if stride is None else each(stride)
    return torch.nn.functional.max_pool2d(as_tensor(x), each(size), step, each(padding))


@builtin
@gives(layering.pooled)
def avg_pool2d(x: Any, size: Sizes, stride: Sizes = None, padding: Sizes = 0) -> torch.Tensor:
    """The mean of the elements in each window of a size; windows are `stride` apart, by their size unless told.

    [batch, channels, height, width] becomes [batch, channels, (height + 2 padding - size) / stride + 1, …]. The zeros
    of the padding count.
    """
    step = None if stride is None else each(stride)
    return torch.nn.functional.avg_pool2d(as_tensor(x), each(size), step, each(padding))


@builtin
@gives(rules.same_type())
def adaptive_avg_pool2d(x: Any, size: Sizes) -> torch.Tensor:
    """The means of as many windows as `size` says: [batch, channels, …] becomes [batch, channels, size].

    With the size 1 it is the mean of each channel.
    """
    return torch.nn.functional.adaptive_avg_pool2d(as_tensor(x), each(size))


@builtin
@gives(rules.same_type())
def interpolate(x: Any, size: Sizes, mode: str = "nearest") -> torch.Tensor:
    """Images [batch, channels, height, width] scaled to the height and width `size`.

    `mode` is "nearest", "bilinear" or "bicubic"; corners are not aligned (PyTorch: align_corners=False).
    """
    wanted = each(size)
    return torch.nn.functional.interpolate(as_tensor(x), wanted, mode=mode)


@builtin
@gives(rules.same_type())
def pad(x: Any, amounts: Any, value: float = 0, mode: str = "constant") -> torch.Tensor:
    """x with more elements around it: [before, after] of the last axis, then of the one before it, and so on.

    `mode` says what they are: "constant" (`value`), "reflect", "replicate" or "circular". ``pad(x, [1, 1])`` of [a, b]
    is [a, b + 2].
    """
    return torch.nn.functional.pad(as_tensor(x), as_ints([amounts]), mode, value if mode == "constant" else None)


@builtin
def fused_add_relu(a: Any, b: Any) -> torch.Tensor:
    """relu(a + b)."""
    return torch.relu(as_tensor(a) + as_tensor(b))


@builtin
def fused_mul_relu(a: Any, b: Any) -> torch.Tensor:
    """relu(a * b)."""
    return torch.relu(as_tensor(a) * as_tensor(b))


@builtin
def fused_affine(x: Any, scale: Any, bias: Any) -> torch.Tensor:
    """x * scale + bias."""
    return as_tensor(x) * as_tensor(scale) + as_tensor(bias)


@builtin
def fused_gelu_linear(x: Any, weight: Any, bias: Any) -> torch.Tensor:
    """gelu(x) @ weight + bias, with `weight` [in, out], which `linear` has the other way round."""
    return torch.nn.functional.gelu(as_tensor(x)) @ as_tensor(weight) + as_tensor(bias)
