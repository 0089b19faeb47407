from __future__ import annotations

from functools import partial

import numpy as np

from .harness import case, suite

elementwise = partial(case, ulps=2)
exact = partial(case, ulps=0)

X = np.float32([[-3.5, -1.25, 0.75], [2.0, 5.5, -7.0]])
Y = np.float32([[0.5, -2.0, 1.5], [3.0, -1.25, 2.5]])
ROW = np.float32([2.0, -0.5, 4.0])
COLUMN = np.float32([[0.25], [-8.0]])
ONE = np.float32(1.5)
I = np.int32([[-7, -3, 0], [1, 8, 2147483646]])  # noqa: E741
J = np.int32([[2, -2, 5], [3, -3, 1]])
P = np.bool_([False, False, True, True])
Q = np.bool_([False, True, False, True])
NAN = np.float32([np.nan, 1.0, np.nan, np.inf])
NUMBER = np.float32([1.0, np.nan, np.nan, -np.inf])

ARITHMETIC = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "real_div": np.divide}
CHOICE = {"maximum": np.maximum, "minimum": np.minimum}
COMPARISON = {
    "equal": np.equal,
    "greater": np.greater,
    "greater_equal": np.greater_equal,
    "less": np.less,
    "less_equal": np.less_equal,
    "not_equal": np.not_equal,
}
LOGIC = {"logical_and": np.logical_and, "logical_or": np.logical_or, "logical_xor": np.logical_xor}
SHAPES = [(X, Y), (X, ROW), (COLUMN, ROW), (ONE, X), (X, ONE), (ONE, ONE), (X[:, :0], COLUMN)]

CASES = [
    *[elementwise(op, x=x, y=y, want=of) for op, of in {**ARITHMETIC, **CHOICE}.items() for x, y in SHAPES],
    *[exact(op, x=x, y=y, want=of) for op, of in COMPARISON.items() for x, y in [*SHAPES, (X, X), (I, J), (I, I)]],
    *[exact(op, x=NAN, y=NUMBER, want=of) for op, of in {**COMPARISON, **CHOICE}.items()],
    *[exact(op, x=P, y=Q, want=of) for op, of in LOGIC.items()],
    *[exact(op, x=I, y=J, want=of) for op, of in {**ARITHMETIC, **CHOICE}.items() if op != "real_div"],
    elementwise("add", x=NAN, y=NUMBER, want=np.float32([np.nan, np.nan, np.nan, np.nan])),
    elementwise("add", x=X, y=Y, const=("y",), want=np.add),
    exact("real_div", x=np.int32([7, -7, 7, -7]), y=np.int32([2, 2, -2, -2]), want=np.int32([3, -3, -3, 3])),
    elementwise("real_div", x=np.float32([1, -1, 0]), y=np.float32([0, 0, 0]), want=np.divide),
    # Rounded toward negative infinity, and the remainder takes the sign of y.
    exact("floor_div", x=X, y=Y, want=np.floor_divide),
    exact("floor_div", x=I, y=J, want=np.floor_divide),
    exact("floor_div", x=np.float32([6, -6, 1]), y=np.float32([0.1, 0.1, 0]), want=np.floor_divide),
    elementwise("mod", x=X, y=Y, want=np.mod),
    exact("mod", x=I, y=J, want=np.mod),
    exact(
        "mod",
        x=np.float32([5.5, -5.5, 5.5, -5.5]),
        y=np.float32([2, 2, -2, -2]),
        want=np.float32([1.5, 0.5, -0.5, -1.5]),
    ),
    elementwise("pow", x=np.abs(X), y=Y, want=np.power),
    elementwise("pow", x=X, y=np.float32(3), want=np.power),
    elementwise("pow", x=np.float32([-8, 0, 0, 2]), y=np.float32([0.5, 0, -1, np.inf]), want=np.power),
    exact("pow", x=np.int32([-3, 2, 0, 5]), y=np.int32([3, 10, 0, 1]), want=np.int32([-27, 1024, 1, 5])),
]

test_cases = suite(CASES)
