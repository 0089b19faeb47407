"""Products and choices."""

from __future__ import annotations

from typing import Any

from tensorlogic.runtime import operators
from tensorlogic.runtime.convert import as_int, as_tensor
from tensorlogic.runtime.lazy import torch
from tensorlogic.runtime.registry import builtin


@builtin
def matmul(a: Any, b: Any) -> torch.Tensor:
    """The matrix product, the same as ``a @ b``; of stacks of matrices one for each pair."""
    product: torch.Tensor = operators.matmul(as_tensor(a), as_tensor(b))
    return product


@builtin
def where(condition: Any, a: Any, b: Any) -> torch.Tensor:
    """The elements of `a` where the condition is true, those of `b` elsewhere."""
    return torch.where(as_tensor(condition).bool(), a, b)


@builtin
def topk(x: Any, k: int, axis: int = -1) -> dict[str, torch.Tensor]:
    """The k largest elements along an axis, the largest first: a record of `values` and `indices`."""
    values, indices = as_tensor(x).topk(as_int(k), axis)
    return {"values": values, "indices": indices}
