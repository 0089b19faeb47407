"""MIL's element types as PyTorch's."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce, wraps
from typing import Any, TypeVar

import torch

from tensorlogic.errors import UnsupportedError, codes

_DTYPES = {
    "fp16": torch.float16, "fp32": torch.float32, "fp64": torch.float64, "bf16": torch.bfloat16,
    "fp8e4m3fn": torch.float8_e4m3fn, "fp8e5m2": torch.float8_e5m2,
    "int8": torch.int8, "int16": torch.int16, "int32": torch.int32, "int64": torch.int64,
    "uint8": torch.uint8, "uint16": torch.uint16, "uint32": torch.uint32, "uint64": torch.uint64,
    "bool": torch.bool,
    # Below a byte, each number takes a byte once it is unpacked.
    "int4": torch.int8,
    "uint1": torch.uint8, "uint2": torch.uint8, "uint3": torch.uint8, "uint4": torch.uint8, "uint6": torch.uint8,
}  # fmt: skip


Compute = TypeVar("Compute", bound=Callable[..., torch.Tensor])


def common_type(*tensors: torch.Tensor) -> torch.dtype:
    """The type that holds the values of all: theirs where they agree, float32 at least where they do not."""
    dtypes = {tensor.dtype for tensor in tensors}
    return dtypes.pop() if len(dtypes) == 1 else reduce(torch.promote_types, dtypes, torch.float32)


def mixed(compute: Compute) -> Compute:
    """Let `compute` take tensors of several types: it works in one that holds all.

    The result is in the type of x, or in the declared one where the operation asks for that.
    """

    @wraps(compute)
    def call(*, x: torch.Tensor, result_type: torch.dtype | None = None, **others: Any) -> torch.Tensor:
        tensors = {name: value for name, value in others.items() if isinstance(value, torch.Tensor)}
        common = common_type(x, *tensors.values())
        cast = {name: tensor.to(common) for name, tensor in tensors.items()}
        return compute(x=x.to(common), **{**others, **cast}).to(result_type or x.dtype)

    return call  # type: ignore[return-value]


def torch_dtype(name: str) -> torch.dtype:
    """PyTorch's type for a MIL element type. Raises `UnsupportedError` where it has none."""
    dtype = _DTYPES.get(name)
    if dtype is None:
        raise UnsupportedError(codes.UNSUPPORTED_TYPE, f"tensors of type {name} cannot be computed on by PyTorch")
    return dtype


def movable(tensor: torch.Tensor) -> torch.Tensor:
    """The same bits in a type whose values PyTorch gathers and turns around, which it does not with uint16."""
    return tensor.view(torch.int16) if tensor.dtype == torch.uint16 else tensor
