from __future__ import annotations

import numpy as np

from tensorlogic.mil.types import FP32

from .harness import case, mixed, suite

RANDOM = np.random.default_rng(1)


def random(*shape: int) -> np.ndarray:
    return RANDOM.normal(size=shape).astype(np.float32)


def whole(*shape: int) -> np.ndarray:
    return RANDOM.integers(-9, 9, shape, dtype=np.int32)


def linear(x: np.ndarray, weight: np.ndarray, bias: float | np.ndarray = 0) -> np.ndarray:
    return x @ weight.T + bias


def einsum(equation: str, shape_x: tuple[int, ...], shape_y: tuple[int, ...]) -> dict[str, object]:
    return {
        "values": (random(*shape_x), random(*shape_y)),
        "equation": equation,
        "want": lambda values: np.einsum(equation, *values),
    }


A, B, C = random(3, 4), random(4, 2), random(5, 4, 3)
WEIGHT, BIAS = random(6, 4), random(6)

APART = "here both are constants, which must be of one type"

CASES = [
    *[case("linear", x=x, weight=WEIGHT, const=("weight",), want=linear) for x in (random(4), A, random(2, 3, 4))],
    case("linear", x=A, weight=WEIGHT, bias=BIAS, const=("weight", "bias"), want=linear),
    case("linear", x=A, weight=WEIGHT, bias=BIAS, want=linear),
    case("linear", x=random(0, 4), weight=WEIGHT, bias=BIAS, const=("weight", "bias"), want=linear),
    case("linear", x=whole(2, 4), weight=whole(3, 4), bias=whole(3), const=("weight", "bias"), want=linear),
    # From iOS 17 on, weights may be of another type than x.
    *mixed("linear", x=A, weight=WEIGHT, bias=BIAS, const=("weight", "bias"), want=linear),
    case("linear", x=A, weight=whole(6, 4), const=("weight",), opset=17, floats=(FP32,), want=linear),
    case("linear", x=whole(3, 4), weight=np.float16(whole(6, 4)), const=("weight",), opset=17,
         want=lambda x, weight: linear(x, weight).astype(np.int32)),
    *mixed("matmul", x=A, y=B, const=("y",), want=np.matmul, differs=APART),
    case("matmul", x=A, y=np.float16(B), const=("x",), opset=17, floats=(FP32,), tol=1e-3, differs=APART,
         want=lambda x, y: np.matmul(x, y).astype(np.float16)),
    case("matmul", x=whole(3, 4), y=np.float16(whole(4, 2)), const=("y",), opset=17, differs=APART,
         want=lambda x, y: np.matmul(x, y).astype(np.int32)),
    case("matmul", x=whole(3, 4), y=np.float16(whole(4, 2)), const=("x",), transpose_x=False, opset=17, differs=APART,
         want=lambda x, y: np.matmul(x, y).astype(np.float16)),
    case("matmul", x=A, y=A, transpose_y=True, opset=17, want=lambda x, y: x @ y.T),
    case("matmul", x=A, y=B, want=np.matmul),
    case("matmul", x=A, y=B, const=("y",), want=np.matmul),
    case("matmul", x=A.T.copy(), y=B, transpose_x=True, want=lambda x, y: x.T @ y),
    case("matmul", x=A, y=B.T.copy(), transpose_y=True, want=lambda x, y: x @ y.T),
    case("matmul", x=A.T.copy(), y=B.T.copy(), transpose_x=True, transpose_y=True, want=lambda x, y: x.T @ y.T),
    case("matmul", x=C, y=A, want=np.matmul),
    case("matmul", x=C, y=C, transpose_y=True, want=lambda x, y: x @ y.swapaxes(-1, -2)),
    case("matmul", x=random(1, 5, 2, 3), y=random(4, 1, 3, 2), want=np.matmul),
    case("matmul", x=random(4), y=B, want=np.matmul),
    case("matmul", x=random(4), y=random(5, 4, 3), want=np.matmul, differs="drops the wrong axis"),
    case("matmul", x=random(5, 3, 4), y=random(4), want=np.matmul, differs="its shapes are not worked out"),
    case("matmul", x=random(4), y=random(4), want=np.matmul, differs="its shapes are not worked out"),
    case("matmul", x=whole(3, 4), y=whole(4, 2), want=np.matmul),
    case("matmul", x=random(2, 0), y=random(0, 3), want=np.zeros((2, 3), np.float32)),
    case("einsum", **einsum("nchw,nwhu->nchu", (2, 3, 4, 5), (2, 5, 4, 6))),
    case("einsum", **einsum("nchw,nwhu->nchu", (1, 3, 4, 5), (2, 5, 1, 6))),
    case("einsum", **einsum("chw,whr->chr", (3, 4, 5), (5, 4, 2))),
    case("einsum", **einsum("chw,whr->chr", (3, 1, 5), (5, 4, 2))),
    case("einsum", **einsum("abcd,adce->abce", (2, 3, 4, 5), (2, 5, 4, 6))),
]  # fmt: skip

test_cases = suite(CASES)
