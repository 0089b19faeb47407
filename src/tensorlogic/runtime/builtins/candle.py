"""The ``cndl_`` names that programs for the public implementation use, and what they mean here."""

from __future__ import annotations

from typing import Any

from tensorlogic.lang.inference import rules
from tensorlogic.runtime.builtins import activations, algebra, elementwise, layers, normalization, shapes  # noqa: F401 (they fill the table)
from tensorlogic.runtime.convert import as_int, as_tensor
from tensorlogic.runtime.lazy import torch
from tensorlogic.runtime.registry import FUNCTIONS, builtin, builtin_named, gives

_SAME = ("layer_norm", "log_softmax", "matmul", "relu", "reshape", "silu", "softmax", "tanh", "transpose")
for _name in _SAME:
    builtin_named(f"cndl_{_name}")(FUNCTIONS[_name])


@builtin
@gives(rules.floats_like())
def cndl_gelu(x: Any) -> torch.Tensor:
    """gelu by a formula with tanh."""
    return activations.gelu(x, "tanh")


@builtin
@gives(rules.like())
def cndl_rms_norm(x: Any, weight: Any = None, eps: float = 1e-5) -> torch.Tensor:
    """The same as `rms_norm`, with another `eps`."""
    return normalization.rms_norm(x, weight, eps)


@builtin
def cndl_embedding(ids: Any, table: Any) -> torch.Tensor:
    """The rows of a table with these numbers; `embedding` takes the table first."""
    return layers.embedding(table, ids)


@builtin
def cndl_rope(x: Any, position: int = 0, theta: float = 10000.0) -> torch.Tensor:
    """Rotary positions of the other convention: the first half of the last axis is turned with the second.

    x is [..., places, size]; places count from `position`. `rope` turns neighbours.
    """
    tensor = as_tensor(x)
    places, size = tensor.shape[-2:]
    frequencies = theta ** (-torch.arange(0, size, 2) / size)
    angles = torch.arange(as_int(position), as_int(position) + places)[:, None] * frequencies
    cosine, sine = (each.to(tensor.dtype) for each in (angles.cos(), angles.sin()))
    first, second = tensor.chunk(2, -1)
    return torch.cat([first * cosine - second * sine, first * sine + second * cosine], -1)
