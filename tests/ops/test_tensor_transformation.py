from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn

from .harness import Case, case, suite

exact = partial(case, ulps=0)

X = np.arange(24, dtype=np.float32).reshape(2, 3, 4) - 5
WHOLE = X.astype(np.int32)
FACTS = X > 3
KINDS = (X, WHOLE, FACTS)
LINE = np.arange(8, dtype=np.float32)
BLOCKS = np.arange(2 * 8 * 2 * 3, dtype=np.float32).reshape(2, 8, 2, 3)
PIXEL = np.float32([9, 5, 1, 3]).reshape(1, 4, 1, 1)
WIDE = np.arange(2 * 2 * 4 * 6, dtype=np.float32).reshape(2, 2, 4, 6)


def cut(want: Any, begin: list[int], end: list[int], x: np.ndarray = X, **how: Any) -> list[Case]:
    """A slice whose bounds are constants, and one whose bounds are computed."""
    bounds = {"begin": np.int32(begin), "end": np.int32(end)}
    return [
        exact("slice_by_index", x=x, begin=begin, end=end, **how, want=want),
        exact("slice_by_index", x=x, **bounds, **how, want=want, dynamic=True),
    ]


def sized(want: np.ndarray, begin: list[int], size: list[int]) -> list[Case]:
    return [
        exact("slice_by_size", x=X, begin=begin, size=size, want=want),
        exact("slice_by_size", x=X, begin=np.int32(begin), size=np.int32(size), want=want, dynamic=True),
    ]


