"""Compressed weights. They are expanded as for PyTorch, which is imported for that alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from tensorlogic.lower.onnx.compressed import Compressed
from tensorlogic.lower.onnx.constants import Constant
from tensorlogic.lower.onnx.graph import Array, Graph, Tensor
from tensorlogic.lower.onnx.registry import implements
from tensorlogic.mil.declare import Op
from tensorlogic.mil.ops import constexpr as ops
from tensorlogic.mil.types import DType

if TYPE_CHECKING:
    from tensorlogic.lower.torch import Stored


def _implement(op: Op) -> None:
    @implements(op)
    def call(g: Graph, **arguments: Any) -> Any:
        from tensorlogic.lower.torch import implementation

        def tensor(source: Stored) -> Tensor:
            # NumPy takes it for an array, and so does what uses the tensor.
            return g.held(cast(Array, Compressed(source, op, arguments)))

        compute = implementation(op)
        assert compute is not None
        results = compute(**{name: _argument(value) for name, value in arguments.items()})
        return tuple(map(tensor, results)) if isinstance(results, tuple) else tensor(results)


def _argument(value: Any) -> Any:
    """An argument as the function for PyTorch takes it."""
    from tensorlogic.lower.torch import torch_dtype

    if isinstance(value, Constant):
        return _stored(value)
    return torch_dtype(value.name) if isinstance(value, DType) else value


def _stored(constant: Constant) -> Stored:
    import torch

    from tensorlogic.lower.torch import held, stored, torch_dtype

    literal, device = constant.literal, torch.device("cpu")
    if not isinstance(literal, Tensor):
        return stored(literal, torch_dtype(constant.dtype.name), device)
    array: Any = literal.stored
    if isinstance(array, Compressed):
        return array.source
    tensor = torch.from_numpy(np.array(literal.value))
    return held(tensor, tensor.dtype, device)


for _op in vars(ops).values():
    if isinstance(_op, Op):
        _implement(_op)
