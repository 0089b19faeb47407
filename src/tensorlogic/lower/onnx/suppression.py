"""The best of overlapping boxes."""

from __future__ import annotations

import math

import numpy as np

from tensorlogic.lower.onnx.graph import INT64, Graph, Tensor
from tensorlogic.lower.onnx.registry import implements
from tensorlogic.lower.onnx.sizes import counted, joined, shape_of, size_of
from tensorlogic.mil.ops import tensor_operation as ops
from tensorlogic.mil.types import FP32, INT32

_LOWEST = float(np.finfo(np.float32).min)
"""The score of what is not taken."""


@implements(ops.non_maximum_suppression)
def non_maximum_suppression(
    g: Graph,
    boxes: Tensor,
    scores: Tensor,
    iou_threshold: float,
    score_threshold: float,
    max_boxes: int,
    per_class_suppression: bool,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    if iou_threshold < 0:
        raise NotImplementedError("the threshold for overlaps is negative")
    best = _best(g, scores, score_threshold)
    rivals = _by_class(g, scores, best) if per_class_suppression else g.op("Unsqueeze", best, [1])
    # A score must be above ONNX's threshold, and may be at MIL's.
    least = max(_LOWEST, float(np.nextafter(np.float32(score_threshold), np.float32(-math.inf))))
    limits = [g.constant(limit, FP32) for limit in (min(iou_threshold, 1.0), least)]
    chosen = g.op(
        "NonMaxSuppression", g.cast(boxes, FP32), rivals, [max_boxes], *limits, center_point_box=1, dtype=INT64
    )
    taken, indices = _ranked(g, best, g.op("Gather", chosen, [0, 2], axis=1), max_boxes)
    return (
        _rows(g, boxes, indices),
        _rows(g, scores, indices),
        g.cast(indices, INT32),
        g.op("ReduceSum", g.cast(taken, INT32), [1], keepdims=0),
    )


@implements(ops.non_maximum_suppression_unlimited)
def non_maximum_suppression_unlimited(
    g: Graph, boxes: Tensor, scores: Tensor, iou_threshold: float, max_boxes: int, per_class_suppression: bool
) -> tuple[Tensor, Tensor, Tensor]:
    taken_boxes, taken_scores, indices, _ = non_maximum_suppression(
        g, _turned(g, boxes), _turned(g, scores), iou_threshold, -math.inf, max_boxes, per_class_suppression
    )
    return _turned(g, taken_boxes), _turned(g, taken_scores), indices


def _turned(g: Graph, x: Tensor) -> Tensor:
    shape = None if x.shape is None else (x.shape[0], x.shape[2], x.shape[1])
    return g.op("Transpose", x, perm=[0, 2, 1], shape=shape)  # type: ignore[no-any-return]


def _best(g: Graph, scores: Tensor, threshold: float) -> Tensor:
    """The best score of each box; that of the best box is at the threshold at least."""
    shape = scores.axes[:-1]
    best: Tensor = g.op("ReduceMax", g.cast(scores, FP32), [-1], keepdims=0, shape=shape)
    if threshold < _LOWEST:
        return best
    first = g.op("ArgMax", best, axis=1)
    lifted = g.op("Max", g.op("GatherElements", best, first, axis=1), threshold)
    return g.op("ScatterElements", best, first, lifted, axis=1, shape=shape)  # type: ignore[no-any-return]


def _by_class(g: Graph, scores: Tensor, best: Tensor) -> Tensor:
    """The best scores in the class of each box, [n, classes, b]."""
    classes = g.op("Reshape", counted(g, size_of(g, scores, 2)), [-1, 1])
    own = g.cast(g.op("ArgMax", g.cast(scores, FP32), axis=2, keepdims=0), INT32)
    is_own = g.op("Equal", g.op("Unsqueeze", own, [1]), classes)
    return g.op("Where", is_own, g.op("Unsqueeze", best, [1]), g.constant(_LOWEST, FP32), dtype=FP32)  # type: ignore[no-any-return]


def _ranked(g: Graph, best: Tensor, places: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The first `count` of the boxes at `places`, by their scores: whether there are so many, and their indices.

    The index of none is -1.
    """
    nothing = g.op("Expand", g.constant(_LOWEST, FP32), g.ints(shape_of(g, best)))
    some = g.op("ScatterND", nothing, places, g.op("GatherND", best, places))
    spare = g.op("Expand", g.constant(_LOWEST, FP32), g.ints(joined(g, (size_of(g, best, 0), count))))
    scores, indices = g.op("TopK", g.op("Concat", some, spare, axis=1), [count], outputs=2, axis=1)
    taken = g.op("Greater", scores, _LOWEST)
    return taken, g.op("Where", taken, Tensor(indices.name, INT64), g.constant(-1, INT64), dtype=INT64)


def _rows(g: Graph, x: Tensor, indices: Tensor) -> Tensor:
    """The rows of each of x at its indices; at -1 zeros, which are put after the last row."""
    padded = g.op("Pad", x, [0, 0, 0, 0, 1, 0])
    return g.op("GatherND", padded, g.op("Unsqueeze", indices, [-1]), batch_dims=1)  # type: ignore[no-any-return]
