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
NO, YES = False, True
LINE = np.arange(8, dtype=np.float32)
BLOCKS = np.arange(2 * 8 * 2 * 3, dtype=np.float32).reshape(2, 8, 2, 3)
PIXEL = np.float32([9, 5, 1, 3]).reshape(1, 4, 1, 1)
LONG = np.arange(2 * 4 * 16, dtype=np.float32).reshape(2, 4, 16)
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


def updated(part: Any, begin: list[int], end: list[int], x: np.ndarray = X, **how: Any) -> list[Case]:
    """`x[part]` written over, with bounds that are constants or computed."""
    want, update = x.copy(), ~x[part] if x.dtype == np.bool_ else -10 - x[part]
    want[part] = update
    bounds = {"begin": np.int32(begin), "end": np.int32(end)}
    return [
        exact("slice_update", opset=18, x=x, update=update, begin=begin, end=end, **how, want=want),
        exact("slice_update", opset=18, x=x, update=update, **bounds, **how, want=want),
    ]


def like(x: np.ndarray, shape: tuple[int, ...], *parts: Any, opset: int = 16) -> Case:
    """x in a shape that is put together of pairs of a tensor and which of its sizes are taken."""
    begins, ends, masks = zip(*parts[1::2], strict=True)
    return exact("reshape_like", opset=opset, x=x, ref_tensors=parts[::2], begins=begins, ends=ends, end_masks=masks,
                 want=x.reshape(shape))  # fmt: skip


def windows(x: np.ndarray, axis: int, size: int, stride: int = 1) -> np.ndarray:
    every = np.moveaxis(np.lib.stride_tricks.sliding_window_view(x, size, axis), -1, axis % x.ndim + 1)
    return every[(slice(None),) * (axis % x.ndim) + (slice(None, None, stride),)]


def slid(x: np.ndarray, **how: Any) -> Case:
    return exact("sliding_windows", x=x, **how, want=windows(x, **how))


def space_to_batch(x: np.ndarray, a: int, b: int, paddings: list[list[int]]) -> np.ndarray:
    padded = np.pad(x, [(0, 0), (0, 0), *paddings])
    return np.concatenate([padded[:, :, i::a, j::b] for i, j in np.ndindex(a, b)])


