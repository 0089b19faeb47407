from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from .harness import Case, case, suite

exact = partial(case, ulps=0)

X = np.arange(60, dtype=np.float32).reshape(3, 4, 5)
WHOLE = X.astype(np.int32)
FACTS = X % 7 > 3


def gather(x: np.ndarray, indices: np.ndarray, **how: Any) -> Case:
    return exact("gather", x=x, indices=indices, **how, want=np.take(x, indices, how.get("axis", 0)))


def along(x: np.ndarray, indices: np.ndarray, **how: Any) -> Case:
    want = np.take_along_axis(x, indices, how.get("axis", 0))
    return exact("gather_along_axis", x=x, indices=indices, **how, want=want)


def nd(x: np.ndarray, indices: np.ndarray, **how: Any) -> Case:
    return exact("gather_nd", x=x, indices=indices, **how, want=x[tuple(np.moveaxis(indices, -1, 0))])


ONE, SOME, TABLE = np.int32(2), np.int32([2, 0, 2]), np.int32([[0, 1], [2, -1]])

EACH = np.int32([[0, 3], [1, 1], [2, -1]])
PICKED = np.take_along_axis(X, EACH[:, :1, None].repeat(4, 1), axis=2)[..., 0]


def each_taken(axis: int) -> np.ndarray:
    return np.stack([np.take(row, places, axis if axis < 0 else axis - 1) for row, places in zip(X, EACH, strict=True)])


CASES = [
    *[gather(x, SOME) for x in (X, WHOLE)],
    gather(FACTS, SOME, differs="not of truth values"),
    *[gather(X, indices, axis=axis) for indices in (ONE, SOME, TABLE) for axis in (0, 1, 2, -1, -3)],
    *[gather(X, indices) for indices in (np.int32(-1), np.int32([-3, -1, 1]), np.int32([[-2], [0]]))],
    gather(X, SOME, const=("indices",)),
    gather(X, SOME, const=("x",)),
    gather(X, np.zeros((0,), np.int32), axis=1),
    gather(np.float32([4, 5, 6]), np.int32(1)),
    *[along(x, WHOLE * 7 % 3) for x in (X, WHOLE)],
    along(X, np.int32([0, 2, -1, 1] * 15).reshape(3, 4, 5), axis=1),
    along(X, np.int32([[[0, -5]]] * 12).reshape(3, 4, 2), axis=-1),
    along(X[0, 0], np.int32([4, 4, 0]), axis=0),
    *[nd(x, np.int32([[0], [2], [-1]])) for x in (X, WHOLE)],
    nd(FACTS, np.int32([[0], [2], [-1]]), differs="not of truth values"),
    nd(X, np.int32([[0, 1], [2, 3]])),
    nd(X, np.int32([[0, 1, 2], [2, -1, -5]])),
    nd(X, np.int32([[[0, 1], [1, 2]], [[2, 3], [0, 0]]])),
    nd(X, np.int32([2, 1, 3])),
    nd(X, np.int32([1])),
    exact("gather", opset=16, x=X, indices=EACH, axis=1, batch_dims=1, want=each_taken(1)),
    exact("gather", opset=16, x=X, indices=EACH, axis=-1, batch_dims=1, want=each_taken(-1), differs="takes axis 1"),
    exact("gather_nd", opset=16, x=X, indices=EACH[..., None], batch_dims=1, want=each_taken(1)),
    exact("gather_nd", opset=16, x=X, indices=EACH[:, :1, None].repeat(4, 1), batch_dims=2, want=PICKED),
    gather(X, SOME, opset=17, axis=0, batch_dims=0, validate_indices=True),
    along(X, WHOLE % 3, opset=17, validate_indices=True),
    nd(X, np.int32([[0, 1]]), opset=17, batch_dims=0, validate_indices=False),
    nd(X, np.int32([[0, 1]]), opset=17, validate_indices=True, differs="holds an index against the whole shape"),
]

test_cases = suite(CASES)
