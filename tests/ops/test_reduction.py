from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from scipy import special

from .harness import case, suite

exact = partial(case, ulps=0)

X = np.random.default_rng(2).uniform(0.5, 2, (2, 3, 4)).astype(np.float32)
SIGNED = X - np.float32(1.25)
WHOLE = np.int32([[3, -4, 0], [7, 1, -2]])
COUNTS = np.abs(WHOLE) + 1
FAR = np.float32([[1000, 1000], [-1000, -np.inf]])
PYTHAGOREAN = np.int32([[3, 4], [6, 8]])
AXES: list[dict[str, Any]] = [
    {},
    {"axes": [0]},
    {"axes": [-1]},
    {"axes": [2, 0]},
    {"axes": [0, 1, -1], "keep_dims": True},
    {"axes": [1], "keep_dims": True},
    {"keep_dims": True},
]


def over(of: Callable[..., Any], axes: list[int] | None = None, keep_dims: bool = False) -> Callable[..., Any]:
    return partial(of, axis=None if axes is None else tuple(axes), keepdims=keep_dims)


def l1(x: np.ndarray, **how: Any) -> Any:
    return np.abs(x).sum(**how)


def l2(x: np.ndarray, **how: Any) -> Any:
    return np.sqrt(np.square(x).sum(**how))


REDUCTIONS = {
    "reduce_l1_norm": l1,
    "reduce_l2_norm": l2,
    "reduce_log_sum": lambda x, **how: np.log(x.sum(**how)),
    "reduce_log_sum_exp": special.logsumexp,
    "reduce_max": np.max,
    "reduce_mean": np.mean,
    "reduce_min": np.min,
    "reduce_prod": np.prod,
    "reduce_sum": np.sum,
    "reduce_sum_square": lambda x, **how: np.square(x).sum(**how),
}
BOTH_SIGNS = ("reduce_l1_norm", "reduce_l2_norm", "reduce_log_sum_exp", "reduce_max", "reduce_min", "reduce_prod")
ARGUMENT = {
    "reduce_argmax": lambda x, **how: np.argmax(x, **how).astype(np.int32),
    "reduce_argmin": lambda x, **how: np.argmin(x, **how).astype(np.int32),
}

CASES = [
    *[case(op, x=X, **how, want=over(of, **how)) for op, of in REDUCTIONS.items() for how in AXES],
    *[case(op, x=SIGNED, axes=[1], want=over(REDUCTIONS[op], [1])) for op in BOTH_SIGNS],
    # Of whole numbers the result is whole, rounded toward zero.
    exact("reduce_l1_norm", x=WHOLE, axes=[1], want=np.int32([7, 10])),
    exact("reduce_l2_norm", x=PYTHAGOREAN, axes=[1], want=np.int32([5, 10])),
    exact("reduce_l2_norm", x=np.int32([50000, 1]), want=np.int32(50000), differs="the squares overflow"),
    exact("reduce_log_sum", x=COUNTS, axes=[1], want=np.int32([2, 2])),
    exact("reduce_log_sum_exp", x=COUNTS, axes=[1], want=np.int32([5, 8])),
    exact("reduce_max", x=WHOLE, axes=[0], want=np.int32([7, 1, 0])),
    exact("reduce_mean", x=WHOLE, axes=[0], want=np.int32([5, -1, -1])),
    exact("reduce_mean", x=np.int32([-3, -4, 0]), keep_dims=True, want=np.int32([-2])),
    exact("reduce_mean", x=np.int32([1 << 25, (1 << 25) + 2]), want=np.int32((1 << 25) + 1)),
    exact("reduce_min", x=WHOLE, want=np.int32(-4)),
    exact("reduce_prod", x=WHOLE, axes=[1], want=np.int32([0, -14])),
    exact("reduce_sum", x=WHOLE, axes=[1], keep_dims=True, want=np.int32([[-1], [6]])),
    exact("reduce_sum_square", x=WHOLE, axes=[1], want=np.int32([25, 54])),
    # In float16 the squares and sums are too large, the results are not.
    case("reduce_l2_norm", x=np.float32([300, 400]), want=np.float32(500)),
    case("reduce_log_sum", x=np.float32([60000, 60000]), want=lambda x: np.log(x.sum())),
    case("reduce_log_sum_exp", x=FAR, axes=[1], want=over(special.logsumexp, [1])),
    case("reduce_mean", x=np.full((64, 64), 1000, np.float32), want=np.float32(1000)),
    exact("reduce_max", x=np.float32([1, np.nan, 3]), want=np.float32(np.nan)),
    exact("reduce_sum", x=np.zeros((2, 0), np.float32), axes=[1], want=np.float32([0, 0])),
    exact("reduce_prod", x=np.zeros((2, 0), np.float32), axes=[1], want=np.float32([1, 1])),
    *[exact(op, x=X, want=partial(of, axis=-1)) for op, of in ARGUMENT.items()],
    *[exact(op, x=X, axis=axis, want=partial(of, axis=axis)) for op, of in ARGUMENT.items() for axis in (0, 1, -3)],
    *[
        exact(op, x=SIGNED, axis=1, keep_dims=True, want=partial(of, axis=1, keepdims=True))
        for op, of in ARGUMENT.items()
    ],
    *[exact(op, x=WHOLE, axis=0, want=partial(of, axis=0)) for op, of in ARGUMENT.items()],
    exact("reduce_argmax", x=np.float32([1, 5, 2]), want=np.int32(1)),
    exact("reduce_argmax", opset=17, x=np.float32([1, 5, 2]), output_dtype="uint16", want=np.uint16(1)),
    exact("reduce_argmin", opset=17, x=np.float32([[1, 5]]), axis=-1, keep_dims=True, output_dtype="int32", want=[[0]]),
]  # fmt: skip

test_cases = suite(CASES)
