"""What stands beside convolutions and products and becomes a part of them."""

from __future__ import annotations

import numpy as np

from tensorlogic.mil.types import FP16, FP32
from tests.ops.harness import literal, tensor

from .simplified import CLOSE, OPEN, ROUNDED, Step, numbers, row, step, suite

HALVES = tensor("x", FP16, 2, 4, 6, 5)
SAME = {"pad_type": literal("same")}


def conv(*more: Step, channels: int = 8, dtype: type = np.float32, **given: object) -> tuple[Step, ...]:
    """A convolution of 3 x 3, and more steps after it."""
    weight = numbers(channels, 4 // given.get("groups", 1), 3, 3, dtype=dtype)
    size = (6, 5) if "pad_type" in given else (4, 3)
    return step("conv", 2, channels, *size, weight=weight, **given), *more


def transposed(*more: Step, groups: int = 1) -> tuple[Step, ...]:
    return step("conv_transpose", 2, 6, 8, 7, weight=numbers(4, 6 // groups, 3, 3), groups=groups), *more


def linear(*more: Step) -> tuple[Step, ...]:
    return step("linear", 2, 4, 6, 3, weight=numbers(3, 5)), *more


def norm(channels: int, dtype: type = np.float32, **given: object) -> Step:
    vectors = {name: numbers(channels, dtype=dtype) for name in ("mean", "gamma", "beta")}
    return step("batch_norm", **{**vectors, "variance": numbers(channels, dtype=dtype) ** 2, **given})


FOLDED = [
    row("batch_norm after conv", "conv", *conv(norm(8)), tol=CLOSE),
    row("batch_norm after conv with bias", "conv", *conv(norm(8), bias=numbers(8)), tol=CLOSE),
    row("batch_norm after conv in groups", "conv", *conv(norm(8), groups=2, **SAME), tol=CLOSE),
    row("batch_norm of float16", "conv", *conv(norm(8, np.float16), dtype=np.float16), x=HALVES, tol=CLOSE),
    row("batch_norm of real float16", "conv",
        *conv(norm(8, np.float16), dtype=np.float16), x=HALVES, tol=ROUNDED, precision="f16"),
    row("batch_norm to another type", "conv batch_norm",
        *conv(step("batch_norm", to=FP32, mean=numbers(8), variance=numbers(8) ** 2), dtype=np.float16),
        x=HALVES, precision="f16"),
    row("batch_norm after conv_transpose", "conv_transpose", *transposed(norm(6)), tol=CLOSE),
    row("batch_norm after conv_transpose in groups", "conv_transpose", *transposed(norm(6), groups=2), tol=CLOSE),
    row("batch_norm after linear of rank 2", "linear",
        step("linear", 3, 7, weight=numbers(7, 5)), norm(7), x=tensor("x", FP32, 3, 5), tol=CLOSE),
    row("batch_norm on another axis than linear's", "linear batch_norm", *linear(norm(4))),
    row("batch_norm of what is used elsewhere", "conv batch_norm add", *conv(norm(8), step("add", y="v0"))),
    row("batch_norm of what is an output", "conv batch_norm", *conv(norm(8)), yields=("v0", "v1")),
    row("batch_norm that overflows", "conv batch_norm",
        *conv(norm(8, variance=np.full(8, 1e-36, np.float32), gamma=np.full(8, 3e38, np.float32), epsilon=0.0)),
        tol=np.inf),
    row("mul and add of a number", "conv", *conv(step("mul", y=3.0), step("add", y=2.0)), tol=CLOSE),
    row("scale, shift, activation", "conv relu",
        *conv(step("mul", y=numbers(1, 8, 1, 1)), step("add", x=numbers(8, 1, 1), y="v1"), step("relu")), tol=CLOSE),
    row("sub and real_div", "conv",
        *conv(step("sub", y=numbers(8, 1, 1)), step("real_div", y=numbers(8, 1, 1))), tol=CLOSE),
    row("sub from", "conv", *conv(step("sub", x=numbers(8, 1, 1), y="v0")), tol=CLOSE),
    row("a number divided", "conv real_div", *conv(step("real_div", x=2.0, y="v0"))),
    row("real_div by 0", "conv real_div", *conv(step("real_div", y=0.0)), tol=np.inf),
    row("linear_activation", "conv", *conv(step("linear_activation", alpha=2.0, beta=-1.0)), tol=CLOSE),
    row("add along another axis", "conv add", *conv(step("add", y=numbers(3)))),
    row("add that widens", "conv add", *conv(step("add", 2, 5, 4, 3, y=numbers(5, 1, 1)), channels=1)),
    row("add of more axes", "conv add", *conv(step("add", 1, 2, 8, 4, 3, y=numbers(1, 1, 8, 1, 1)))),
    row("add to linear", "linear", *linear(step("add", y=numbers(3)), step("mul", y=2.0)), tol=CLOSE),
    row("add to linear along another axis", "linear add", *linear(step("add", y=numbers(6, 1)))),
    row("add to what is not constant", "conv add", *conv(step("add", y="v0"))),
    row("mul before conv", "conv", step("mul", y=numbers(4, 1, 1)), *conv(**SAME), tol=CLOSE),
    row("mul and add before conv", "conv",
        step("mul", y=2.0), step("add", y=numbers(4, 1, 1)), *conv(bias=numbers(8)), tol=CLOSE),
    row("mul and add before conv in groups", "conv",
        step("mul", y=numbers(4, 1, 1)), step("add", y=numbers(4, 1, 1)), *conv(groups=2), tol=CLOSE),
    row("mul and add before a conv with padding", "mul add conv",
        step("mul", y=2.0), step("add", y=1.0), *conv(**SAME)),
    row("batch_norm before conv", "conv", norm(4), *conv(), tol=CLOSE),
    row("batch_norm before a conv with padding", "batch_norm conv", norm(4), *conv(**SAME)),
    row("mul before conv_transpose", "conv_transpose",
        step("mul", y=numbers(4, 1, 1)), *transposed(groups=2), tol=CLOSE),
    row("add before conv_transpose", "add conv_transpose", step("add", y=1.0), *transposed()),
    row("mul and add before linear", "linear",
        step("mul", y=numbers(5)), step("add", y=numbers(5)), *linear(), tol=CLOSE),
    row("mul that widens before conv", "mul conv",
        step("mul", 2, 4, 6, 5, y=numbers(4, 1, 1)), *conv(), x=tensor("x", FP32, 2, 1, 6, 5)),
    row("mul before two convs", "mul conv conv add",
        step("mul", y=2.0), *conv(), step("conv", 2, 8, 4, 3, x="v0", weight=numbers(8, 4, 3, 3)),
        step("add", x="v1", y="v2")),
    row("weights of an open batch", "conv",
        step("conv", None, 8, 4, 3, weight=numbers(8, 4, 3, 3)), norm(8), x=OPEN, tol=CLOSE),
    row("zeros around conv", "conv",
        step("pad", 2, 4, 9, 6, pad=[1, 2, 1, 0]), step("conv", 2, 8, 7, 4, weight=numbers(8, 4, 3, 3)), tol=CLOSE),
    row("zeros and padding around conv", "conv",
        step("pad", 2, 4, 8, 5, pad=[0, 0, 0, 0, 1, 1, 0, 0]),
        step("conv", 2, 8, 8, 5, weight=numbers(8, 4, 3, 3), pad_type=literal("custom"), pad=[1, 1, 1, 1]), tol=CLOSE),
    row("zeros around channels", "pad conv",
        step("pad", 2, 6, 6, 5, pad=[1, 1, 0, 0, 0, 0]), step("conv", 2, 8, 4, 3, weight=numbers(8, 6, 3, 3))),
    row("ones around conv", "pad conv",
        step("pad", 2, 4, 8, 5, pad=[1, 1, 0, 0], constant_val=1.0),
        step("conv", 2, 8, 6, 3, weight=numbers(8, 4, 3, 3))),
    row("reflections around conv", "pad conv",
        step("pad", 2, 4, 8, 5, pad=[1, 1, 0, 0], mode=literal("reflect")),
        step("conv", 2, 8, 6, 3, weight=numbers(8, 4, 3, 3))),
    row("zeros before same", "pad conv",
        step("pad", 2, 4, 8, 5, pad=[1, 1, 0, 0]),
        step("conv", 2, 8, 4, 3, weight=numbers(8, 4, 3, 3), strides=[2, 2], **SAME)),
]  # fmt: skip

test_folded = suite(FOLDED)
