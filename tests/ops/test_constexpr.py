from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from tensorlogic.engines import Engine
from tensorlogic.engines.onnxruntime import OnnxRuntimeEngine
from tensorlogic.engines.torch import TorchEngine
from tensorlogic.lower.torch import storage
from tensorlogic.mil import Operation, Program, Value
from tensorlogic.mil.types import FP32, DType

from .compression import (
    blockwise,
    by_mask,
    by_palette,
    dequantized,
    exact,
    exact18,
    looked_up,
    numbers,
    palettes,
    palettized,
    scales,
    shifted_and_scaled,
    sparse,
    sparse_blockwise,
    sparse_by_palette,
    written,
)
from .harness import RUNS, Case, ProgramCase, Tolerance, check, literal, narrow, operation, program, suite, tensor
from .references import rnn_steps

UNSIGNED = np.random.default_rng(8).integers(0, 256, (3, 4, 2)).astype(np.uint8)
SIGNED = (UNSIGNED.astype(np.int32) - 128).astype(np.int8)
HALF = np.float16([0.5, -3, np.inf])
SCALE = np.float32([0.5, 0.25, 0.0625])
DOWN = np.arange(63, -1, -1).astype(np.float32)
TWO_BITS = np.uint8([0b01_10_11_00, 0b11])
SIX_BITS = np.uint8([0b01_000010, 0b0011_0000, 0b111111_11])
"""2, 1, 51, 63: the second begins in the first byte and ends in the second."""
ODD = np.float32([-0.0, np.nan, np.inf])


class Expression(NamedTuple):
    """A constant expression: arguments are arrays or names of earlier results; results are given by their values."""

    kind: str
    arguments: dict[str, Any]
    results: dict[str, np.ndarray]

    def operation(self, floats: DType) -> Operation:
        arguments = {k: v if isinstance(v, str) else literal(v, floats) for k, v in self.arguments.items()}
        results = [Value(name, literal(value, floats).type) for name, value in self.results.items()]
        return operation(f"constexpr_{self.kind}", results, **arguments)


def joint(name: str, *expressions: Expression) -> ProgramCase:
    """A program that gives the result of the last of some expressions."""
    (output,) = expressions[-1].results

    def build(floats: DType) -> Program:
        return program([], [each.operation(floats) for each in expressions], [output], 18)

    return ProgramCase(name, build, {}, (expressions[-1].results[output],), Tolerance(ulps=0))


def quantized_palette() -> ProgramCase:
    lut, indices = blockwise("int8", [2, 1, 4, 1], [2, 1, 1, 1]), numbers("uint2", [4, 3])
    return joint(
        "quantized palette",
        Expression("blockwise_shift_scale", lut.arguments, {"lut": lut.want}),
        Expression("lut_to_dense", {"indices": indices, "lut": "lut"}, {"w": looked_up(indices, lut.want)}),
    )


def palette_then_scale() -> ProgramCase:
    indices, lut, scale = numbers("uint4", [4, 6]), palettes(4, [1, 1], dtype=np.int8), scales([4, 2])
    data = looked_up(indices, lut)
    return joint(
        "palette, then scale",
        Expression("lut_to_dense", {"indices": indices, "lut": lut}, {"data": data}),
        Expression("blockwise_shift_scale", {"data": "data", "scale": scale},
                   {"w": shifted_and_scaled(data, scale, None)}),
    )  # fmt: skip


def sparse_in_two_steps(name: str, first: Case) -> ProgramCase:
    """What `first` gives, made dense."""
    mask, values = first.want
    dense = np.zeros(mask.shape, np.float32)
    dense[mask != 0] = values
    return joint(
        f"sparse {name}",
        Expression(first.op.removeprefix("constexpr_"), first.arguments, {"mask": mask, "values": values}),
        Expression("sparse_to_dense", {"nonzero_data": "values", "mask": "mask"}, {"w": dense}),
    )


