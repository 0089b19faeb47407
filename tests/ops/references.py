"""Operations that are more than a formula by their definitions, in NumPy: slow, plain and of no engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Pads = Sequence[tuple[int, int]]
Sizes = Sequence[int]


def convolved(pads: Pads, strides: Sizes = (), dilations: Sizes = (), groups: int = 1) -> Callable[..., np.ndarray]:
    """Convolution with the padding written out, (before, after) for each axis."""

    def of(x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None) -> np.ndarray:
        steps, widths = strides or [1] * len(pads), dilations or [1] * len(pads)
        padded = np.pad(x, [(0, 0), (0, 0), *pads])
        reach = [(k - 1) * wide + 1 for k, wide in zip(weight.shape[2:], widths, strict=True)]
        sizes = [(n - r) // s + 1 for n, r, s in zip(padded.shape[2:], reach, steps, strict=True)]
        split = padded.reshape(len(x), groups, -1, *padded.shape[2:])
        kernels = weight.reshape(groups, -1, *weight.shape[1:])
        total = np.zeros((len(x), groups, kernels.shape[1], *sizes))
        for place in np.ndindex(*weight.shape[2:]):
            seen = tuple(
                slice(p * wide, p * wide + (size - 1) * step + 1, step)
                for p, wide, size, step in zip(place, widths, sizes, steps, strict=True)
            )
            total += np.einsum("ngi...,goi->ngo...", split[(..., *seen)], kernels[(..., *place)])
        result = total.reshape(len(x), -1, *sizes)
        return result if bias is None else result + bias.reshape(-1, *[1] * len(pads))

    return of


def spread(cuts: Pads, strides: Sizes = (), dilations: Sizes = (), groups: int = 1) -> Callable[..., np.ndarray]:
    """Transposed convolution: every element lays its kernel down; `cuts` is what falls off on both sides."""

    def of(x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None) -> np.ndarray:
        steps, widths = strides or [1] * len(cuts), dilations or [1] * len(cuts)
        sizes = [
            (n - 1) * step + (k - 1) * wide + 1
            for n, k, step, wide in zip(x.shape[2:], weight.shape[2:], steps, widths, strict=True)
        ]
        split = x.reshape(len(x), groups, -1, *x.shape[2:])
        kernels = weight.reshape(groups, -1, *weight.shape[1:])
        total = np.zeros((len(x), groups, weight.shape[1], *sizes))
        for place in np.ndindex(*weight.shape[2:]):
            touched = tuple(
                slice(p * wide, p * wide + (n - 1) * step + 1, step)
                for p, wide, n, step in zip(place, widths, x.shape[2:], steps, strict=True)
            )
            total[(..., *touched)] += np.einsum("ngi...,gio->ngo...", split, kernels[(..., *place)])
        result = total.reshape(len(x), -1, *sizes)
        for axis, (before, after) in enumerate(cuts, start=2):
            result = np.take(result, range(before, min(result.shape[axis], result.shape[axis] - after)), axis)
            result = np.pad(result, [(0, max(0, -after)) if a == axis else (0, 0) for a in range(result.ndim)])
        return result if bias is None else result + bias.reshape(-1, *[1] * len(cuts))

    return of


def largest(values: np.ndarray, counted: int) -> Any:
    return values.max(axis=-1, initial=-np.inf)


def mean(values: np.ndarray, counted: int) -> Any:
    """Padding counts as zeros."""
    return values.sum(axis=-1) / max(counted, 1)


def mean_of_present(values: np.ndarray, counted: int) -> Any:
    return values.sum(axis=-1) / max(values.shape[-1], 1)


def norm(values: np.ndarray, counted: int) -> Any:
    return np.sqrt(np.square(values).sum(axis=-1))


def pooled(
    reduce: Callable[[np.ndarray, int], Any], kernel: Sizes, sizes: Sizes, pads: Pads, strides: Sizes = ()
) -> Callable[[np.ndarray], np.ndarray]:
    """Pooling to `sizes`; what a window has beyond the padding does not count."""

    def of(x: np.ndarray) -> np.ndarray:
        result = np.empty((*x.shape[:2], *sizes))
        for place in np.ndindex(*sizes):
            spans, counted = [], 1
            axes = zip(place, strides or [1] * len(kernel), kernel, pads, x.shape[2:], strict=True)
            for p, step, k, (before, after), size in axes:
                start = p * step - before
                spans.append(slice(max(0, start), max(0, start + k)))
                counted *= max(0, min(start + k, size + after) - start)
            result[(..., *place)] = reduce(x[(..., *spans)].reshape(*x.shape[:2], -1), counted)
        return result

    return of


def grid(mode: str, first: float, last: float, count: int) -> np.ndarray:
    """Where a mode of sampling looks between two places: by the start and the spacing that define it."""
    size, points = last - first + 1, np.arange(count)
    start, spacing = 0.0, 0.0
    if mode in ("STRICT_ALIGN_CORNERS", "ALIGN_CORNERS") and count > 1:
        spacing = (size - 1) / (count - 1)
    elif mode == "ALIGN_CORNERS":
        start = (size - 1) / 2
    elif mode == "DEFAULT" and count > 1:
        spacing = (size - size / count) / (count - 1)
    elif mode == "OFFSET_CORNERS":
        spacing = max(1, size - 1) / count
        start = spacing / 2
    elif mode == "UNALIGN_CORNERS":
        spacing = size / count
        start = spacing / 2 - 0.5
    return first + np.clip(start + points * spacing, min(0, size - 1), max(0, size - 1))


def between(x: np.ndarray, axis: int, points: np.ndarray) -> np.ndarray:
    """The values at fractional points of an axis."""
    along = np.apply_along_axis(lambda line: np.interp(points, np.arange(len(line)), line), axis, x)
    return along.astype(np.float64)


def resized(*sizes: int, mode: str = "DEFAULT") -> Callable[..., np.ndarray]:
    """The last axes in other sizes, interpolated."""

    def of(x: np.ndarray, *_: Any) -> np.ndarray:
        for axis, size in zip(range(-len(sizes), 0), sizes, strict=True):
            x = between(x, axis, grid(mode, 0, x.shape[axis] - 1, size))
        return x

    return of


def box(image: np.ndarray, corners: Sequence[float], size: tuple[int, int], mode: str, pad: float = 0.0) -> np.ndarray:
    """One box of an image [c, h, w], from its first row and column to its last, resized."""
    top, left, bottom, right = (float(corner) for corner in corners)
    rows, columns = grid(mode, top, bottom, size[0]), grid(mode, left, right, size[1])
    cut = between(between(image, 1, rows), 2, columns)
    inside = (rows >= 0) & (rows <= image.shape[1] - 1), (columns >= 0) & (columns <= image.shape[2] - 1)
    return np.where(np.logical_and.outer(*inside), cut, pad)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "hard_sigmoid": lambda x: np.clip(0.2 * x + 0.5, 0, 1),
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "scaled_tanh": np.tanh,
    "sigmoid": sigmoid,
    "tanh": np.tanh,
}


def lstm_steps(
    x: np.ndarray,
    h: np.ndarray,
    c: np.ndarray,
    weight_ih: np.ndarray,
    weight_hh: np.ndarray,
    bias: np.ndarray | float = 0.0,
    peephole: np.ndarray | None = None,
    gate: str = "sigmoid",
    cell: str = "tanh",
    output: str = "tanh",
    clip: float = np.inf,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The hidden states of all steps in the order of x, and the last hidden and cell states."""
    look_i, look_f, look_o = np.zeros((3, 1)) if peephole is None else np.split(peephole, 3)
    states = []
    for step in x:
        i, f, o, z = np.split(step @ weight_ih.T + h @ weight_hh.T + bias, 4, axis=-1)
        kept = ACTIVATIONS[gate](f + look_f * c) * c
        c = np.clip(kept + ACTIVATIONS[gate](i + look_i * c) * ACTIVATIONS[cell](z), -clip, clip)
        h = ACTIVATIONS[gate](o + look_o * c) * ACTIVATIONS[output](c)
        states.append(h)
    return np.stack(states), h, c


