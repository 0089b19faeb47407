"""Casts, views, sizes and operations that do nothing."""

from __future__ import annotations

import numpy as np

from tensorlogic.mil.types import DTYPES, FP16, FP32, INT32, DType
from tests.ops.harness import literal, tensor

from .simplified import OPEN, Row, Step, numbers, row, step, suite

BOOL, INT8, INT16, UINT8 = (DTYPES[name] for name in ("bool", "int8", "int16", "uint8"))


def cast(dtype: DType) -> Step:
    return step("cast", to=dtype, dtype=literal(dtype.name))


def casts(name: str, want: str, *dtypes: DType, of: DType = FP32, precision: str = "f32") -> Row:
    return row(name, want, *map(cast, dtypes), x=tensor("x", of, 2, 3), precision=precision)


CASTS = [
    casts("to the type that is computed alike", "identity", FP16),
    row("there and back", "relu", cast(FP16), step("relu"), cast(FP32)),
    casts("that round", "cast cast", FP16, FP32, precision="f16"),
    casts("that do not round", "identity", FP32, FP16, of=FP16, precision="f16"),
    casts("of whole numbers through float32", "cast cast", FP32, INT32, of=INT32),
    casts("of small numbers through float32", "cast", FP32, INT32, of=INT16),
    casts("of small numbers through float16", "cast", FP16, INT32, of=INT16),
    casts("of small numbers through real float16", "cast cast", FP16, INT32, of=INT16, precision="f16"),
    casts("of bytes through real float16", "cast", FP16, INT32, of=UINT8, precision="f16"),
    casts("of bytes there and back", "identity", INT32, UINT8, of=UINT8),
    casts("that wrap around", "cast cast", INT8, INT32, of=INT32),
    casts("that cut off fractions", "cast cast", INT32, FP32),
    casts("to fewer bits, from more", "cast", INT32, INT8, of=INT16),
    casts("to fewer bits, through floats", "cast cast", FP32, INT8, of=INT16),
    casts("of truth values", "identity", INT32, FP32, BOOL, of=BOOL),
    casts("to truth values", "cast", INT32, BOOL, of=INT8),
    row("of a constant", "",
        step("cast", 2, 2, to=INT32, x=np.float32([[1.5, -2], [0, 9]]), dtype=literal("int32"))),
    row("of what no integer holds", "cast",
        step("cast", 2, to=INT32, x=np.float32([3e9, 1]), dtype=literal("int32"))),
]  # fmt: skip