def sparse_then_scale() -> ProgramCase:
    case, scale = by_mask("int4", [3, 4]), scales([3, 1])
    return joint(
        "sparse, then scale",
        Expression("sparse_to_dense", case.arguments, {"data": case.want}),
        Expression("blockwise_shift_scale", {"data": "data", "scale": scale},
                   {"w": shifted_and_scaled(case.want, scale, None)}),
    )  # fmt: skip


def compressed_scale() -> ProgramCase:
    scale, data = by_palette(1, [3, 1], [1, 1]), numbers("int8", [3, 4])
    return joint(
        "compressed scale",
        Expression("lut_to_dense", scale.arguments, {"scale": scale.want}),
        Expression("blockwise_shift_scale", {"data": data, "scale": "scale"},
                   {"w": shifted_and_scaled(data, scale.want, None)}),
    )  # fmt: skip


def layer_with_compressed_weights() -> ProgramCase:
    """A recurrent layer, whose weights engines bring into an order of their own."""
    inner, outer = by_palette(2, [3, 4], [1, 1]), by_palette(2, [3, 3], [1, 1])
    x, h = np.ones((2, 1, 4), np.float32) / 128, np.zeros((1, 3), np.float32)
    states, last = rnn_steps(x, h, inner.want / 64, outer.want / 64)

    def build(floats: DType) -> Program:
        operations = [
            *(Expression("lut_to_dense", {**each.arguments, "lut": each.arguments["lut"] / 64}, {name: each.want})
              .operation(floats) for name, each in (("inner", inner), ("outer", outer))),
            operation("rnn", (tensor("states", floats, 2, 1, 3), tensor("last", floats, 1, 3)), x="x", initial_h="h",
                      weight_ih="inner", weight_hh="outer", output_sequence=True),
        ]  # fmt: skip
        inputs = [tensor("x", floats, *x.shape), tensor("h", floats, *h.shape)]
        return program(inputs, operations, ["states", "last"], 18)

    return ProgramCase("layer with compressed weights", build, {"x": x, "h": h}, (states, last))


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
    exact18("constexpr_cast", source_val=HALF, output_dtype="fp32", want=HALF.astype(np.float32), floats=(FP32,)),
    # One, two and four bits fill bytes; of six, every second number is split between two.
    *[palettized(bits, shape) for bits in (1, 2, 4, 6, 8) for shape in ([5], [3, 7], [2, 2, 2, 2])],
    *[palettized(bits, [9], dtype) for bits in (1, 4, 6) for dtype in (np.int8, np.uint8)],
    written("lut", want=np.float32([1, 4, 3, 2, 4]), lut=np.float32([1, 2, 3, 4]), indices=TWO_BITS),
    written("lut", want=np.float32([[61, 62], [12, 0]]), lut=DOWN, indices=SIX_BITS),
    *[sparse(shape) for shape in ([5], [8], [3, 7], [2, 3, 2, 2])],
    *[sparse([11], dtype) for dtype in (np.int8, np.uint8)],
    written("sparse", want=np.float32([0, 0, 3, 7, 0]), nonzero_data=np.float32([3, 7]), mask=np.uint8([0b01100])),
    written("sparse", want=np.float32([0, *ODD]), nonzero_data=ODD, mask=np.uint8([0b1110])),
    written("sparse", want=np.zeros((1, 2), np.float32), nonzero_data=np.zeros(0, np.float32), mask=np.uint8([0])),

    *[blockwise(dtype, [4, 6], grid) for dtype in ("int4", "uint4", "int8", "uint8")
      for grid in ([1, 1], [4, 1], [1, 6], [2, 3], [4, 6])],
    *[blockwise(dtype, [2, 6, 3], [1, 3, 1], offset=dtype) for dtype in ("int4", "uint4", "int8", "uint8")],
    blockwise("int4", [5], [1], offset="fp32"),
    blockwise("uint4", [4, 2, 3, 3], [4, 2, 1, 1], offset="fp32"),
    exact18(
        "constexpr_blockwise_shift_scale", data=np.float32([[1, 2, 3, 4]]), scale=np.float32([[2, 0.5]]),
        want=np.float32([[2, 4, 1.5, 2]]),
    ),
    *[by_palette(bits, shape, [1] * len(shape))
      for bits in (1, 2, 3, 4, 6, 8) for shape in ([5], [3, 7], [2, 3, 1, 3])],
    *[by_palette(3, [7], [1], dtype=dtype) for dtype in (np.int8, np.uint8)],
    *[by_palette(2, [4, 6], grid) for grid in ([4, 1], [2, 1], [1, 3], [2, 2])],
    *[by_palette(3, [2, 4, 3], [1, 2, 1], length, axis) for length in (2, 3) for axis in (0, 1, 2, -1, -3)],
    by_palette(1, [4, 6], [2, 3], 2, 0, np.int8),
    by_palette(4, [3], [1], 1, 0),
    exact18(
        "constexpr_lut_to_dense", indices=narrow("uint1", [[0, 1], [1, 0]]), vector_axis=1,
        lut=np.float32([[[[1, 2, 3], [4, 5, 6]]]]), want=np.float32([[1, 2, 3, 4, 5, 6], [4, 5, 6, 1, 2, 3]]),
    ),
    *[by_mask(dtype, shape) for dtype in ("int4", "uint4", "int8", "uint8", "fp32") for shape in ([11], [2, 3, 3])],
    *[sparse_by_palette(bits, [3, 7], [1, 1]) for bits in (1, 2, 3, 4, 6, 8)],
    sparse_by_palette(2, [4, 6], [2, 3]),
    *[sparse_by_palette(2, [4, 3, 2], [2, 1, 1], 2, axis) for axis in (0, 1, -1)],
    *[sparse_blockwise(dtype, [4, 6], [4, 3]) for dtype in ("int4", "uint4", "int8", "uint8")],
    sparse_blockwise("uint4", [4, 6], [1, 6], offset="uint4"),
    sparse_blockwise("int8", [2, 3, 4], [2, 1, 2], offset="fp32"),

    quantized_palette(),
    palette_then_scale(),
    compressed_scale(),
    sparse_then_scale(),
    sparse_in_two_steps("quantized", sparse_blockwise("int4", [4, 6], [4, 3])),
    sparse_in_two_steps("palettized", sparse_by_palette(4, [4, 6], [2, 1])),
    layer_with_compressed_weights(),
    sparse_in_two_steps("palettized in vectors", sparse_by_palette(2, [4, 6], [2, 1], 3, 0)),
]  # fmt: skip

