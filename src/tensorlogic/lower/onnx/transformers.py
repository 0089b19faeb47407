"""Attention."""

from __future__ import annotations

import math

from tensorlogic.lower.onnx.graph import Graph, Tensor
from tensorlogic.lower.onnx.registry import implements
from tensorlogic.mil.ops import transformers as ops
from tensorlogic.mil.types import BOOL


@implements(ops.scaled_dot_product_attention)
def scaled_dot_product_attention(
    g: Graph, query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None
) -> Tensor:
    # On a CPU, ONNX Runtime's own attention operators are no faster than these, which it joins where it can.
    axes = list(range(query.rank))
    across = g.op("Transpose", key, perm=[*axes[:-2], axes[-1], axes[-2]])
    scores = g.op("MatMul", g.op("Mul", query, _scale(g, query)), across)
    if attn_mask is not None:
        scores = g.op("Add", scores, _added(g, attn_mask, query))
    return g.op("MatMul", g.op("Softmax", scores, axis=-1), value)  # type: ignore[no-any-return]


def _scale(g: Graph, query: Tensor) -> Tensor | float:
    size = (query.shape or (None,))[-1]
    if size is not None:
        return 1 / math.sqrt(size)
    numbers = g.cast(g.op("Shape", query, start=-1), query.dtype)
    scale: Tensor = g.op("Reciprocal", g.op("Sqrt", numbers))
    return scale


def _added(g: Graph, mask: Tensor, query: Tensor) -> Tensor:
    """What the mask adds to the scores."""
    if mask.dtype != BOOL:
        return g.cast(mask, query.dtype)
    none, out = g.constant(0.0, query.dtype), g.constant(-math.inf, query.dtype)
    return g.op("Where", mask, none, out, dtype=query.dtype)  # type: ignore[no-any-return]
