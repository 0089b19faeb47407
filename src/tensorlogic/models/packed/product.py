"""Products of tensors with packed matrices, of which a piece at a time is expanded."""

from __future__ import annotations

from typing import Any

import torch
from gguf.constants import GGMLQuantizationType as Kind
from torch import Tensor
from torch.autograd.function import once_differentiable

from tensorlogic.models.packed.unpacking import pieces, unpack


def multiply(x: Tensor, kind: Kind, rows: Tensor, columns: int, transposed: bool) -> Tensor:
    """x [..., k] times a packed matrix: [k, n], or `transposed`, as in `linear`, [n, k]."""
    product: Tensor = _Product.apply(x, kind, rows, columns, transposed)  # type: ignore[no-untyped-call]
    return product


class _Product(torch.autograd.Function):
    """Gradients flow to x. They are computed from the packed matrix too: nothing expanded is kept for them."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, kind: Kind, rows: Tensor, columns: int, transposed: bool) -> Tensor:
        """The product, in the type of x."""
        ctx.matrix = kind, rows, columns, transposed
        return _times_rows(x, kind, rows, columns) if transposed else _times(x, kind, rows, columns)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None, None]:
        """What flows back to x: the product with the same matrix, turned round."""
        kind, rows, columns, transposed = ctx.matrix
        multiply = _times if transposed else _times_rows
        return multiply(gradient, kind, rows, columns), None, None, None, None


def _times_rows(x: Tensor, kind: Kind, rows: Tensor, columns: int) -> Tensor:
    """x [..., columns] times the transposed matrix: [..., rows]."""
    result = x.new_empty(*x.shape[:-1], len(rows))
    for start, stop in pieces(len(rows), columns):
        result[..., start:stop] = x @ unpack(kind, rows[start:stop]).to(x.dtype).T
    return result


def _times(x: Tensor, kind: Kind, rows: Tensor, columns: int) -> Tensor:
    """x [..., rows] times the matrix: [..., columns]; sums are kept in float32 or better."""
    wide = torch.promote_types(x.dtype, torch.float32)
    result = x.new_zeros(*x.shape[:-1], columns, dtype=wide)
    for start, stop in pieces(len(rows), columns):
        result += x[..., start:stop].to(wide) @ unpack(kind, rows[start:stop]).to(wide)
    return result.to(x.dtype)
