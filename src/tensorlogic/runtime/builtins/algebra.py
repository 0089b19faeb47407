"""Products of tensors, and matrices."""

from __future__ import annotations

from functools import reduce
from typing import Any

from tensorlogic.lang.inference import reducing, rules
from tensorlogic.runtime import operators
from tensorlogic.runtime.convert import as_tensor, as_weight
from tensorlogic.runtime.lazy import torch
from tensorlogic.runtime.registry import builtin, builtin_named, gives


@builtin
@builtin_named("mm", "bmm", "mv")
@gives(rules.product)
def matmul(a: Any, b: Any) -> torch.Tensor:
    """The matrix product, the same as ``a @ b``: [..., n, m] and [..., m, k] give [..., n, k].

    A vector [m] on the left is a row, one on the right a column, and both together give a number. The axes before the
    last two are broadcast.
    """
    product: torch.Tensor = operators.matmul(as_weight(a), as_weight(b))
    return product


@builtin
def einsum(equation: str, *tensors: Any) -> torch.Tensor:
    """The sum of products that an equation of letters says: ``einsum("ij,jk->ik", a, b)`` is ``a @ b``.

    Each letter is an axis. Axes of one letter have one size, and letters that are missing behind the arrow are summed
    over. Types are promoted.
    """
    given = [as_tensor(tensor) for tensor in tensors]
    common = reduce(torch.promote_types, (tensor.dtype for tensor in given))
    return torch.einsum(equation, *(tensor.to(common) for tensor in given))


@builtin
@gives(rules.product)
def dot(a: Any, b: Any) -> torch.Tensor:
    """The sum of the products of the elements of two vectors [n]: a number. Of matrices it is `matmul`."""
    product: torch.Tensor = operators.matmul(as_tensor(a), as_tensor(b))
    return product


@builtin
@gives(rules.tensor_product)
def outer(a: Any, b: Any) -> torch.Tensor:
    """Every element of `a` times every element of `b`, the same as ``a ⊗ b``: the shape of `a`, then that of `b`."""
    product: torch.Tensor = operators.outer(as_tensor(a), as_tensor(b))
    return product


@builtin
@gives(reducing.reduced(reducing.same))
def norm(x: Any, p: float = 2, axis: Any = None, keepdim: bool = False) -> Any:
    """The p-norm of all elements, or along one axis or several: (sum of abs(x)^p)^(1/p), the length for p = 2.

    x is of floats.
    """
    return torch.linalg.vector_norm(as_tensor(x), p, axis, keepdim)


@builtin
def det(x: Any) -> torch.Tensor:
    """The determinant of a square matrix of floats [..., n, n]: [...]."""
    found: torch.Tensor = torch.linalg.det(as_tensor(x))
    return found


@builtin
@gives(rules.like())
def inverse(x: Any) -> torch.Tensor:
    """The matrix that times x is the identity, of floats [..., n, n]. A matrix that has none is an error."""
    found: torch.Tensor = torch.linalg.inv(as_tensor(x))
    return found
