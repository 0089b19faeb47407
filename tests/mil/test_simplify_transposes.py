"""Transposes that cancel each other, and that products do by themselves."""

from __future__ import annotations

import numpy as np

from tensorlogic.mil.types import FP32, INT32
from tests.ops.harness import literal, tensor

from .simplified import OPEN, Step, numbers, row, step, suite

NCHW, NHWC = [0, 3, 1, 2], [0, 2, 3, 1]
LAST = (2, 6, 5, 4)


def transpose(order: list[int], *shape: int | None) -> Step:
    return step("transpose", *shape, perm=order)


TRANSPOSES = [
    row("there and back", "relu", transpose(NHWC, *LAST), transpose(NCHW, 2, 4, 6, 5), step("relu")),
    row("two of them", "transpose", transpose(NHWC, *LAST), transpose(NHWC, 2, 5, 4, 6)),
    row("of nothing", "relu", transpose([0, -3, 2, -1]), step("relu")),
    row("around activations", "relu clip",
        transpose(NHWC, *LAST), step("relu"), step("clip", alpha=0.0, beta=1.0), transpose(NCHW, 2, 4, 6, 5)),
    row("around constants", "add sub mul",
        transpose(NHWC, *LAST), step("add", y=numbers(4)), step("sub", x=numbers(6, 1, 1), y="v1"), step("mul", y=2.0),
        transpose(NCHW, 2, 4, 6, 5)),
    row("around a cast", "cast",
        transpose(NHWC, *LAST), step("cast", to=INT32, dtype=literal("int32")), transpose(NCHW, 2, 4, 6, 5)),
    row("around another use", "transpose relu transpose",
        transpose(NHWC, *LAST), step("relu"), transpose(NCHW, 2, 4, 6, 5), yields=("v1", "v2")),
    row("around softmax", "transpose softmax transpose",
        transpose(NHWC, *LAST), step("softmax", axis=-1), transpose(NCHW, 2, 4, 6, 5)),
    row("around channels", "transpose prelu transpose",
        transpose(NHWC, *LAST), step("prelu", alpha=np.abs(numbers(6))), transpose(NCHW, 2, 4, 6, 5)),
    row("around what does not undo it", "transpose relu transpose",
        transpose(NHWC, *LAST), step("relu"), transpose(NHWC, 2, 5, 4, 6)),
    row("of both operands", "exp add transpose",
        transpose(NHWC, *LAST), step("exp", 2, 4, 6, 5, x="x"), transpose(NHWC, *LAST), step("add", y="v0")),
    row("of both operands and back", "exp add",
        transpose(NHWC, *LAST), step("exp", 2, 4, 6, 5, x="x"), transpose(NHWC, *LAST), step("add", y="v0"),
        transpose(NCHW, 2, 4, 6, 5)),
    row("around what is there already", "relu exp add",
        step("relu"), step("transpose", *LAST, x="x", perm=NHWC), step("relu"), step("exp"),
        transpose(NCHW, 2, 4, 6, 5), step("add", y="v0")),
    row("of open sizes", "relu", transpose(NHWC, None, 6, 5, 4), step("relu"), transpose(NCHW, None, 4, 6, 5), x=OPEN),
    row("of axes of size 1", "reshape relu", transpose([1, 0, 2], 3, 1, 4), step("relu"), x=tensor("x", FP32, 1, 3, 4)),
    row("before matmul", "matmul", transpose([0, 1, 3, 2], 2, 4, 5, 6), step("matmul", 2, 4, 5, 5, y="x")),
    row("before matmul that transposes", "matmul",
        transpose([0, 1, 3, 2], 2, 4, 5, 6), step("matmul", 2, 4, 6, 6, y="x", transpose_x=True, transpose_y=True)),
    row("of heads before matmul", "transpose matmul",
        transpose([0, 2, 1, 3], 2, 6, 4, 5), step("matmul", 2, 6, 4, 4, y="v0", transpose_y=True)),
    row("of a constant", "add",
        step("transpose", 3, 2, x=numbers(2, 3), perm=[1, 0]), step("add", 3, 2, y="x"),
        x=tensor("x", FP32, 3, 2)),
]  # fmt: skip

test_transposes = suite(TRANSPOSES)
