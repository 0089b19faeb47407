from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from tensorlogic.mil.types import FP32

from .harness import Case, case, suite

exact = partial(case, ulps=0, opset=16)

RANDOM = np.random.default_rng(8)
UNSIGNED = RANDOM.integers(0, 256, (3, 4, 2)).astype(np.uint8)
SIGNED = (UNSIGNED.astype(np.int32) - 128).astype(np.int8)
HALF = np.float16([0.5, -3, np.inf])
SCALE = np.float32([0.5, 0.25, 0.0625])


def dequantized(data: np.ndarray, zero_point: Any, scale: Any, axis: int) -> Case:
    zero_point, scale = np.asarray(zero_point, data.dtype), np.asarray(scale, np.float32)
    shape = [-1 if a == axis % data.ndim else 1 for a in range(data.ndim)]

    def along(values: np.ndarray) -> np.ndarray:
        return values.astype(np.float64).reshape(shape) if values.ndim else values.astype(np.float64)

    want = along(scale) * (data - along(zero_point))
    arguments = {"quantized_data": data, "zero_point": zero_point, "scale": scale, "axis": axis}
    return exact("constexpr_affine_dequantize", **arguments, want=want.astype(np.float32))


def packed(numbers: list[int], bits: int) -> np.ndarray:
    """Numbers of `bits` bits one after the other, the lowest bit of the first one lowest."""
    together = sum(number << (bits * place) for place, number in enumerate(numbers))
    return np.frombuffer(together.to_bytes(math.ceil(len(numbers) * bits / 8), "little"), np.uint8)


def palettized(bits: int, shape: list[int], dtype: Any = np.float32) -> Case:
    palette = np.arange(1 << bits)[::-1].astype(dtype) - dtype(1)
    numbers = RANDOM.integers(0, 1 << bits, math.prod(shape)).tolist()
    return exact(
        "constexpr_lut_to_dense", indices=packed(numbers, bits), lut=palette, shape=np.uint32(shape),
        want=palette[numbers].reshape(shape),
    )  # fmt: skip


def sparse(shape: list[int], dtype: Any = np.float32) -> Case:
    dense = RANDOM.integers(-1, 2, shape).clip(0) * RANDOM.integers(1, 9, shape)
    mask = packed([int(value != 0) for value in dense.flat], 1)
    want = dense.astype(dtype)
    return exact(
        "constexpr_sparse_to_dense", nonzero_data=want[want != 0], mask=mask, shape=np.uint32(shape), want=want
    )


def written(kind: str, want: np.ndarray, **packed: np.ndarray) -> Case:
    """A case by its bits."""
    return exact(f"constexpr_{kind}_to_dense", **packed, shape=np.uint32(want.shape), want=want)


DOWN = np.arange(63, -1, -1).astype(np.float32)
TWO_BITS = np.uint8([0b01_10_11_00, 0b11])
SIX_BITS = np.uint8([0b01_000010, 0b0011_0000, 0b111111_11])
"""2, 1, 51, 63: the second begins in the first byte and ends in the second."""

CASES = [
    dequantized(UNSIGNED, 128, 0.5, 0),
    dequantized(SIGNED, 0, 0.25, 0),
    dequantized(SIGNED, -128, 0.25, 1),
    dequantized(UNSIGNED, [0, 128, 255], SCALE, 0),
    dequantized(SIGNED, [-5, 0, 7], SCALE, -3),
    dequantized(UNSIGNED, 7, SCALE, 0),
    dequantized(UNSIGNED, [1, 2, 3, 4], 0.125, 1),
    dequantized(SIGNED, [1, 2], [0.5, 2.0], -1),
    exact(
        "constexpr_affine_dequantize", quantized_data=SIGNED, zero_point=np.float32(0.5), scale=np.float32(2), axis=0,
        want=2 * SIGNED.astype(np.float32) - 1,
    ),
    exact("constexpr_cast", source_val=HALF, output_dtype="fp32", want=HALF.astype(np.float32), floats=(FP32,)),
    # One, two and four bits fill bytes; of six, every second number is split between two.
    *[palettized(bits, shape) for bits in (1, 2, 4, 6, 8) for shape in ([5], [3, 7], [2, 2, 2, 2])],
    *[palettized(bits, [9], dtype) for bits in (1, 4, 6) for dtype in (np.int8, np.uint8)],
    written("lut", want=np.float32([1, 4, 3, 2, 4]), lut=np.float32([1, 2, 3, 4]), indices=TWO_BITS),
    written("lut", want=np.float32([[61, 62], [12, 0]]), lut=DOWN, indices=SIX_BITS),
    *[sparse(shape) for shape in ([5], [8], [3, 7], [2, 3, 2, 2])],
    *[sparse([11], dtype) for dtype in (np.int8, np.uint8)],
    written("sparse", want=np.float32([0, 0, 3, 7, 0]), nonzero_data=np.float32([3, 7]), mask=np.uint8([0b01100])),
    written("sparse", want=np.zeros((1, 2), np.float32), nonzero_data=np.zeros(0, np.float32), mask=np.uint8([0])),
]  # fmt: skip

test_cases = suite(CASES)
