from __future__ import annotations

from collections.abc import Callable
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


MERGES: dict[str, Callable[[Any, Any], Any]] = {
    "update": lambda old, new: new, "add": np.add, "sub": np.subtract, "mul": np.multiply,
    "div": lambda old, new: np.trunc(old / new) if old.dtype.kind == "i" else old / new,
    "max": np.maximum, "min": np.minimum,
}  # fmt: skip


def scattered(x: np.ndarray, places: np.ndarray, new: np.ndarray, **how: Any) -> Case:
    axis = how.get("axis", 0) % x.ndim
    before = (slice(None),) * axis
    pairs = [((*before, places[at]), new[(*before, *at)]) for at in np.ndindex(places.shape)]
    return put("scatter", pairs, x, places, new, **how)


def scattered_along(x: np.ndarray, places: np.ndarray, new: np.ndarray, **how: Any) -> Case:
    axis = how.get("axis", 0) % x.ndim
    pairs = [((*at[:axis], places[at], *at[axis + 1 :]), new[at]) for at in np.ndindex(places.shape)]
    return put("scatter_along_axis", pairs, x, places, new, **how)


def scattered_nd(x: np.ndarray, places: np.ndarray, new: np.ndarray, **how: Any) -> Case:
    pairs = [(tuple(places[at]), new[at]) for at in np.ndindex(places.shape[:-1])]
    return put("scatter_nd", pairs, x, places, new, **how)


def put(op: str, pairs: list[Any], x: np.ndarray, places: np.ndarray, new: np.ndarray, **how: Any) -> Case:
    """One value after another at its place, unless an open case says that the place is left out."""
    want = x.copy()
    for place, value in pairs:
        if not (how.get("opset") == 17 and _is_outside(place, x.shape)):
            want[place] = MERGES[how.get("mode", "add")](want[place], value)
    return exact(op, data=x, indices=places, updates=new, **how, want=want)


def _is_outside(place: tuple[Any, ...], sizes: tuple[int, ...]) -> bool:
    return any(not isinstance(at, slice) and not 0 <= at < size for at, size in zip(place, sizes, strict=False))


# Powers of two: every product and quotient is exact, in float16 too.
OLD = np.float32([[1, 2, 4], [8, 16, 32], [64, -4, -2], [2, 1, 8]])
NEW = np.float32([[2, 4, -8], [4, 2, 1], [-2, 1, 4], [1, 8, 2], [2, 2, -4]])
TWICE = np.int32([1, 3, 1, 0, 1])
EACH_OF = np.int32([[1, 3, 0], [1, 0, 0], [2, 3, 0], [1, 1, 2], [3, 0, 0]])
CORNERS = np.int32([[1, 2], [0, 0], [1, 2], [-1, -3], [1, -1]])
KINDS = [(mode, kind) for mode in MERGES for kind in (np.float32, np.int32)]
IGNORES = "works values out as if the mode were update"
ALONG = {mode: {"mode": mode, "differs": "" if mode == "update" else IGNORES} for mode in MERGES}