test_cases = suite(CASES)


@pytest.mark.parametrize("engine", [TorchEngine, OnnxRuntimeEngine])
def test_expanded_once_and_only_when_used(engine: Callable[[], Engine], monkeypatch: pytest.MonkeyPatch) -> None:
    expanded = []
    expand = storage.Stored.expand
    monkeypatch.setattr(storage.Stored, "expand", lambda stored: expanded.append(stored.shape) or expand(stored))
    used, unused = by_palette(4, [2, 3], [1, 1]), by_palette(4, [5], [1])
    operations = [
        Expression("lut_to_dense", used.arguments, {"used": used.want}).operation(FP32),
        Expression("lut_to_dense", unused.arguments, {"unused": unused.want}).operation(FP32),
        operation("add", tensor("sum", FP32, 2, 3), x="x", y="used"),
        operation("mul", tensor("product", FP32, 2, 3), x="sum", y="used"),
    ]
    each = program([tensor("x", FP32, 2, 3)], operations, ["product"], 18)
    x = np.ones((2, 3), np.float32)
    session = engine().prepare(each, "main", "cpu", "f32")
    for _ in range(2):
        np.testing.assert_array_equal(session.run({"x": x})["product"], (x + used.want) * used.want)
    assert (expanded.count((2, 3)), expanded.count((5,))) == (1, 0)


@pytest.mark.parametrize("piece", [1, 5, 16])
@pytest.mark.parametrize("each", CASES, ids=str)
def test_pieces(each: Case | ProgramCase, piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever a weight is divided to be expanded, it is the same."""
    monkeypatch.setattr(storage, "PIECE", piece)
    check(each, RUNS[0])