def not_suppressed(
    boxes: np.ndarray, scores: np.ndarray, overlap: float, least: float, most: int, per_class: bool = False
) -> tuple[np.ndarray, ...]:
    """Non-maximum suppression by the whole table of overlaps: boxes, scores, indices and counts, filled up."""
    kept = [_kept(b, s, overlap, least, per_class)[:most] for b, s in zip(boxes, scores, strict=True)]
    indices = np.full((len(boxes), most), -1)
    results = [np.zeros((len(x), most, x.shape[-1]), np.float32) for x in (boxes, scores)]
    for i, places in enumerate(kept):
        indices[i, : len(places)] = places
        for result, x in zip(results, (boxes, scores), strict=True):
            result[i, : len(places)] = x[i, places]
    return *results, np.int32(indices), np.int32([len(places) for places in kept])


def _kept(boxes: np.ndarray, scores: np.ndarray, overlap: float, least: float, per_class: bool) -> list[int]:
    best, kind = scores.max(1), scores.argmax(1)
    far = ~(_overlaps(boxes) > overlap) | (per_class & (kind[:, None] != kind))
    order = np.argsort(-best, kind="stable")
    kept: list[int] = []
    for i in order:
        if best[i] >= least and far[i, kept].all():
            kept.append(int(i))
    return kept or [int(order[0])]


