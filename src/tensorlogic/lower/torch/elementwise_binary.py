"""Functions of two values, element by element."""

from __future__ import annotations

import torch
from torch import Tensor

from tensorlogic.lower.torch.registry import implement_rows, implements
from tensorlogic.mil.ops import elementwise_binary as ops

implement_rows(
    {
        ops.add: torch.add,
        ops.floor_div: torch.floor_divide,
        ops.maximum: torch.maximum,
        ops.minimum: torch.minimum,
        ops.mod: torch.remainder,
        ops.mul: torch.mul,
        ops.pow: torch.pow,
        ops.sub: torch.sub,
        ops.equal: torch.eq,
        ops.greater: torch.gt,
        ops.greater_equal: torch.ge,
        ops.less: torch.lt,
        ops.less_equal: torch.le,
        ops.not_equal: torch.ne,
        ops.logical_and: torch.logical_and,
        ops.logical_or: torch.logical_or,
        ops.logical_xor: torch.logical_xor,
    }
)


@implements(ops.real_div)
def real_div(x: Tensor, y: Tensor) -> Tensor:
    return torch.div(x, y, rounding_mode=None if x.is_floating_point() else "trunc")
