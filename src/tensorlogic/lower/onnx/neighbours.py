"""Convolutions with few filters, as ones with more: neighbouring places become filters of their own.

Engines compute filters side by side in the lanes of a vector, and few filters leave most of these idle. A filter that
is shifted by one stride gives the next place; with all shifts together, the window moves on by as many places at once.
That costs the zeros that fill the shifted filters up, and putting the places in line: it pays where kernels are large.
Zeros times NaN are NaN: what is no number reaches a few places beside its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tensorlogic.lower.onnx.graph import Graph, Tensor

_LANES = 16
_MOST = 4
"""So many places together are as fast as more."""
_LARGE = 15
"""The places of a kernel from which on it pays."""


def neighbours_as_filters(
    g: Graph,
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    strides: Sequence[int],
    pads: Sequence[int],
    dilations: Sequence[int],
    groups: int,
) -> Tensor | None:
    """The convolution over two axes, several places of the last one at a time; None where that does not pay."""
    if not g.shared.contrib or weight.stored is None or weight.rank != 4 or None in x.axes[2:] or groups > 1:
        return None
    filters, _, rows, columns = weight.sizes
    together = min(_LANES // max(1, filters), _MOST)
    if together < 2 or rows * columns < _LARGE or dilations[1] > 1:
        return None
    (top, left, bottom, right), (down, along) = pads, strides
    height = (top + x.size(2) + bottom - (rows - 1) * dilations[0] - 1) // down + 1
    places = (left + x.size(3) + right - columns) // along + 1
    windows = math.ceil(places / together)
    if windows < 2:
        return None
    last = (windows * together - 1) * along + columns
    values = np.asarray(weight.value)
    shifts = [(place * along, (together - 1 - place) * along) for place in range(together)]
    shifted = g.op(
        "Conv",
        x,
        np.concatenate([np.pad(values, [(0, 0), (0, 0), (0, 0), shift]) for shift in shifts]),
        None if bias is None else g.op("Concat", *[bias] * together, axis=0),
        strides=(down, together * along),
        pads=(top, left, bottom, max(0, last - left - x.size(3))),
        dilations=dilations,
    )
    apart = g.op("Reshape", shifted, [0, together, filters, height, windows])
    line = g.op("Reshape", g.op("Transpose", apart, perm=(0, 2, 3, 4, 1)), [0, filters, height, windows * together])
    return line if windows * together == places else g.op("Slice", line, [0], [places], [3])  # type: ignore[no-any-return]
