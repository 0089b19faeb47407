"""Matrix products."""

from __future__ import annotations

from tensorlogic.lower.onnx.graph import Graph, Tensor
from tensorlogic.lower.onnx.registry import implements
from tensorlogic.mil.ops import linear as ops


@implements(ops.linear)
def linear(g: Graph, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    if x.rank == 2:
        return g.op("Gemm", x, weight, bias, transB=1)  # type: ignore[no-any-return]
    product: Tensor = g.op("MatMul", x, g.op("Transpose", weight, perm=[1, 0]))
    return product if bias is None else g.op("Add", product, bias)
