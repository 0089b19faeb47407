from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from tensorlogic.mil.types import FP32

from .harness import Case, case, suite
from .references import not_suppressed

exact = partial(case, ulps=0)

X = np.float32([[3, -1, 2, 0], [0, 5, -4, 1], [7, 0, 6, -2]])
WHOLE = X.astype(np.int32)
FACTS = X > 0
KINDS = (X, WHOLE, FACTS)
CUBE = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
MORE = CUBE + 100
EXCLUSIVE = "an exclusive sum fails"
FLOAT_SIZE = "takes an empty product for a float"
LINE = np.float32([1, 2, 3, 4, 5, 6, 7])
NO = np.zeros((0, 4), np.float32)


def padded(x: np.ndarray, pad: list[int], mode: str = "constant", **how: Any) -> list[Case]:
    """Padding by constants, and where there is a pair for every axis, by computed amounts."""
    pairs = [(0, 0)] * (x.ndim - len(pad) // 2) + list(zip(pad[::2], pad[1::2], strict=True))
    filler = {"constant_values": how["constant_val"]} if "constant_val" in how else {}
    want = np.pad(x, pairs, "edge" if mode == "replicate" else mode, **filler)
    fixed = exact("pad", x=x, pad=pad, mode=mode, **how, want=want)
    moving = exact("pad", x=x, pad=np.int32(pad), mode=mode, **how, want=want, dynamic=True)
    return [fixed, moving] if len(pad) == 2 * x.ndim else [fixed]


def interleaved(*values: np.ndarray, **how: Any) -> Case:
    return exact("concat", values=values, interleave=True, **how, differs="the values are not interleaved")


def sums(x: np.ndarray, axis: int = 0, exclusive: bool = False, reverse: bool = False) -> np.ndarray:
    x = np.flip(x, axis) if reverse else x
    result = np.cumsum(x, axis, dtype=x.dtype)
    if exclusive:
        result = np.roll(result, 1, axis)
        np.moveaxis(result, axis, 0)[0] = 0
    return np.flip(result, axis) if reverse else result


def running(x: np.ndarray, **how: Any) -> Case:
    return case("cumsum", x=x, **how, want=partial(sums, **how), differs=EXCLUSIVE if "exclusive" in how else "")


def order(x: np.ndarray, axis: int = -1, ascending: bool = False) -> np.ndarray:
    return np.argsort(x if ascending else -x, axis, kind="stable").astype(np.int32)


def ordered(x: np.ndarray, **how: Any) -> Case:
    return exact("argsort", x=x, **how, want=partial(order, **how))


def top(x: np.ndarray, **how: Any) -> Case:
    def want(x: np.ndarray, k: int = 1, axis: int = -1, ascending: bool = False) -> tuple[np.ndarray, np.ndarray]:
        indices = np.take(order(x, axis, ascending), range(k), axis)
        return np.take_along_axis(x, indices, axis), indices

    return exact("topk", x=x, **how, want=partial(want, **how))


def band(x: np.ndarray, lower: int = -1, upper: int = -1) -> np.ndarray:
    row, column = np.ogrid[: x.shape[-2], : x.shape[-1]]
    inside = ((lower < 0) | (row - column <= lower)) & ((upper < 0) | (column - row <= upper))
    return np.where(inside, x, np.zeros_like(x))


def banded(x: np.ndarray, lower: int = -1, upper: int = -1, **how: Any) -> Case:
    return exact("band_part", x=x, lower=lower, upper=upper, **how, want=partial(band, lower=lower, upper=upper))


def flattened(axis: int, rows: int, **how: Any) -> Case:
    return exact("flatten2d", x=CUBE, axis=axis, want=CUBE.reshape(rows, -1), **how)


HOT = np.int32([2, 0, -1, 5])
HOT_ROWS = np.int32([[0, 0, 1], [1, 0, 0], [0, 0, 0], [0, 0, 0]])


def hot(indices: np.ndarray = HOT, size: Any = 3, **how: Any) -> Case:
    return exact("one_hot", indices=indices, one_hot_vector_size=size, **how)


DISTINCT = np.random.default_rng(7).permutation(24).reshape(2, 3, 4).astype(np.float32)
FAR = np.float32([1e8, 1, 0])
TIES = np.float32([1, 3, 3, 0, 1])

LEAST = np.float32([3, 1, 4])
MOST = (np.float32([4, 3, 1]), np.uint16([2, 0, 1]))
LEAST_TWO = (np.float32([1, 3]), np.int32([1, 0]))


def typed(kind: type, by: type = np.int32, **how: Any) -> Case:
    """The two largest of small whole numbers, which are the same in any type."""
    indices = np.int32([[1, 0], [2, 0]])
    want = np.array([[3, 2], [6, 5]], kind), indices
    return exact("topk", opset=17, x=np.array([[2, 3, 1], [5, 4, 6]], kind), k=by(2), axis=1, **how, want=want)


# Boxes of area 4: each of the first three overlaps the next by a third, and the last is apart.
ROW = np.float32([[0, 0, 2, 2], [1, 0, 2, 2], [2, 0, 2, 2], [9, 9, 2, 2]])
SCORES = np.float32([[0.75, 0.25], [0.125, 0.625], [0.5, 0], [0.0625, 0.03125]])


def chosen(*places: int, most: int = 3) -> tuple[np.ndarray, ...]:
    """The results when these boxes of the row are taken."""
    boxes, scores, indices = np.zeros((1, most, 4)), np.zeros((1, most, 2)), np.full((1, most), -1, np.int32)
    for result, x in ((boxes, ROW), (scores, SCORES), (indices, np.arange(4))):
        result[0, : len(places)] = x[list(places)]
    return np.float32(boxes), np.float32(scores), indices, np.int32([len(places)])


def suppressed(want: tuple[np.ndarray, ...], *data: np.ndarray, **limits: Any) -> Case:
    boxes, scores = data or (ROW[None], SCORES[None])
    return exact("non_maximum_suppression", boxes=boxes, scores=scores, **limits, want=want)


def for_any_score(want: tuple[np.ndarray, ...], *data: np.ndarray, **limits: Any) -> list[Case]:
    """As iOS 15 has it, and as iOS 17 does: with the boxes along the last axis, and without counting them."""
    boxes, scores, indices, _ = want
    turned = [np.ascontiguousarray(x.swapaxes(1, 2)) for x in (*(data or (ROW[None], SCORES[None])), boxes, scores)]
    return [
        suppressed(want, *data, score_threshold=-9.0, **limits),
        suppressed((*turned[2:], indices), *turned[:2], opset=17, **limits),
    ]


# Numbers that float16 holds: corners on a grid of quarters, and no two scores the same.
RANDOM = np.random.default_rng(11)
CROWD = (RANDOM.integers(1, 40, (2, 30, 4)) / 4).astype(np.float32)
CROWD_SCORES = (RANDOM.permutation(180).reshape(2, 30, 3) / 64 - 1).astype(np.float32)


def crowd(iou: float, least: float, most: int, per_class: bool) -> tuple[np.ndarray, ...]:
    return not_suppressed(CROWD, CROWD_SCORES, iou, least, most, per_class)


SUPPRESSED = [
    *for_any_score(chosen(0, 2, 3), iou_threshold=0.25, max_boxes=3),
    *for_any_score(chosen(0, 2, 3, most=5), iou_threshold=0.25, max_boxes=5, per_class_suppression=False),
    *for_any_score(chosen(0, 1, 2), iou_threshold=0.5, max_boxes=3),
    *for_any_score(chosen(0, most=1), iou_threshold=0.25, max_boxes=1),
    *for_any_score(chosen(0, 1, 2, 3, most=4), iou_threshold=0.25, max_boxes=4, per_class_suppression=True),
    suppressed(chosen(0, 2), iou_threshold=0.25, score_threshold=0.5, max_boxes=3),
    suppressed(chosen(0, 1), iou_threshold=0.25, score_threshold=0.625, max_boxes=3, per_class_suppression=True),
    # The best box is taken even when its score is too low.
    suppressed(chosen(0), iou_threshold=0.25, score_threshold=1.0, max_boxes=3),
    # Without an area nothing overlaps, and of equal scores the first comes first.
    *for_any_score(
        (np.float32([[[1, 1, 0, 0], [1, 1, 0, 0]]]), np.float32([[[2], [2]]]), np.int32([[0, 1]]), np.int32([2])),
        np.float32([[[1, 1, 0, 0]] * 3]), np.float32([[[2]] * 3]), iou_threshold=0.0, max_boxes=2,
    ),
    *[
        each
        for iou in (0.0, 0.25, 0.5)
        for one in (False, True)
        for each in (
            *for_any_score(crowd(iou, -9, 20, one), CROWD, CROWD_SCORES, iou_threshold=iou, max_boxes=20,
                           per_class_suppression=one),
            suppressed(crowd(iou, 0.25, 40, one), CROWD, CROWD_SCORES, iou_threshold=iou, score_threshold=0.25,
                       max_boxes=40, per_class_suppression=one),
        )
    ],
]  # fmt: skip

CASES = [
    *SUPPRESSED,
    *[typed(kind, k) for kind in (np.int8, np.int16, np.int32, np.uint8, np.uint16) for k in (np.int8, np.int16)],
    typed(np.float32),
    exact("topk", opset=17, x=np.int8([-128, 127, 5]), k=3, ascending=True, sort=False, return_indices=False,
          want=np.int8([-128, 5, 127])),
    exact("topk", opset=17, x=np.uint16([7, 65535, 9]), k=2, want=(np.uint16([65535, 9]), np.int32([1, 2]))),
    *[exact("fill_like", opset=16, ref_tensor=x, value=2.5, want=np.full((3, 4), 2.5, np.float32)) for x in KINDS],
    exact("fill_like", opset=16, ref_tensor=X, value=7, want=np.full((3, 4), 7, np.int32)),
    exact("fill_like", opset=16, ref_tensor=CUBE, value=True, want=np.ones((2, 3, 4), np.bool_)),
    exact("fill_like", opset=16, ref_tensor=NO, want=NO, floats=(FP32,)),
    exact("fill_like", opset=16, ref_tensor=WHOLE, want=np.zeros((3, 4), np.float32), floats=(FP32,)),
    *[exact("identity", x=x, want=x) for x in (*KINDS, np.float32(2), NO, np.float32([np.nan, -0.0, np.inf]))],
    *[exact("shape", x=x, want=np.int32([3, 4])) for x in KINDS],
    exact("shape", x=NO, want=np.int32([0, 4])),
    exact("shape", x=np.float32(1), want=np.zeros(0, np.int32)),
    *[exact("concat", values=(x, x[:1]), axis=0, want=np.concatenate([x, x[:1]])) for x in KINDS],
    exact("concat", values=(CUBE, MORE, CUBE), axis=-1, want=np.concatenate([CUBE, MORE, CUBE], -1)),
    exact("concat", values=(CUBE, CUBE[:, :0]), axis=1, want=CUBE),
    exact("concat", values=(CUBE,), axis=2, want=CUBE),
    exact("concat", values=(np.int32(3), np.int32(5)), axis=0, want=np.int32([3, 5])),
    exact("concat", values=(X, MORE[0, :1]), axis=0, const=("values",), want=np.concatenate([X, MORE[0, :1]])),
    interleaved(X, -X, axis=0, want=np.stack([X, -X], 1).reshape(6, 4)),
    interleaved(CUBE, MORE, -CUBE, axis=1, want=np.stack([CUBE, MORE, -CUBE], 2).reshape(2, 9, 4)),
    interleaved(CUBE, MORE, axis=-1, want=np.stack([CUBE, MORE], 3).reshape(2, 3, 8)),
    *[exact("stack", values=(x, x), axis=0, want=np.stack([x, x])) for x in KINDS],
    *[exact("stack", values=(X, -X, X), axis=axis, want=np.stack([X, -X, X], axis)) for axis in (1, 2, -1)],
    exact("stack", values=(np.float32(1), np.float32(2)), axis=0, want=np.float32([1, 2])),
    *[exact("split", x=x, axis=1, num_splits=2, want=(x[:, :2], x[:, 2:])) for x in KINDS],
    exact("split", x=CUBE, axis=-2, num_splits=3, want=(CUBE[:, :1], CUBE[:, 1:2], CUBE[:, 2:])),
    exact("split", x=CUBE, axis=0, num_splits=1, want=CUBE),
    exact("split", x=CUBE, axis=-1, split_sizes=[1, 3], want=(CUBE[..., :1], CUBE[..., 1:])),
    exact("split", x=LINE, axis=0, num_splits=3, split_sizes=[2, 1, 4], want=(LINE[:2], LINE[2:3], LINE[3:])),
    *padded(X, [1, 2, 3, 0]),
    *padded(X, [0, 1, 2, 0], constant_val=-1.5),
    *padded(X, [0, 0, 0, 0]),
    *padded(CUBE, [1, 2], constant_val=7.0),
    *padded(CUBE, [1, 0, 0, 2]),
    *padded(CUBE, [1, 0, 0, 2, 3, 1]),
    *padded(X, [2, 1, 3, 0], "reflect"),
    *padded(CUBE, [2, 2, 1, 3], "reflect"),
    *padded(X, [3, 1, 0, 4], "replicate"),
    *padded(CUBE, [1, 2], "replicate"),
    exact("pad", x=LINE[:2], pad=[1, 1], constant_val=-np.inf, want=np.float32([-np.inf, 1, 2, -np.inf])),
    *[exact("tile", x=x, reps=[2, 3], want=np.tile(x, (2, 3))) for x in KINDS],
    exact("tile", x=CUBE, reps=np.int32([1, 2, 1]), dynamic=True, want=np.tile(CUBE, (1, 2, 1))),
    exact("fill", shape=[2, 3], value=1.5, want=np.full((2, 3), 1.5, np.float32)),
    exact("fill", shape=[2, 3], value=7, want=np.full((2, 3), 7, np.int32)),
    exact("fill", shape=[2], value=True, want=np.bool_([True, True])),
    exact("fill", shape=np.int32([1, 4]), value=1.5, dynamic=True, want=np.full((1, 4), 1.5, np.float32)),
    exact("fill", shape=[2, 3], want=np.zeros((2, 3), np.float32), floats=(FP32,)),
    exact("range_1d", end=np.int32(7), start=np.int32(1), step=np.int32(2), dynamic=True, want=np.int32([1, 3, 5])),
    exact("range_1d", end=-3, start=3, step=-2, want=np.int32([3, 1, -1])),
    exact("range_1d", end=0, start=3, step=1, want=np.zeros(0, np.int32), differs="an empty result"),
    case("range_1d", end=2.0, start=0.5, step=0.25, want=np.arange(0.5, 2, 0.25, np.float32)),
    case("range_1d", end=2.125, start=0.5, step=0.25, want=np.arange(0.5, 2.125, 0.25, np.float32)),
    exact("range_1d", end=LINE[3], start=LINE[1], step=np.float32(0.5), dynamic=True, want=np.arange(2, 4, 0.5)),
    # Numbers beyond those that float16 counts by ones.
    exact("range_1d", end=np.float32(3008), start=np.float32(1), step=np.float32(1), dynamic=True,
          want=np.arange(1, 3008, dtype=np.float32)),
    exact("range_1d", end=1 << 24, start=(1 << 24) - 3, step=1, want=(1 << 24) - np.int32([3, 2, 1])),
    exact("range_1d", end=np.int32(5), start=np.int32(2), step=np.int32(-1), dynamic=True, want=np.zeros(0, np.int32),
          differs="an empty result"),
    # An index outside leaves its vector without a hot place.
    hot(want=HOT_ROWS),
    hot(axis=0, want=HOT_ROWS.T),
    hot(axis=-2, on_value=2.5, off_value=-1.0, want=np.where(HOT_ROWS.T > 0, np.float32(2.5), np.float32(-1))),
    hot(on_value=True, off_value=False, want=HOT_ROWS > 0),
    hot(on_value=5, off_value=1, want=1 + 4 * HOT_ROWS),
    hot(size=np.int32(3), dynamic=True, want=HOT_ROWS),
    hot(np.stack([HOT, HOT]), axis=1, want=np.stack([HOT_ROWS.T, HOT_ROWS.T])),
    hot(np.int32(1), want=np.int32([0, 1, 0])),
    *[running(x) for x in (X, WHOLE, CUBE)],
    *[running(CUBE, axis=axis) for axis in (1, -1)],
    *[running(x, axis=1, exclusive=True) for x in (CUBE, WHOLE)],
    *[running(x, axis=1, reverse=True) for x in (CUBE, WHOLE)],
    running(CUBE, axis=2, exclusive=True, reverse=True),
    case("cumsum", x=NO, exclusive=True, differs=EXCLUSIVE, want=NO),
    case("cumsum", x=np.float32([1, np.inf, 2]), exclusive=True, differs=EXCLUSIVE, want=np.float32([0, 1, np.inf])),
    case("cumsum", x=FAR, exclusive=True, floats=(FP32,), differs=EXCLUSIVE, want=np.float32([0, 1e8, 1e8])),
    *[ordered(x) for x in (DISTINCT, DISTINCT.astype(np.int32))],
    *[ordered(DISTINCT, axis=axis, ascending=up) for axis in (0, 1, -1) for up in (False, True)],
    # Equal values keep their order, which the format leaves open.
    *[ordered(TIES, ascending=up) for up in (False, True)],
    *[top(x) for x in (DISTINCT, DISTINCT.astype(np.int32))],
    *[top(DISTINCT, k=2, axis=axis, ascending=up) for axis in (0, 1, -1) for up in (False, True)],
    top(DISTINCT, k=4),
    top(TIES, k=3),
    exact("topk", opset=16, x=LEAST, k=2, axis=0, ascending=True, sort=True, return_indices=True, want=LEAST_TWO),
    exact("topk", opset=16, x=LEAST, k=2, ascending=True, sort=False, return_indices=False, want=LEAST_TWO[0]),
    exact("topk", opset=17, x=LEAST, k=-1, output_indices_dtype="uint16", want=MOST, differs="infers a size of -1"),
    *[exact("band_part", x=x, want=x) for x in KINDS],
    *[banded(CUBE, lower=lower, upper=upper) for lower, upper in [(0, -1), (-1, 0), (0, 0), (1, 2), (5, 0), (1, -1)]],
    *[banded(x, lower=0, upper=1) for x in KINDS],
    banded(np.float32([[1, np.nan], [np.inf, 1]]), lower=0, upper=0, differs="multiplies by 0"),
    *[exact("non_zero", x=x, dynamic=True, want=np.int32(np.argwhere(x))) for x in KINDS],
    exact("non_zero", x=CUBE % 5, dynamic=True, want=np.int32(np.argwhere(CUBE % 5))),
    exact("non_zero", x=np.zeros(3, np.float32), dynamic=True, want=np.zeros((0, 1), np.int32)),
    *[exact("flatten2d", x=x, want=x) for x in KINDS],
    *[flattened(axis, rows) for axis, rows in [(1, 2), (2, 6), (-1, 6), (-2, 2)]],
    *[flattened(axis, rows, differs=FLOAT_SIZE) for axis, rows in [(0, 1), (3, 24), (-3, 1)]],
    exact("flatten2d", x=LINE, axis=-1, want=LINE[None], differs=FLOAT_SIZE),
    exact("flatten2d", x=LINE, want=LINE[:, None], differs=FLOAT_SIZE),
]  # fmt: skip

test_cases = suite(CASES)