def blocked(x: np.ndarray, blocks: list[int], edges: list[list[int]]) -> list[Case]:
    """Into the batch, and back."""
    in_batch = space_to_batch(x, *blocks, edges)
    return [
        exact("space_to_batch", x=x, block_shape=blocks, paddings=edges, want=in_batch),
        exact("batch_to_space", x=in_batch, block_shape=blocks, crops=edges, want=x),
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


MIDDLE = [NO, YES, NO]

ROWS = np.float32(
    [[1, 2, 3, 4, 5, 0, 0, 0], [1, 2, 0, 0, 0, 0, 0, 0], [1, 2, 3, 4, 0, 0, 0, 0], [1, 2, 3, 4, 5, 6, 7, 8]]
)
LENGTHS = np.int32([7, 2, 3, 5])
TURNED = np.float32(
    [[0, 0, 5, 4, 3, 2, 1, 0], [2, 1, 0, 0, 0, 0, 0, 0], [3, 2, 1, 4, 0, 0, 0, 0], [5, 4, 3, 2, 1, 6, 7, 8]]
)

UPDATES = [
    *[each for x in KINDS for each in updated(np.s_[1:2, 1:3, 1:4], [1, 1, 1], [2, 3, 4], x)],
    *updated(np.s_[:, ::2, 1::3], [0, 0, 1], [2, 3, 4], stride=[1, 2, 3]),
    *updated(np.s_[-2:-1, -3:-1, -3:-1], [-2, -3, -3], [-1, -1, -1]),
    *updated(np.s_[:2, 1:, 2:], [1, 1, 2], [2, 3, 0], begin_mask=[YES, NO, NO], end_mask=[NO, YES, YES]),
    *updated(np.s_[1:, 1, :3:2], [1, 1, 1], [2, 3, 3], stride=[1, 1, 2], begin_mask=[NO, NO, YES],
             end_mask=[YES, NO, NO], squeeze_mask=MIDDLE),
    *updated(np.s_[0, 2], [0, -1, 0], [0, 0, 0], begin_mask=[NO, NO, YES], end_mask=[NO, NO, YES],
             squeeze_mask=[YES, YES, NO]),
    *updated(np.s_[:, ::-1, 3:0:-2], [0, 0, 3], [2, 0, 0], stride=[1, -1, -2], begin_mask=MIDDLE, end_mask=MIDDLE),
    *updated(np.s_[1, ::-1, 1], [1, 2, 1], [0, 0, 0], stride=[1, -1, 1], end_mask=MIDDLE,
             squeeze_mask=[YES, NO, YES]),
    *updated(np.s_[:], [0, 0, 0], [0, 0, 0], begin_mask=[YES] * 3, end_mask=[YES] * 3),
    *updated(np.s_[5:], [5], [100], LINE),
    *updated(np.s_[:1], [-100], [1], LINE),
    *updated(np.s_[:, 2:4], [0, 2, 0], [2, 4, 16], LONG),
    *updated(np.s_[1:, 2:3], [-1, 2, 0], [2, 3, 16], LONG, dynamic=True),
    *updated(np.s_[:, 1::2], [0, 1, 0], [0, 0, 16], LONG, stride=[1, 2, 1], begin_mask=[YES, NO, NO],
             end_mask=[YES, YES, NO], dynamic=True),
    exact("slice_update", opset=18, x=LINE, update=LINE[:0], begin=[3], end=[3], want=LINE),
    *[exact("slice_update", opset=18, x=LINE.astype(of), update=np.array([9, 8], of), begin=np.array([2], by),
            end=np.array([4], by), want=np.array([0, 1, 9, 8, 4, 5, 6, 7], of))
      for of in (np.int8, np.uint8, np.int16, np.uint16) for by in (np.int8, np.int16)],
]  # fmt: skip

# Since iOS 17 whole numbers of any size may be moved, and small ones say where.
SMALL = [
    each
    for x in [WHOLE.astype(of) for of in (np.int8, np.uint8, np.int16, np.uint16)]
    for each in (
        exact("reshape", opset=17, x=x, shape=np.int16([4, 6]), const=("shape",), want=x.reshape(4, 6)),
        like(x, (3, 2, 4), x[0, :, :2], (0, 2, NO), x[0], (1, 0, YES), opset=17),
        exact("expand_dims", opset=17, x=x, axes=[1], want=x[:, None]),
        exact("squeeze", opset=17, x=x[:1], axes=[0], want=x[0]),
        exact("transpose", opset=17, x=x, perm=[2, 0, 1], want=x.transpose(2, 0, 1)),
        exact("reverse", opset=17, x=x, axes=[0, 2], want=x[::-1, :, ::-1]),
        exact("reverse_sequence", opset=17, x=x[:, 0], lengths=np.int8([1, 3]), seq_axis=1,
              want=np.stack([x[0, 0], x[1, 0, [2, 1, 0, 3]]])),
        exact("sliding_windows", opset=17, x=x, axis=2, size=3, want=windows(x, 2, 3)),
        exact("slice_by_index", opset=17, x=x, begin=np.int8([0, 1, 3]), end=np.int8([2, 3, 0]),
              stride=np.int8([1, 1, -2]), dynamic=True, want=x[:, 1:, 3:0:-2]),
        exact("slice_by_size", opset=17, x=x, begin=np.int16([0, 1, -2]), size=np.int16([-1, 2, 1]), dynamic=True,
              want=x[:, 1:, 2:3]),
    )
]  # fmt: skip

CASES = [
    *UPDATES,
    *SMALL,
    exact("reshape", opset=17, x=X[0], shape=[1, 0, -1, 0], want=X[0].reshape(1, 1, 3, 4)),
    exact("reshape", opset=17, x=X, shape=[0, 0, 0], want=X),
    exact("reshape", opset=17, x=X, shape=[-1, 0], want=X.reshape(6, 4)),
    exact("reshape", opset=17, x=X, shape=[0, 8], want=X.reshape(3, 8)),
    exact("reshape", opset=17, x=X, shape=[0, 4, 3], want=X.reshape(2, 4, 3)),
    exact("reshape", opset=17, x=X, shape=np.int32([0, -1, 0, 2, 2]), dynamic=True, want=X.reshape(1, 3, 2, 2, 2)),
    exact("reshape", opset=17, x=np.float32(3), shape=[0, 0], want=np.float32([[3]])),
    *[like(x.reshape(6, 4), (2, 3, 2, 2), X, (0, 2, NO), BLOCKS[:, :2, :2], (1, 3, NO)) for x in KINDS],
    like(X, (3, 2, 2, 2), X, (1, 2, NO), X[:, :2, :2], (0, 0, YES)),
    like(X, (4, 3, 2), X, (-1, 0, YES), X, (1, 2, NO), FACTS, (-3, -2, NO)),
    like(X, (24,), BLOCKS.reshape(24, 4), (0, 1, NO)),
    exact("reverse_sequence", x=ROWS, lengths=LENGTHS, seq_axis=1, batch_axis=0, want=TURNED),
    exact("reverse_sequence", x=ROWS, lengths=LENGTHS, seq_axis=-1, want=TURNED),
    exact("reverse_sequence", x=ROWS.T.copy(), lengths=LENGTHS, seq_axis=0, batch_axis=1, want=TURNED.T),
    exact("reverse_sequence", x=ROWS.T.copy(), lengths=LENGTHS, batch_axis=-1, want=TURNED.T),
    *[exact("reverse_sequence", x=x, lengths=np.int32([0, 3]), seq_axis=1, batch_axis=0,
            want=np.stack([x[0], x[1, ::-1]])) for x in KINDS],
    exact("reverse_sequence", x=X, lengths=np.int32([2, 0, 1, 2]), seq_axis=0, batch_axis=2,
          want=np.stack([X[[1, 0, 0, 1], :, range(4)].T, X[[0, 1, 1, 0], :, range(4)].T])),
    slid(np.float32([9, 5, 1, 3]).reshape(1, 4, 1, 1), axis=1, size=2),
    *[slid(x, axis=axis, size=2, stride=stride) for x in KINDS[:2] for axis in (0, 2, -1, -2) for stride in (1, 2)],
    slid(LINE, axis=0, size=8, stride=3),
    slid(LINE, axis=0, size=3, stride=3),
    exact("space_to_batch", x=np.arange(1, 17, dtype=np.float32).reshape(2, 1, 2, 4), block_shape=[2, 2],
          paddings=[[0, 0], [2, 0]], want=np.float32(
              [[0, 1, 3], [0, 9, 11], [0, 2, 4], [0, 10, 12], [0, 5, 7], [0, 13, 15], [0, 6, 8], [0, 14, 16]]
          ).reshape(8, 1, 1, 3)),
    *blocked(WIDE, [2, 2], [[0, 0], [0, 0]]),
    *blocked(WIDE, [1, 3], [[0, 0], [0, 0]]),
    *blocked(WIDE, [3, 2], [[1, 1], [1, 3]]),
    exact("pixel_unshuffle", opset=16, x=WIDE, downscale_factor=np.uint32(2),
          want=lambda x, _: nn.PixelUnshuffle(2)(torch.from_numpy(x)).numpy()),
    exact("pixel_unshuffle", opset=16, x=PIXEL.reshape(1, 1, 2, 2), downscale_factor=np.uint32(2), want=PIXEL),
    # Bounds beyond the ends are the ends.
    *cut(LINE[:3], [-100], [3], LINE),
    *cut(LINE[6:], [6], [100], LINE),
    *cut(LINE[::-1], [100], [-100], LINE, stride=[-1], differs="takes an end before the first for the first"),
    *cut(X[:, :0], [0, 3, 0], [2, 3, 4]),
    *cut(X[:, :, 3::-2], [0, 0, 7], [2, 3, -9], stride=[1, 1, -2]),
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
