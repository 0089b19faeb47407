from __future__ import annotations

from functools import partial

import numpy as np
from scipy import special

from tensorlogic.mil.types import FP16, FP32

from .harness import case, mixed, suite

elementwise = partial(case, ulps=2)
exact = partial(case, ulps=0)

ANY = np.float32([[-3.5, -1.25, -0.75, -1e-3], [0.125, 0.5, 2.0, 7.75]])
UNIT = np.float32([-1.0, -0.875, -0.25, -1e-3, 0.0, 0.375, 0.9375, 1.0])
POSITIVE = np.float32([1e-3, 0.25, 1.0, 1.5, 100.0, 3e4])
HALVES = np.float32([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.25, -0.75, 3.0, 0.0])
WHOLE = np.int32([-7, -1, 0, 1, 5])
SPECIAL = np.float32([np.nan, np.inf, -np.inf, 0.0, -0.0])
NO = np.zeros((2, 0), np.float32)
FACT = np.bool_([True, False])

TYPES = {
    "int8": np.int8, "uint8": np.uint8, "int16": np.int16, "uint16": np.uint16, "int32": np.int32,
    "fp16": np.float16, "fp32": np.float32,
}  # fmt: skip

CASES = [
    elementwise("acos", x=UNIT, want=np.arccos),
    elementwise("asin", x=UNIT, want=np.arcsin),
    elementwise("atan", x=ANY, want=np.arctan),
    elementwise("atanh", x=UNIT[1:-1], want=np.arctanh),
    elementwise("atanh", x=np.float32([-1, 1]), want=np.float32([-np.inf, np.inf])),
    elementwise("cos", x=ANY, want=np.cos),
    elementwise("cosh", x=ANY, want=np.cosh),
    elementwise("erf", x=ANY, want=special.erf),
    elementwise("exp", x=ANY, want=np.exp),
    elementwise("exp", x=SPECIAL, want=np.float32([np.nan, np.inf, 0, 1, 1])),
    elementwise("exp2", x=ANY, want=np.exp2),
    elementwise("sin", x=ANY, want=np.sin),
    elementwise("sinh", x=ANY, want=np.sinh),
    elementwise("sqrt", x=POSITIVE, want=np.sqrt),
    elementwise("sqrt", x=np.float32([-1, 0, np.inf]), want=np.float32([np.nan, 0, np.inf])),
    elementwise("tan", x=ANY, want=np.tan),
    elementwise("tanh", x=ANY, want=np.tanh),
    elementwise("tanh", x=SPECIAL, want=np.float32([np.nan, 1, -1, 0, -0.0])),
    elementwise("square", x=ANY, want=np.square),
    exact("abs", x=ANY, want=np.abs),
    exact("abs", x=SPECIAL, want=np.float32([np.nan, np.inf, np.inf, 0, 0])),
    exact("abs", x=WHOLE, want=np.int32([7, 1, 0, 1, 5])),
    exact("abs", x=np.float32(-2.5), want=np.float32(2.5)),
    exact("abs", x=NO, want=NO),
    exact("ceil", x=HALVES, want=np.ceil),
    exact("ceil", x=SPECIAL, want=SPECIAL),
    exact("floor", x=HALVES, want=np.floor),
    exact("floor", x=SPECIAL, want=SPECIAL),
    exact("round", x=HALVES, want=np.float32([-2, -2, -0.0, 0, 2, 2, 0, -1, 3, 0])),
    exact("round", x=SPECIAL, want=SPECIAL),
    exact("sign", x=np.float32([-3, 0, 0.5, np.inf, -np.inf]), want=np.float32([-1, 0, 1, 1, -1])),
    exact("sign", x=WHOLE, want=np.int32([-1, -1, 0, 1, 1])),
    exact("square", x=WHOLE, want=np.int32([49, 1, 0, 1, 25])),
    exact("exp2", x=np.int32([0, 1, 10, 13, 24, 29, 30]), want=np.int32([1, 2, 1024, 8192, 1 << 24, 1 << 29, 1 << 30])),
    exact("logical_not", x=FACT, want=np.bool_([False, True])),
    exact("clip", x=ANY, alpha=-1.0, beta=2.0, want=lambda x: np.clip(x, -1, 2)),
    exact("clip", x=SPECIAL, alpha=-1.0, beta=2.0, want=np.float32([np.nan, 2, -1, 0, -0.0])),
    exact("clip", x=ANY, alpha=2.0, beta=-1.0, want=np.full((2, 4), -1, np.float32)),
    exact("clip", x=ANY, alpha=-1.0, beta=2.0, opset=17, want=lambda x: np.clip(x, -1, 2)),
    exact("threshold", x=ANY, alpha=0.5, want=lambda x: np.maximum(x, 0.5)),
    exact("threshold", x=WHOLE, alpha=-1, want=np.int32([-1, -1, 0, 1, 5])),
    elementwise("inverse", x=POSITIVE, epsilon=0.5, want=lambda x: 1 / (x + 0.5)),
    elementwise("inverse", x=ANY, want=lambda x: 1 / (x + 1e-4)),
    elementwise("inverse", x=np.float32([0.0]), epsilon=0.0, want=np.float32([np.inf])),
    elementwise("log", x=POSITIVE, want=np.log),
    elementwise("log", x=POSITIVE, epsilon=0.5, want=lambda x: np.log(x + 0.5)),
    # The default of 1e-45 is the smallest float32; float16 has nothing between it and 0.
    elementwise("log", x=np.float32([0.0, -1.0]), floats=(FP32,), want=np.float32([-103.27893, np.nan])),
    elementwise("log", x=np.float32([0.0, -1.0]), epsilon=0.0, want=np.float32([-np.inf, np.nan])),
    elementwise("rsqrt", x=POSITIVE, want=lambda x: 1 / np.sqrt(x)),
    elementwise("rsqrt", x=POSITIVE, epsilon=0.5, want=lambda x: 1 / np.sqrt(x + 0.5)),
    elementwise("rsqrt", x=np.float32([0.0]), floats=(FP32,), want=np.float32([1e6])),
    *mixed("inverse", x=POSITIVE, epsilon=1e-3, ulps=2, want=lambda x, epsilon: 1 / (x + epsilon)),
    *mixed("log", x=POSITIVE, epsilon=1e-3, ulps=2, want=lambda x, epsilon: np.log(x + epsilon)),
    *mixed("rsqrt", x=POSITIVE, epsilon=1e-3, ulps=2, want=lambda x, epsilon: 1 / np.sqrt(x + epsilon)),
    # An epsilon that float16 cannot add.
    elementwise(
        "log", x=np.float16([0.0]), epsilon=np.float32(1e-6), opset=17, tol=1e-3, want=np.float16([np.log(1e-6)])
    ),
    *[
        exact(
            "cast",
            x=np.array([[1, 2], [3, 100]], source),
            dtype=name,
            want=np.array([[1, 2], [3, 100]], target),
            opset=17,
            floats=(FP32,),
        )
        for source in TYPES.values()
        for name, target in TYPES.items()
    ],
    exact("cast", x=np.float32([-2.75, -0.5, 2.75, 127]), dtype="int8", opset=17, want=np.int8([-2, 0, 2, 127])),
    exact("cast", x=np.float32([0.5, 254.75]), dtype="uint8", opset=17, want=np.uint8([0, 254])),
    exact("cast", x=np.int8([-1, 0, 5]), dtype="bool", opset=17, want=np.bool_([1, 0, 1])),
    exact("cast", x=FACT, dtype="uint16", opset=17, want=np.uint16([1, 0])),
    exact("cast", x=np.float32([-2.75, -0.5, 0.5, 2.75, 300]), dtype="int32", want=np.int32([-2, 0, 0, 2, 300])),
    exact("cast", x=np.float32([-2.5, -0.0, 0.0, 1e-3, np.nan]), dtype="bool", want=np.bool_([1, 0, 0, 1, 1])),
    exact("cast", x=WHOLE, dtype="bool", want=np.bool_([1, 1, 0, 1, 1])),
    exact("cast", x=WHOLE, dtype="fp32", want=np.float32([-7, -1, 0, 1, 5]), floats=(FP32,)),
    exact("cast", x=WHOLE, dtype="fp16", want=np.float16([-7, -1, 0, 1, 5]), floats=(FP16,)),
    exact("cast", x=WHOLE, dtype="int32", want=WHOLE),
    exact("cast", x=FACT, dtype="int32", want=np.int32([1, 0])),
    exact("cast", x=FACT, dtype="fp32", want=np.float32([1, 0]), floats=(FP32,)),
    exact("cast", x=np.float32([0.5, -4]), dtype="fp16", want=np.float16([0.5, -4]), floats=(FP32,)),
    exact("cast", x=np.float16([0.5, -4]), dtype="fp32", want=np.float32([0.5, -4]), floats=(FP32,)),
    exact("cast", x=np.float32(2.75), dtype="int32", want=np.int32(2)),
]

test_cases = suite(CASES)
