from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from .harness import Case, case, mixed, suite
from .references import Pads, Sizes, convolved, spread

RANDOM = np.random.default_rng(3)
SIZES = {"x": (7, 6, 5), "kernel": (3, 2, 3)}


def random(*shape: int) -> np.ndarray:
    return RANDOM.normal(size=shape).astype(np.float32)


def conv(
    axes: int, *, want: Callable[..., np.ndarray], c_in: int = 4, c_out: int = 6, bias: bool = True, **how: Any
) -> Case:
    """A convolution over the first `axes` of 7 x 6 x 5 values with a kernel of 3 x 2 x 3."""
    weight = random(c_out, c_in // how.get("groups", 1), *SIZES["kernel"][:axes])
    return _case("conv", axes, c_in, weight, random(c_out) if bias else None, want, how)


def transposed(
    axes: int, *, want: Callable[..., np.ndarray], c_in: int = 4, c_out: int = 6, bias: bool = True, **how: Any
) -> Case:
    weight = random(c_in, c_out // how.get("groups", 1), *SIZES["kernel"][:axes])
    return _case("conv_transpose", axes, c_in, weight, random(c_out) if bias else None, want, how)


def _case(
    op: str, axes: int, c_in: int, weight: np.ndarray, bias: np.ndarray | None, want: Any, how: dict[str, Any]
) -> Case:
    arguments = {"x": random(2, c_in, *SIZES["x"][:axes]), "weight": weight, **how}
    if bias is not None:
        arguments["bias"] = bias
    opset = 16 if how.get("pad_type") == "same_lower" else 15
    return case(op, want=want, const=("weight", "bias"), opset=opset, **arguments)


def few(filters: int, kernel: tuple[int, int], pads: Pads, strides: Sizes = (1, 1), **how: Any) -> Case:
    """A convolution of 9 x 23 values with few filters."""
    x = random(2, 3, 9, 23)
    arguments = {"x": x, "weight": random(filters, 3, *kernel), "bias": random(filters), **how}
    want = convolved(pads, strides, how.get("dilations", ()))
    pad = [amount for pair in pads for amount in pair]
    return case(
        "conv", want=want, const=("weight", "bias"), pad_type="custom", pad=pad, strides=list(strides), **arguments
    )


def of_torch(module: Callable[..., nn.Module], **how: Any) -> Callable[..., np.ndarray]:
    """What a module of PyTorch gives with these weights."""

    def want(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
        layer = module(4, 6, tuple(weight.shape[2:]), dtype=torch.float64, **how)
        layer.load_state_dict({"weight": torch.from_numpy(weight), "bias": torch.from_numpy(bias)})
        with torch.no_grad():
            return layer(torch.from_numpy(x)).numpy()

    return want


NONE = (0, 0)
EVEN: dict[str, Any] = {"padding": (1, 2)}
DEPTHWISE: dict[str, Any] = {"c_in": 4, "c_out": 8, "groups": 4}

CONV = [
    conv(1, want=convolved([NONE])),
    conv(1, want=of_torch(nn.Conv1d)),
    conv(2, want=convolved([NONE, NONE])),
    conv(3, want=convolved([NONE, NONE, NONE])),
    conv(2, pad_type="valid", want=convolved([NONE, NONE])),
    conv(2, bias=False, want=convolved([NONE, NONE])),
    # An even kernel needs an odd amount: `same` puts the extra after, `same_lower` before.
    conv(1, pad_type="same", want=convolved([(1, 1)])),
    conv(2, pad_type="same", want=convolved([(1, 1), (0, 1)])),
    conv(3, pad_type="same", want=convolved([(1, 1), (0, 1), (1, 1)])),
    conv(2, pad_type="same_lower", want=convolved([(1, 1), (1, 0)])),
    conv(2, pad_type="same", strides=[2, 3], want=convolved([(1, 1), NONE], [2, 3])),
    conv(2, pad_type="same", strides=[3, 1], want=convolved([(1, 1), (0, 1)], [3, 1])),
    conv(2, pad_type="same", dilations=[2, 3], want=convolved([(2, 2), (1, 2)], dilations=[2, 3])),
    conv(2, pad_type="same_lower", dilations=[2, 3], want=convolved([(2, 2), (2, 1)], dilations=[2, 3])),
    conv(2, pad_type="same", strides=[2, 2], dilations=[2, 2], want=convolved([(2, 2), (0, 1)], [2, 2], [2, 2])),
    conv(2, pad_type="custom", want=convolved([NONE, NONE])),
    conv(1, pad_type="custom", pad=[2, 0], want=convolved([(2, 0)])),
    conv(2, pad_type="custom", pad=[1, 1, 2, 2], want=convolved([(1, 1), (2, 2)])),
    conv(2, pad_type="custom", pad=[1, 1, 2, 2], strides=[2, 1], want=of_torch(nn.Conv2d, **EVEN, stride=(2, 1))),
    conv(2, pad_type="custom", pad=[0, 1, 3, 2], strides=[2, 3], want=convolved([(0, 1), (3, 2)], [2, 3])),
    conv(3, pad_type="custom", pad=[1, 0, 0, 2, 1, 1], want=convolved([(1, 0), (0, 2), (1, 1)])),
    conv(2, strides=[2, 2], want=convolved([NONE, NONE], [2, 2])),
    conv(2, dilations=[2, 3], want=convolved([NONE, NONE], dilations=[2, 3])),
    conv(2, groups=2, want=convolved([NONE, NONE], groups=2)),
    conv(2, groups=2, pad_type="same", strides=[2, 1], want=convolved([(1, 1), (0, 1)], [2, 1], groups=2)),
    conv(3, groups=2, want=of_torch(nn.Conv3d, groups=2)),
    conv(1, groups=4, c_out=4, want=convolved([NONE], groups=4)),
    conv(2, **DEPTHWISE, pad_type="same", want=convolved([(1, 1), (0, 1)], groups=4)),
    conv(2, **DEPTHWISE, dilations=[2, 2], want=convolved([NONE, NONE], dilations=[2, 2], groups=4)),
    # `pad` counts only where it is asked for.
    conv(2, pad_type="valid", pad=[1, 1, 1, 1], want=convolved([NONE, NONE])),
    case("conv", x=random(1, 2, 5), weight=random(3, 2, 2), want=convolved([NONE])),
    case("conv", x=random(1, 2, 3), weight=random(3, 2, 3), pad_type="same", want=convolved([(1, 1)])),
    # Few filters with large kernels, of which engines are given several places at once.
    few(1, (5, 5), [(2, 2), (2, 2)]),
    few(2, (3, 5), [(1, 1), (2, 2)]),
    few(8, (3, 7), [(0, 2), (3, 0)]),
    few(5, (1, 15), [NONE, (7, 7)]),
    few(3, (7, 3), [(3, 3), NONE], [2, 2]),
    few(1, (5, 3), [NONE, (1, 1)], [1, 3]),
    few(4, (4, 4), [NONE, NONE], [2, 5]),
    few(1, (3, 5), [(2, 2), NONE], dilations=[2, 1]),
    few(1, (3, 20), [NONE, NONE]),
    few(1, (5, 5), [NONE, NONE], x=np.where(np.arange(23) == 11, np.nan, random(2, 3, 9, 23)).astype(np.float32)),
    # Sizes that are not known until the program runs.
    conv(2, dynamic=True, pad_type="same", want=convolved([(1, 1), (0, 1)])),
    conv(2, dynamic=True, pad_type="same", strides=[2, 3], want=convolved([(1, 1), NONE], [2, 3])),
    conv(2, dynamic=True, pad_type="same_lower", dilations=[2, 3], want=convolved([(2, 2), (2, 1)], dilations=[2, 3])),
    conv(2, dynamic=True, pad_type="custom", pad=[0, 1, 3, 2], want=convolved([(0, 1), (3, 2)])),
    case("conv", x=random(0, 2, 3), weight=random(3, 2, 3), want=np.zeros((0, 3, 1), np.float32)),
]  # fmt: skip

TRANSPOSED = [
    transposed(1, want=spread([NONE])),
    transposed(2, want=spread([NONE, NONE])),
    transposed(3, want=spread([NONE, NONE, NONE])),
    transposed(2, bias=False, want=spread([NONE, NONE])),
    transposed(2, pad_type="valid", strides=[2, 3], want=spread([NONE, NONE], [2, 3])),
    transposed(2, dilations=[2, 3], want=spread([NONE, NONE], dilations=[2, 3])),
    transposed(2, groups=2, strides=[2, 1], want=spread([NONE, NONE], [2, 1], groups=2)),
    transposed(2, groups=4, c_out=4, want=spread([NONE, NONE], groups=4)),
    transposed(2, groups=2, strides=[2, 3], want=of_torch(nn.ConvTranspose2d, groups=2, stride=(2, 3))),
    transposed(2, pad_type="custom", want=spread([NONE, NONE])),
    transposed(1, pad_type="custom", pad=[1, 0], strides=[2], want=spread([(1, 0)], [2])),
    transposed(2, pad_type="custom", pad=[1, 2, 0, 1], strides=[2, 2], want=spread([(1, 2), (0, 1)], [2, 2])),
    transposed(3, pad_type="custom", pad=[1, 1, 0, 0, 2, 1], want=spread([(1, 1), (0, 0), (2, 1)])),
    transposed(2, pad_type="custom", pad=[1, 1, 2, 2], want=of_torch(nn.ConvTranspose2d, **EVEN)),
    # `same` gives the size times the stride: an odd amount loses more after, and a stride over the kernel adds.
    transposed(1, pad_type="same", want=spread([(1, 1)])),
    transposed(2, pad_type="same", want=spread([(1, 1), (0, 1)])),
    transposed(2, pad_type="same", strides=[2, 1], want=spread([(0, 1), (0, 1)], [2, 1])),
    transposed(2, pad_type="same", strides=[2, 2], want=spread([(0, 1), NONE], [2, 2])),
    transposed(2, pad_type="same", strides=[4, 3], want=spread([(0, -1), (0, -1)], [4, 3])),
    transposed(2, pad_type="same", strides=[2, 1], dilations=[2, 2], want=spread([(1, 2), (1, 1)], [2, 1], [2, 2])),
    transposed(2, dynamic=True, pad_type="same", strides=[4, 3], want=spread([(0, -1), (0, -1)], [4, 3])),
    transposed(2, dynamic=True, pad_type="custom", pad=[1, 2, 0, 1], strides=[2, 2],
               want=spread([(1, 2), (0, 1)], [2, 2])),
    # An output shape settles what the stride leaves open.
    transposed(1, strides=[2], output_shape=[2, 6, 16], want=spread([(0, -1)], [2])),
    transposed(1, strides=[2], output_shape=[2, 6, 15], want=spread([NONE], [2])),
    transposed(2, pad_type="same", strides=[2, 2], output_shape=[2, 6, 13, 11], want=spread([(1, 1), (0, 1)], [2, 2])),
    transposed(2, pad_type="same", strides=[2, 2], output_shape=[2, 6, 14, 12], want=spread([(0, 1), NONE], [2, 2])),
    transposed(1, pad_type="custom", pad=[1, 1], strides=[2], output_shape=[2, 6, 14], want=spread([(1, 0)], [2])),
]  # fmt: skip

KERNEL, FILTERS = random(3, 4, 3, 2), RANDOM.integers(0, 256, (3, 4, 3, 2), np.uint8)
IMAGE = random(2, 4, 7, 6)


def quantized(
    scale: np.ndarray, offset: np.ndarray, *, bias: np.ndarray | None = None, padding: Any = (NONE, NONE), **how: Any
) -> Case:
    """A convolution with bytes for weights."""
    values = how.pop("weight", FILTERS)

    def want(x: np.ndarray, weight: np.ndarray, scale: np.ndarray, offset: np.ndarray, *bias: np.ndarray) -> np.ndarray:
        rows = (values.shape[0], *[1] * 3) if scale.ndim == 1 else ()
        kernel = weight * scale.reshape(rows) + offset.reshape(rows)
        return convolved(padding, how.get("strides", ()), how.get("dilations", ()), how.get("groups", 1))(
            x, kernel, *bias
        )

    given = {"weight": values, "quant_scale": scale, "quant_bias": offset, **({} if bias is None else {"bias": bias})}
    const = ("weight", "quant_scale", "quant_bias", "bias")
    return case("conv_quantized", x=IMAGE, **given, quantization_type="linear", **how, const=const, want=want)


SMALL, SHIFT = np.float32(1 / 128), np.float32(-1)
EACH = {"scale": np.float32([1 / 128, 1 / 64, 1 / 256]), "offset": np.float32([-1, -2, 0.5])}

QUANTIZED = [
    quantized(SMALL, SHIFT),
    quantized(**EACH, nbits=8, pad_type="same", padding=[(1, 1), (0, 1)]),
    quantized(**EACH, weight=FILTERS % 16, nbits=4, strides=[2, 1], dilations=[1, 2]),
    quantized(SMALL, SHIFT, bias=np.uint8([0, 1, 255]), pad_type="custom", pad=[1, 0, 0, 2], padding=[(1, 0), (0, 2)]),
    quantized(SMALL, SHIFT, weight=FILTERS[:2, :2], groups=2),
]

MIXED = [
    # From iOS 17 on, weights may be of another float type than x.
    *mixed("conv", x=IMAGE, weight=KERNEL, bias=random(3), const=("weight", "bias"), want=convolved([NONE, NONE])),
    *mixed("conv", x=IMAGE, weight=KERNEL, want=convolved([NONE, NONE])),
    *mixed("conv_transpose", x=random(2, 3, 4, 5), weight=KERNEL, bias=random(4), const=("bias",),
           want=spread([NONE, NONE])),
    # And they may be computed.
    case("conv_transpose", x=random(2, 3, 4, 5), weight=KERNEL, bias=random(4), pad_type="same", opset=17,
         want=spread([(1, 1), (0, 1)])),
    case("conv", x=IMAGE, weight=KERNEL, bias=random(3), opset=17, dynamic=True, want=convolved([NONE, NONE])),
]  # fmt: skip

CASES = [*CONV, *TRANSPOSED, *QUANTIZED, *MIXED]

test_cases = suite(CASES)