def depth_to_space(x: np.ndarray, b: int) -> np.ndarray:
    """Channel (i * b + j) * c_out + c goes to channel c, at row i and column j of its block."""
    n, c, h, w = x.shape
    result = np.empty((n, c // b**2, h * b, w * b))
    for i, j in np.ndindex(b, b):
        block = i * b + j
        result[:, :, i::b, j::b] = x[:, block * (c // b**2) : (block + 1) * (c // b**2)]
    return result


def space_to_depth(x: np.ndarray, b: int) -> np.ndarray:
    return np.concatenate([x[:, :, i::b, j::b] for i, j in np.ndindex(b, b)], axis=1)


NO, YES = False, True
MIDDLE = [NO, YES, NO]

CASES = [
    *[exact("reshape", x=x, shape=[4, 6], want=x.reshape(4, 6)) for x in KINDS],
    exact("reshape", x=X, shape=[2, -1], want=X.reshape(2, 12)),
    exact("reshape", x=X, shape=[-1], want=X.reshape(24)),
    exact("reshape", x=X, shape=[0, -1, 2], want=X.reshape(2, 6, 2)),
    exact("reshape", x=X, shape=[0, 0, 0], want=X),
    exact("reshape", x=X, shape=[0, 4, 3], want=X.reshape(2, 4, 3)),
    exact("reshape", x=X, shape=np.int32([4, -1]), dynamic=True, want=X.reshape(4, 6)),
    exact("reshape", x=np.float32(3), shape=[1, 1], want=np.float32([[3]])),
    exact("reshape", x=np.float32([3]), shape=np.zeros(0, np.int32), const=("shape",), want=np.float32(3)),
    exact("reshape", x=X[:0], shape=[3, 0], want=np.zeros((3, 0), np.float32), differs="a size of 0"),
    *[exact("expand_dims", x=x, axes=[0], want=x[None]) for x in KINDS],
    exact("expand_dims", x=X, axes=[-1], want=X[..., None]),
    exact("expand_dims", x=X, axes=[1, 3], want=X.reshape(2, 1, 3, 1, 4)),
    exact("expand_dims", x=X, axes=[-1, 0], want=X.reshape(1, 2, 3, 4, 1)),
    exact("expand_dims", x=X, axes=[4, 0, 2], want=X.reshape(1, 2, 1, 3, 1, 4)),
    exact("expand_dims", x=np.float32(2), axes=[0], want=np.float32([2])),
    *[exact("squeeze", x=x[:, :1, :, None], want=x[:, 0]) for x in KINDS],
    exact("squeeze", x=X[:1, :, :1], axes=[0], want=X[0, :, :1]),
    exact("squeeze", x=X[:1, :, :1], axes=[-1, 0], want=X[0, :, 0]),
    # An axis that is longer stays.
    exact("squeeze", x=X[:1], axes=[0, 1], want=X[0], differs="NumPy refuses"),
    exact("squeeze", x=np.float32([[4]]), want=np.float32(4), differs="fails on a scalar result"),
    *[exact("transpose", x=x, perm=[2, 0, 1], want=x.transpose(2, 0, 1)) for x in KINDS],
    exact("transpose", x=X, perm=[-1, -2, -3], want=X.T),
    exact("transpose", x=X, perm=[0, 1, 2], want=X),
    *[exact("reverse", x=x, want=x[::-1, ::-1, ::-1]) for x in KINDS],
    exact("reverse", x=X, axes=[1], want=X[:, ::-1]),
    exact("reverse", x=X, axes=[-1, 0], want=X[::-1, :, ::-1]),
    *[each for x in KINDS for each in cut(x[0:1, 1:3, 1:4], [0, 1, 1], [1, 3, 4], x)],
    *cut(X[:, 1:, :3], [0, -2, -4], [2, 3, -1]),
    *cut(X[:, ::2, 1::3], [0, 0, 1], [2, 3, 4], stride=[1, 2, 3]),
    *cut(X[1:, :, 2:], [1, 1, 2], [2, 3, 4], begin_mask=[NO, YES, NO]),
    *cut(X[:, 1:, 2:], [0, 1, 2], [1, 0, 0], end_mask=[YES, YES, YES]),
    *cut(X, [1, 1, 1], [0, 0, 0], begin_mask=[YES] * 3, end_mask=[YES] * 3),
    *cut(X[1, :, 2], [1, 0, 2], [0, 3, 0], squeeze_mask=[YES, NO, YES]),
    *cut(X[-1, 1:, -2], [-1, 1, -2], [0, 3, 0], squeeze_mask=[YES, NO, YES]),
    *cut(X[1, 2, 3], [1, 2, 3], [0, 0, 0], squeeze_mask=[YES] * 3),
    *cut(X[0], [1, 0, 0], [0, 3, 4], begin_mask=[YES, NO, NO], squeeze_mask=[YES, NO, NO]),
    # With a negative stride an open bound is that end from which, or to which, the slice runs.
    *cut(LINE[6:2:-1], [6], [2], LINE, stride=[-1]),
    *cut(LINE[::-1], [0], [0], LINE, stride=[-1], begin_mask=[YES], end_mask=[YES]),
    *cut(LINE[5::-2], [5], [0], LINE, stride=[-2], end_mask=[YES]),
    *cut(LINE[:3:-3], [0], [3], LINE, stride=[-3], begin_mask=[YES]),
    *cut(LINE[-2:-7:-2], [-2], [-7], LINE, stride=[-2]),
    *cut(X[:, ::-1, 3:0:-1], [0, 0, 3], [2, 0, 0], stride=[1, -1, -1], begin_mask=MIDDLE, end_mask=MIDDLE),
    exact("slice_by_index", x=LINE, begin=[3], end=[100], want=LINE[3:]),
    exact("slice_by_index", x=LINE, begin=[3], end=[3], want=LINE[:0]),
    exact("slice_by_index", x=LINE, begin=[5], end=[3], want=LINE[:0], differs="an empty result"),
    *sized(X[0:1, 1:3, 1:4], [0, 1, 1], [1, 2, 3]),
    *sized(X[:, 1:, 3:], [0, 1, 3], [-1, -1, -1]),
    *sized(X[:, 1:2, 2:4], [-2, -2, -2], [2, 1, 2]),
    exact("depth_to_space", x=BLOCKS, block_size=2, want=lambda x: depth_to_space(x, 2)),
    exact("depth_to_space", x=PIXEL, block_size=2, want=PIXEL.reshape(1, 1, 2, 2)),
    exact("space_to_depth", x=WIDE, block_size=2, want=lambda x: space_to_depth(x, 2)),
    exact("space_to_depth", x=WIDE[..., :4], block_size=4, want=lambda x: space_to_depth(x, 4)),
    exact("pixel_shuffle", x=BLOCKS, upscale_factor=2, want=lambda x: nn.PixelShuffle(2)(torch.from_numpy(x)).numpy()),
    exact("pixel_shuffle", x=PIXEL, upscale_factor=2, want=PIXEL.reshape(1, 1, 2, 2)),
]  # fmt: skip

test_cases = suite(CASES)