def _overlaps(boxes: np.ndarray) -> np.ndarray:
    """The intersection of every two boxes over their union."""
    x, y, w, h = boxes.T[:, :, None]
    across = np.minimum(x + w / 2, (x + w / 2).T) - np.maximum(x - w / 2, (x - w / 2).T)
    down = np.minimum(y + h / 2, (y + h / 2).T) - np.maximum(y - h / 2, (y - h / 2).T)
    shared = across.clip(0) * down.clip(0)
    return shared / (w * h + (w * h).T - shared)


def rnn_steps(
    x: np.ndarray,
    h: np.ndarray,
    weight_ih: np.ndarray,
    weight_hh: np.ndarray,
    bias: np.ndarray | float = 0.0,
    output: str = "tanh",
) -> tuple[np.ndarray, np.ndarray]:
    states = []
    for step in x:
        h = ACTIVATIONS[output](weight_ih @ step.T + weight_hh @ h.T + np.reshape(bias, (-1, 1))).T
        states.append(h)
    return np.stack(states), h


def gru_steps(
    x: np.ndarray,
    h: np.ndarray,
    weight_ih: np.ndarray,
    weight_hh: np.ndarray,
    bias: np.ndarray | None = None,
    input_bias: np.ndarray | None = None,
    gate: str = "sigmoid",
    output: str = "tanh",
    reset_after: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    zeros, states = np.zeros(len(weight_ih)), []
    (w_r, w_o, w_z), (u_r, u_o, u_z) = np.split(weight_ih, 3), np.split(weight_hh, 3)
    a_r, a_o, a_z = np.split(zeros if input_bias is None else input_bias, 3)
    b_r, b_o, b_z = np.split(zeros if bias is None else bias, 3)
    for step in x:
        r = ACTIVATIONS[gate](step @ w_r.T + a_r + h @ u_r.T + b_r)
        z = ACTIVATIONS[gate](step @ w_z.T + a_z + h @ u_z.T + b_z)
        recalled = r * (h @ u_o.T + b_o) if reset_after else (r * h) @ u_o.T + b_o
        h = (1 - z) * ACTIVATIONS[output](step @ w_o.T + a_o + recalled) + z * h
        states.append(h)
    return np.stack(states), h
