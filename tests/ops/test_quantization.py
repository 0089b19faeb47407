from __future__ import annotations

from typing import Any

import numpy as np

from .harness import case, suite

RANDOM = np.random.default_rng(8)
X = np.float32([[-1.0, 0.0, 0.5], [1.0, 2.0, 60.0]])
HALVES = np.float32([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5])
SCALES, ZEROS = np.float32([0.5, 0.25, 2.0]), np.int8([3, -7, 100])
FAR = np.float32([-1e4, -64.25, 63.5, 1e4, np.inf, -np.inf])
BYTES = RANDOM.integers(-128, 128, (2, 3, 4), np.int8)
UNEVEN = (RANDOM.integers(-99, 99, (2, 3, 4)) / 8 + 1 / 32).astype(np.float32)
UNSIGNED = BYTES.view(np.uint8)
WEIGHTS = ("scale", "zero_point")


def quantized(*, input: np.ndarray, want: Any, dtype: str = "int8", **how: Any) -> Any:
    return case("quantize", input=input, **how, output_dtype=dtype, want=want, const=WEIGHTS, opset=17)


def dequantized(*, input: np.ndarray, want: Any, **how: Any) -> Any:
    return case("dequantize", input=input, **how, want=want, const=WEIGHTS, opset=17, ulps=1)


def by_row(x: np.ndarray, scale: np.ndarray, zero_point: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(x / scale[:, None]) + zero_point[:, None], -128, 127).astype(np.int8)


CASES = [
    quantized(input=X, scale=np.float32(0.5), want=np.int8([[-2, 0, 1], [2, 4, 120]])),
    quantized(input=X, scale=np.float32(2), zero_point=np.uint8(1), dtype="uint8",
              want=np.uint8([[1, 1, 1], [1, 2, 31]])),
    # Halves go to the even number, before the zero point is added.
    quantized(input=HALVES, scale=np.float32(1), want=np.int8([-2, -2, 0, 0, 2, 2])),
    quantized(input=HALVES, scale=np.float32(1), zero_point=np.int8(1), want=np.int8([-1, -1, 1, 1, 3, 3])),
    quantized(input=FAR, scale=np.float32(0.5), want=np.int8([-128, -128, 127, 127, 127, -128])),
    quantized(input=FAR, scale=np.float32(0.5), zero_point=np.uint8(200), dtype="uint8",
              want=np.uint8([0, 72, 255, 255, 255, 0])),
    quantized(input=X, scale=SCALES, axis=1, want=np.int8([[-2, 0, 0], [2, 8, 30]])),
    quantized(input=X, scale=SCALES, zero_point=ZEROS, axis=-1, want=np.int8([[1, -7, 100], [5, 1, 127]])),
    quantized(input=X, scale=SCALES[:2], zero_point=np.uint8([10, 0]), axis=0, dtype="uint8",
              want=np.uint8([[8, 10, 11], [4, 8, 240]])),
    quantized(input=UNEVEN, scale=SCALES, zero_point=ZEROS, axis=1, want=by_row),
    dequantized(input=BYTES, scale=np.float32(0.125), want=lambda x, scale: x * scale),
    dequantized(input=BYTES, scale=np.float32(0.125), zero_point=np.int8(-128),
                want=lambda x, scale, _: (x + 128.0) * scale),
    dequantized(input=UNSIGNED, scale=np.float32(2), zero_point=np.uint8(255), dynamic=True,
                want=lambda x, scale, _: (x - 255.0) * scale),
    dequantized(input=BYTES, scale=SCALES, axis=1, want=lambda x, scale: x * scale[:, None]),
    dequantized(input=BYTES, scale=SCALES, zero_point=ZEROS, axis=-2,
                want=lambda x, scale, zero: (x - zero[:, None].astype(float)) * scale[:, None]),
    dequantized(input=np.int8([7]), scale=np.float32(0.5), zero_point=np.int8(-3), want=np.float32([5])),
]  # fmt: skip

test_cases = suite(CASES)
