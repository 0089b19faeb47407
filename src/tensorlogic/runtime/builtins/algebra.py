"""Products of tensors."""

from __future__ import annotations

from functools import reduce
from typing import Any

from tensorlogic.lang.inference import rules
from tensorlogic.runtime import operators
from tensorlogic.runtime.convert import as_tensor
from tensorlogic.runtime.lazy import torch
from tensorlogic.runtime.registry import builtin, gives


@builtin
@gives(rules.product)
def matmul(a: Any, b: Any) -> torch.Tensor:
    """The matrix product, the same as ``a @ b``; of stacks of matrices one for each pair."""
    product: torch.Tensor = operators.matmul(as_tensor(a), as_tensor(b))
    return product


@builtin
def einsum(equation: str, *tensors: Any) -> torch.Tensor:
    """The sum of products that an equation of letters says: ``einsum("ij,jk->ik", a, b)`` is ``a @ b``."""
    given = [as_tensor(tensor) for tensor in tensors]
    common = reduce(torch.promote_types, (tensor.dtype for tensor in given))
    return torch.einsum(equation, *(tensor.to(common) for tensor in given))


@builtin
@gives(rules.product)
def dot(a: Any, b: Any) -> torch.Tensor:
    """The sum of the products of the elements of two vectors."""
    product: torch.Tensor = operators.matmul(as_tensor(a), as_tensor(b))
    return product


@builtin
def outer(a: Any, b: Any) -> torch.Tensor:
    """Every element of `a` times every element of `b`, the same as ``a ⊗ b``."""
    product: torch.Tensor = operators.outer(as_tensor(a), as_tensor(b))
    return product


@builtin
def norm(x: Any, p: float = 2, axis: Any = None, keepdim: bool = False) -> Any:
    """The length of all elements together, or along an axis: the root of the sum of squares, or the p-norm."""
    return torch.linalg.vector_norm(as_tensor(x), p, axis, keepdim)


@builtin
def det(x: Any) -> torch.Tensor:
    """The determinant of a square matrix."""
    found: torch.Tensor = torch.linalg.det(as_tensor(x))
    return found


@builtin
def inverse(x: Any) -> torch.Tensor:
    """The matrix that times x is the identity."""
    found: torch.Tensor = torch.linalg.inv(as_tensor(x))
    return found
