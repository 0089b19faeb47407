"""Products with quantized weights, which ONNX Runtime computes as they are stored where that is no slower."""

from __future__ import annotations

import numpy as np
import pytest

from tensorlogic.engines.onnxruntime.runtime import evaluate
from tensorlogic.lower.onnx import lower
from tensorlogic.mil import Operation, Program, Value
from tensorlogic.mil.types import FP32, DType

from .compression import blockwise
from .harness import ProgramCase, literal, operation, program, suite, tensor

RANDOM = np.random.default_rng(12)


def eighths(*shape: int) -> np.ndarray:
    """Numbers that float16 has."""
    return RANDOM.integers(-16, 17, shape).astype(np.float32) / 8


def product(
    dtype: str, shape: list[int], grid: list[int], *, offset: str = "", bias: bool = False, rows: tuple[int, ...] = (3,)
) -> ProgramCase:
    """x @ weight.T + bias, with a weight of so many blocks."""
    weight, x = blockwise(dtype, shape, grid, offset), eighths(*rows, shape[1])
    added = {"bias": eighths(shape[0])} if bias else {}
    want = x @ weight.want.T + added.get("bias", 0)

    def build(floats: DType) -> Program:
        stored = {name: literal(value, floats) for name, value in weight.arguments.items()}
        others = {name: literal(value, floats) for name, value in added.items()}
        expanded = operation("constexpr_blockwise_shift_scale", Value("w", literal(weight.want, floats).type), **stored)
        result = tensor("y", floats, *want.shape)
        linear: Operation = operation("linear", result, x="x", weight="w", **others)
        return program([tensor("x", floats, *x.shape)], [expanded, linear], ["y"], 18)

    blocks = f"{dtype}{shape} in {grid} blocks, {'bias, ' * bias}offset {offset or 'none'}, x {list(x.shape)}"
    return ProgramCase(blocks.replace("[", "<").replace("]", ">"), build, {"x": x}, (want,))


PACKED = [
    product("int4", [6, 64], [6, 2]),
    product("int4", [6, 64], [6, 1], bias=True),
    product("int4", [6, 64], [1, 1], bias=True, rows=(2, 3)),
    product("int4", [6, 96], [2, 3], offset="int4", rows=(1, 1)),
    product("uint4", [5, 96], [5, 3], bias=True),
    # Rows of an odd number of blocks, and of more than share a scale.
    product("uint4", [5, 48], [5, 1], offset="uint4"),
    product("uint4", [4, 512], [2, 1], offset="uint4", rows=(20,)),
]

EXPANDED = [
    product("int8", [6, 64], [6, 2], bias=True),
    product("int4", [6, 40], [6, 2]),
    product("uint4", [6, 32], [6, 1], offset="fp32"),
    product("int4", [6, 64], [6, 2], rows=()),
]

test_cases = suite([*PACKED, *EXPANDED])


@pytest.mark.parametrize(
    ("each", "packed"), [*[(each, True) for each in PACKED], *[(each, False) for each in EXPANDED]], ids=str
)
def test_expanded_only_where_it_must_be(each: ProgramCase, packed: bool) -> None:
    nodes = lower(each.program(FP32), "main", "f32", evaluate).model.graph.node
    assert ("MatMulNBits" in {node.op_type for node in nodes}) == packed


def test_the_standard_has_no_such_products() -> None:
    lowered = lower(PACKED[0].build(FP32), "main", "f32", evaluate, contrib=False)
    assert {each.domain for each in lowered.model.opset_import} == {""}