SCATTERS = [
    scattered(OLD, np.int32([1, 0]), NEW[:2]),
    scattered_along(OLD, EACH_OF[:1], NEW[:1], differs=IGNORES),
    scattered_nd(OLD, np.int32([[1, 0], [0, 2]]), np.float32([5, 10])),
    *[scattered(OLD.astype(kind), TWICE, NEW.astype(kind), mode=mode) for mode, kind in KINDS],
    *[scattered_along(OLD.astype(kind), EACH_OF, NEW.astype(kind), **ALONG[mode]) for mode, kind in KINDS],
    *[scattered_nd(OLD.astype(kind), CORNERS, NEW[:, 0].astype(kind), mode=mode) for mode, kind in KINDS],
    *[scattered(OLD, np.int32([2, 0]), NEW[:4, :2], axis=axis, mode="update") for axis in (1, -1)],
    scattered(OLD, np.int32([-1, -4, 0]), NEW[:3]),
    scattered(OLD, np.int32([[0, 1], [1, 3]]), NEW[[[0, 1], [2, 3]]]),
    scattered(OLD, np.int32([[0, 1]]), NEW[:4, None, :2], axis=1),
    scattered(OLD, np.int32(2), NEW[0]),
    scattered(OLD, TWICE[:0], NEW[:0]),
    scattered(OLD[0], np.int32([2, 2]), np.float32([1, 2])),
    scattered(X, np.int32([4, 0]), -X[..., :2], axis=-1, mode="min"),
    *[scattered_along(OLD, EACH_OF[:4] % 3 - 1, NEW[:4], axis=axis, **ALONG["max"]) for axis in (1, -1)],
    scattered_along(X, np.int32([[[0, -5]]] * 12).reshape(3, 4, 2), -X[..., :2], axis=2, mode="update"),
    scattered_along(OLD, EACH_OF[:0], NEW[:0]),
    scattered_along(OLD[:, 0], np.int32([3, 3, -4]), np.float32([1, 2, 4]), mode="update"),
    scattered_nd(OLD, np.int32([[1], [1], [-1]]), NEW[:3], mode="mul"),
    scattered_nd(X, np.int32([[[0, 1], [1, 2]], [[2, 3], [0, 1]]]), -X[:2, :2]),
    scattered_nd(OLD, CORNERS[:0], NEW[:0, 0]),
    scattered_nd(OLD, np.int32([2, 1]), np.float32(9), mode="update"),
    scattered(OLD, TWICE, NEW, opset=17, axis=0, mode="sub", validate_indices=True),
    scattered_along(OLD, EACH_OF, NEW, opset=17, axis=0, mode="update", validate_indices=True),
    scattered_nd(OLD, CORNERS[:3], NEW[:3, 0], opset=17, mode="add", validate_indices=True),
    # Of an index outside, iOS 17 promises only that nothing else is written.
    scattered(OLD, np.int32([-1, 1, 4]), NEW[:3], opset=17, validate_indices=False),
    scattered_along(OLD, np.int32([[0, 4, -1]]), NEW[:1], opset=17, mode="update",
                    differs="takes negative indices from the end, and fails beyond it"),
    scattered_nd(OLD, np.int32([[0, 3], [-1, 0], [1, 1]]), NEW[:3, 0], opset=17),
]  # fmt: skip

SMALL = np.arange(12).reshape(3, 4)
NONE = np.zeros((0, 2, 5), np.float32)
TYPES = (np.int8, np.uint8, np.int16, np.uint16)

CASES = [
    *SCATTERS,
    *[gather(SMALL.astype(of), ONE.astype(by), opset=17) for of in TYPES for by in TYPES],
    *[gather(SMALL.astype(of), SOME.astype(by), opset=17, axis=1) for of in TYPES for by in TYPES],
    *[along(SMALL.astype(of), (SMALL % 3).astype(by), opset=17) for of in TYPES for by in TYPES],
    *[nd(SMALL.astype(of), np.array([[0, 1], [2, 3]], by), opset=17) for of in TYPES for by in TYPES],
    *[gather(SMALL.astype(np.int32), SOME.astype(by), opset=16) for by in (np.int16, np.uint16)],
    *[along(SMALL.astype(np.int32), (SMALL % 3).astype(by), opset=16) for by in (np.int16, np.uint16)],
    *[nd(SMALL.astype(np.int32), np.array([[2]], by), opset=16) for by in (np.int16, np.uint16)],
    *[gather(SMALL.astype(of), SOME, opset=17, axis=1, batch_dims=0) for of in TYPES],
    along(X, np.zeros((3, 0, 5), np.int32), axis=1),
    nd(X, np.zeros((0, 2), np.int32)),
    exact("gather", opset=16, x=X[:0], indices=EACH[:0], axis=1, batch_dims=1, want=NONE, differs="fails on no rows"),
    exact("gather", opset=16, x=X, indices=EACH[:, :0], axis=1, batch_dims=1, want=np.zeros((3, 0, 5), np.float32)),
    exact("gather", opset=16, x=X, indices=EACH[:, 0], axis=2, batch_dims=1, want=PICKED),
    exact("gather", opset=16, x=X, indices=WHOLE[..., :2] % 5, axis=2, batch_dims=2,
          want=np.take_along_axis(X, WHOLE[..., :2] % 5, 2)),
    exact("gather", opset=17, x=SMALL.astype(np.uint16), indices=np.uint8(SMALL[:, :2] % 4), axis=1, batch_dims=1,
          want=np.take_along_axis(SMALL.astype(np.uint16), SMALL[:, :2] % 4, 1)),
    exact("gather_nd", opset=16, x=X[:0], indices=EACH[:0, :, None], batch_dims=1, want=NONE),
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
]  # fmt: skip

test_cases = suite(CASES)
