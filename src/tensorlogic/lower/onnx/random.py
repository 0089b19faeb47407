"""Random numbers: all from uniform ones in float32.

Those of a seed are a hash of each element's index: ONNX Runtime's generators go on from one run to the next. The
standard has no such hash, and there only the first run repeats.
"""

from __future__ import annotations

import math

from tensorlogic.lower.onnx.graph import INT64, MICROSOFT, Graph, Tensor
from tensorlogic.lower.onnx.registry import implements
from tensorlogic.mil.ops import random as ops
from tensorlogic.mil.types import DTYPES, FP32, DType

Ints = tuple[int, ...]

_UINT32 = DTYPES["uint32"]
_BITS = 23  # of each number, so that a product with one below 1 is below the other factor, after rounding too


@implements(ops.random_bernoulli)
def random_bernoulli(g: Graph, shape: Tensor | Ints, prob: float, seed: int, result_type: DType) -> Tensor:
    return g.cast(g.op("Less", _uniform(g, shape, seed), prob), result_type)


@implements(ops.random_categorical)
def random_categorical(g: Graph, x: Tensor, mode: str, size: int, seed: int) -> Tensor:
    """How many of the sums of probabilities, from the first on, do not reach above a number below their total."""
    wide = g.cast(x, FP32)
    weights = {"logits": g.op("Softmax", wide, axis=-1), "probs": wide}[mode]
    sums = g.op("CumSum", weights, g.constant(-1, INT64))
    shape = g.op("Concat", g.op("Shape", x, end=-1), [size], axis=0)
    below = g.op("Mul", _uniform(g, shape, seed), g.op("Gather", sums, [-1], axis=-1))
    passed = g.op("LessOrEqual", g.op("Unsqueeze", sums, [-2]), g.op("Unsqueeze", below, [-1]))
    return g.cast(g.op("ReduceSum", g.cast(passed, FP32), [-1], keepdims=0), x.dtype)


@implements(ops.random_normal)
def random_normal(g: Graph, shape: Tensor | Ints, mean: float, stddev: float, seed: int, result_type: DType) -> Tensor:
    """The lengths and angles of points that are distributed normally in the plane."""
    squares = g.op("Mul", g.op("Log", g.op("Sub", g.constant(1, FP32), _uniform(g, shape, seed))), -2.0)
    angles = g.op("Mul", _uniform(g, shape, seed, stream=1), 2 * math.pi)
    normal = g.op("Mul", g.op("Sqrt", squares), g.op("Cos", angles))
    return g.cast(g.op("Add", g.op("Mul", normal, stddev), mean), result_type)


@implements(ops.random_uniform)
def random_uniform(g: Graph, shape: Tensor | Ints, low: float, high: float, seed: int, result_type: DType) -> Tensor:
    values = g.cast(g.op("Add", g.op("Mul", _uniform(g, shape, seed), high - low), low), result_type)
    # Rounding may reach `high`.
    result: Tensor = g.op("Where", g.op("Less", values, high), values, g.constant(low, result_type), dtype=result_type)
    return result


def _uniform(g: Graph, shape: Tensor | Ints, seed: int, stream: int = 0) -> Tensor:
    """Numbers from 0 on and below 1; those of another stream have nothing to do with them."""
    sizes = g.ints(shape)
    if seed < 0 or not g.shared.contrib:
        like, start = g.op("ConstantOfShape", sizes, dtype=FP32), None if seed < 0 else float(2 * seed + stream)
        return g.op("RandomUniformLike", like, high=1 - 2.0**-_BITS, seed=start)  # type: ignore[no-any-return]
    index = g.op("Range", g.constant(0, INT64), g.op("ReduceProd", sizes, keepdims=0), g.constant(1, INT64))
    hashed = g.op("MurmurHash3", index, seed=2 * seed + stream, dtype=_UINT32, domain=MICROSOFT)
    whole = g.cast(g.op("BitShift", hashed, 32 - _BITS, direction="RIGHT"), FP32)
    return g.op("Reshape", g.op("Mul", whole, 2.0**-_BITS), sizes)  # type: ignore[no-any-return]
