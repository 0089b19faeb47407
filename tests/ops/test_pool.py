from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from .harness import Case, case, suite
from .references import largest, mean, mean_of_present, norm, pooled

X = np.random.default_rng(4).normal(size=(2, 3, 7, 6, 5)).astype(np.float32)
VOLUME, IMAGE, SIGNAL = X, X[..., 0], X[..., 0, 0]
NONE = (0, 0)
NEGATIVE = -np.abs(SIGNAL) - 1
SPECIAL = np.float32([[[1, np.nan, 2, -np.inf, -np.inf]]])
LARGE = np.float32([[[300, 400, 0]]])


def each(
    x: np.ndarray, kernel: list[int], sizes: list[int], pads: list[tuple[int, int]], pad_type: str = "valid", **how: Any
) -> list[Case]:
    """All three poolings of one geometry, and the mean that leaves padding out."""
    opset = 16 if pad_type == "same_lower" else 15
    geometry = (kernel, sizes, pads, how.get("strides", ()))
    how = {"x": x, "kernel_sizes": kernel, "pad_type": pad_type, **how}
    present = pooled(mean_of_present, *geometry)
    three_axes = "three axes" if len(kernel) == 3 else ""
    return [
        case("max_pool", **how, opset=opset, ulps=0, want=pooled(largest, *geometry)),
        case("avg_pool", **how, opset=opset, want=pooled(mean, *geometry)),
        case("avg_pool", **how, opset=opset, exclude_padding_from_average=True, want=present),
        case("l2_pool", **how, opset=opset, want=pooled(norm, *geometry), differs=three_axes),
    ]


def of_torch(module: nn.Module) -> Callable[[np.ndarray], np.ndarray]:
    return lambda x: module(torch.from_numpy(x)).numpy()


WINDOW = (3, 2), (2, 3)
CEILED = {
    "x": IMAGE,
    "kernel_sizes": [3, 2],
    "strides": [2, 3],
    "pad_type": "custom",
    "pad": [1] * 4,
    "ceil_mode": True,
}

# For an image of 7 x 6 and a window of 3 x 2: sizes, padding and strides.
OPEN: list[tuple[dict[str, Any], tuple[Any, ...]]] = [
    ({"pad_type": "valid"}, ([5, 5], [NONE, NONE])),
    ({"pad_type": "custom", "pad": [1, 1, 0, 1], "strides": [2, 3]}, ([4, 2], [(1, 1), (0, 1)], [2, 3])),
    ({"pad_type": "same"}, ([7, 6], [(1, 1), (0, 1)])),
    ({"pad_type": "same", "strides": [2, 2]}, ([4, 3], [(1, 1), NONE], [2, 2])),
    ({"pad_type": "valid", "strides": [3, 2], "ceil_mode": True}, ([3, 3], [NONE, NONE], [3, 2])),
]

CASES = [
    *each(SIGNAL, [2], [6], [NONE]),
    *each(IMAGE, [3, 2], [5, 5], [NONE, NONE]),
    *each(VOLUME, [3, 2, 2], [5, 5, 4], [NONE, NONE, NONE]),
    *each(IMAGE, [3, 2], [3, 2], [NONE, NONE], strides=[2, 3]),
    *each(IMAGE, [7, 6], [1, 1], [NONE, NONE]),
    *each(IMAGE, [1, 1], [4, 3], [NONE, NONE], strides=[2, 2]),
    # An even kernel needs an odd amount: `same` puts the extra after, `same_lower` before.
    *each(SIGNAL, [2], [7], [(0, 1)], "same"),
    *each(IMAGE, [3, 2], [7, 6], [(1, 1), (0, 1)], "same"),
    *each(IMAGE, [3, 2], [7, 6], [(1, 1), (1, 0)], "same_lower"),
    *each(IMAGE, [3, 2], [4, 2], [(1, 1), NONE], "same", strides=[2, 3]),
    *each(IMAGE, [4, 4], [4, 3], [(1, 2), (1, 1)], "same", strides=[2, 2]),
    *each(IMAGE, [4, 4], [4, 3], [(2, 1), (1, 1)], "same_lower", strides=[2, 2]),
    *each(VOLUME, [3, 2, 2], [7, 6, 5], [(1, 1), (0, 1), (0, 1)], "same"),
    *each(IMAGE, [3, 2], [5, 5], [NONE, NONE], "custom"),
    *each(SIGNAL, [3], [8], [(1, 2)], "custom", pad=[1, 2]),
    *each(IMAGE, [3, 3], [4, 3], [(2, 0), (1, 0)], "custom", pad=[2, 0, 1, 0], strides=[2, 2]),
    *each(VOLUME, [2, 2, 2], [8, 7, 5], [(1, 1), (0, 2), (1, 0)], "custom", pad=[1, 1, 0, 2, 1, 0]),
    # Rounded up, the last window may stick out of the values, though it must start within them or before.
    *each(SIGNAL, [2], [4], [NONE], strides=[2], ceil_mode=True),
    *each(SIGNAL, [3], [3], [NONE], strides=[3], ceil_mode=True),
    *each(SIGNAL, [3], [3], [NONE], strides=[2], ceil_mode=True),
    *each(IMAGE, [2, 3], [4, 3], [NONE, NONE], strides=[2, 2], ceil_mode=True),
    *each(SIGNAL, [3], [4], [(1, 1)], "custom", pad=[1, 1], strides=[2], ceil_mode=True),
    *each(SIGNAL, [2], [3], [(1, 1)], "custom", pad=[1, 1], strides=[3], ceil_mode=True),
    *each(SIGNAL, [2], [4], [(1, 1)], "custom", pad=[1, 1], strides=[2], ceil_mode=True),
    *each(IMAGE, [3, 2], [4, 3], [(1, 1), (1, 1)], "custom", pad=[1, 1, 1, 1], strides=[2, 3], ceil_mode=True),
    # Without padding nothing holds a window back that starts beyond the last value: it is empty.
    *each(SIGNAL[..., :5], [1], [3], [NONE], strides=[3], ceil_mode=True),
    case("max_pool", **CEILED, want=of_torch(nn.MaxPool2d(*WINDOW, 1, ceil_mode=True))),
    case("avg_pool", **CEILED, want=of_torch(nn.AvgPool2d(*WINDOW, 1, ceil_mode=True))),
    case("avg_pool", **CEILED, exclude_padding_from_average=True, want=of_torch(nn.AvgPool2d(*WINDOW, 1, True, False))),
    # Padding is below every value, and what is not a number stays so.
    case("max_pool", x=NEGATIVE, kernel_sizes=[3], pad_type="same", ulps=0, want=pooled(largest, [3], [7], [(1, 1)])),
    case("max_pool", x=SPECIAL, kernel_sizes=[2], pad_type="valid", ulps=0, want=SPECIAL[..., [1, 1, 2, 3]]),
    # Sizes that are not known until the program runs.
    *[case(kind, x=IMAGE, kernel_sizes=[3, 2], **how, dynamic=True, want=pooled(reduce, [3, 2], *geometry))
      for kind, reduce in (("max_pool", largest), ("avg_pool", mean)) for how, geometry in OPEN],
    # In float16 the squares are too large, the result is not.
    case("l2_pool", x=LARGE, kernel_sizes=[2], pad_type="valid", want=np.float32([[[500, 400]]])),
]  # fmt: skip

test_cases = suite(CASES)