NOOPS = [
    row("identity", "relu", step("identity"), step("relu"), step("identity")),
    row("identity of an input", "identity", step("identity")),
    row("mul by 1", "relu", step("mul", y=1.0), step("relu")),
    row("mul by 1 that widens", "relu mul",
        step("relu", 1, 4), step("mul", 3, 4, y=np.ones((3, 4), np.float32)), x=tensor("x", FP32, 1, 4)),
    row("1 times", "relu", step("mul", x=np.ones((4, 1, 1), np.float32), y="x"), step("relu")),
    row("real_div by 1", "relu", step("real_div", y=1.0), step("relu")),
    row("sub 0", "relu", step("sub", y=0.0), step("relu")),
    row("sub -0", "sub exp", step("sub", y=-0.0), step("exp")),
    row("add 0, which -0 turns into 0", "add relu", step("add", y=0.0), step("relu")),
    row("add -0", "relu", step("add", y=-0.0), step("relu")),
    row("add 0 to whole numbers", "abs", step("add", y=0), step("abs"), x=tensor("x", INT32, 3)),
    row("mul by 0", "mul relu", step("mul", y=0.0), step("relu")),
    row("pad by 0", "relu", step("pad", pad=[0, 0, 0, 0]), step("relu")),
    row("tile once", "relu", step("tile", reps=[1, 1, 1, 1]), step("relu")),
    row("concat of one", "relu", step("concat", values=("x",), axis=1), step("relu")),
    row("band_part of everything", "relu", step("band_part", lower=-1, upper=-1), step("relu")),
    row("slice of everything", "relu", step("slice_by_index", begin=[0] * 4, end=[2, 4, 6, 5]), step("relu")),
    row("slice backwards", "slice_by_index relu",
        step("slice_by_index", begin=[3], end=[0], stride=[-1], begin_mask=[True], end_mask=[True]), step("relu"),
        x=tensor("x", FP32, 4)),
    row("slice of an open size", "slice_by_index relu",
        step("slice_by_index", begin=[0], end=[1]), step("relu"), x=tensor("x", FP32, None)),
    row("slice_by_size of everything", "relu", step("slice_by_size", begin=[0] * 4, size=[-1] * 4), step("relu")),
    row("reshape to the same", "relu", step("reshape", shape=[2, 4, -1, 5]), step("relu")),
    row("reshape to the same, one size open", "relu", step("reshape", shape=[-1, 4, 6, 5]), step("relu"), x=OPEN),
    row("reshape, two sizes open", "reshape relu",
        step("reshape", shape=[-1, 2]), step("relu"), x=tensor("x", FP32, None, None)),
    row("what nothing uses", "relu", step("exp"), step("relu", x="x")),
    row("the same twice", "exp add", step("exp"), step("exp", x="x"), step("add", x="v0", y="v1")),
    row("the same, further on", "exp relu add",
        step("exp"), step("relu"), step("exp", x="x"), step("add", x="v1", y="v2")),
    row("the same with other constants", "clip clip add",
        step("clip", alpha=0.0, beta=1.0), step("clip", x="x", alpha=0.0, beta=2.0), step("add", x="v0", y="v1")),
    row("the same with equal constants", "clip add",
        step("clip", alpha=0.0, beta=1.0), step("clip", x="x", alpha=0.0, beta=1.0), step("add", x="v0", y="v1")),
]  # fmt: skip

VIEWS = [
    row("there and back", "relu",
        step("expand_dims", 2, 1, 4, 6, 5, axes=[1]), step("squeeze", 2, 4, 6, 5, axes=[1]), step("relu")),
    row("two of them", "reshape", step("expand_dims", 2, 4, 6, 5, 1, axes=[4]), step("reshape", 8, 30, shape=[8, 30])),
    row("around numbers", "relu mul",
        step("reshape", 8, 30, shape=[8, 30]), step("relu"), step("mul", y=2.0),
        step("reshape", 2, 4, 6, 5, shape=[2, 4, 6, 5])),
    row("around vectors", "reshape mul reshape",
        step("reshape", 8, 30, shape=[8, 30]), step("mul", y=numbers(30)),
        step("reshape", 2, 4, 6, 5, shape=[2, 4, 6, 5])),
    row("of an open size", "reshape",
        step("reshape", None, 120, shape=[-1, 120]), step("expand_dims", None, 120, 1, axes=[2]), x=OPEN),
    row("of two open sizes", "expand_dims squeeze",
        step("expand_dims", None, None, 1, axes=[2]), step("squeeze", None, None, axes=[2]),
        x=tensor("x", FP32, None, None)),
    row("of a constant", "add",
        step("expand_dims", 2, 1, x=numbers(2), axes=[1]), step("add", 2, 3, y="x"),
        x=tensor("x", FP32, 2, 3)),
]  # fmt: skip

SHAPES = [
    row("of known sizes", "", step("shape", 4, to=INT32)),
    row("of open sizes", "shape", step("shape", 4, to=INT32), x=OPEN),
    row("one that is known", "", step("shape", 4, to=INT32), step("gather", 2, indices=[1, 3], axis=0), x=OPEN),
    row("one that is open", "shape gather",
        step("shape", 4, to=INT32), step("gather", 2, indices=[0, 3], axis=0), x=OPEN),
]  # fmt: skip

test_casts = suite(CASTS)
test_noops = suite(NOOPS)
test_views = suite(VIEWS)
test_shapes = suite(SHAPES)
