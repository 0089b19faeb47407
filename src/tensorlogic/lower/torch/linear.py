"""Matrix products."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from tensorlogic.lower.torch.dtypes import common_type, mixed
from tensorlogic.lower.torch.registry import implements
from tensorlogic.mil.ops import linear as ops


@implements(ops.linear)
@mixed
def linear(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    return _product(F.linear, x, weight, bias)


@implements(ops.matmul)
def matmul(x: Tensor, y: Tensor, transpose_x: bool, transpose_y: bool) -> Tensor:
    # A vector has no second axis to transpose.
    x = x.mT if transpose_x and x.dim() > 1 else x
    y = y.mT if transpose_y and y.dim() > 1 else y
    return _product(torch.matmul, x, y)


@implements(ops.matmul_mixed)
def matmul_mixed(x: Tensor, y: Tensor, transpose_x: bool, transpose_y: bool, result_type: torch.dtype) -> Tensor:
    common = common_type(x, y)
    return matmul(x.to(common), y.to(common), transpose_x, transpose_y).to(result_type)


@implements(ops.einsum)
def einsum(values: tuple[Tensor, ...], equation: str) -> Tensor:
    return _product(lambda *tensors: torch.einsum(equation, *tensors), *values)


def _product(product: Callable[..., Tensor], x: Tensor, *others: Tensor | None) -> Tensor:
    """GPUs have no products of integers; float64 gives the same up to 2 ** 53."""
    if x.is_floating_point() or x.device.type == "cpu":
        return product(x, *others)
    return product(x.double(), *(None if other is None else other.double() for other in others)).to(x.dtype)
