"""What conversions read of models: tensors in the types that they are written in."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from tensorlogic.errors import UsageError, codes
from tensorlogic.models.model import Model


def stored_as(model: Model, name: str, dtype: str) -> Tensor:
    """The tensor `name` as `dtype`. Raises `UsageError` if a number becomes infinite by that."""
    tensor: Tensor = model.get_tensor(name, "torch")
    converted = tensor.to(getattr(torch, dtype))
    if converted.is_floating_point() and bool((converted.isinf() & tensor.isfinite()).any()):
        largest = torch.finfo(converted.dtype).max
        message = f"the tensor {name!r} has numbers that {dtype} does not hold: its largest is {largest:g}"
        raise UsageError(codes.CANNOT_WRITE, message, help="Choose BF16 or F32.")
    return converted


def bits_of(tensor: Tensor) -> npt.NDArray[Any]:
    """The elements as NumPy's; of types that it lacks, integers of the same bits."""
    plain = tensor.view(torch.int16) if tensor.dtype == torch.bfloat16 else tensor
    return np.asarray(plain.contiguous().numpy())
