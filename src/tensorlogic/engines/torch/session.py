"""A prepared function: arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from tensorlogic.engines.torch.plan import Plan
from tensorlogic.engines.torch.step import Frame
from tensorlogic.mil.types import TensorType


class TorchSession:
    """Runs a plan. Every run has a frame of its own, so that threads do not meet."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def run(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Outputs by name; the same inputs give the same bits."""
        plan = self._plan
        frame: Frame = [None] * plan.slots
        with plan.target.computing():
            arguments = [self._tensor(inputs[value.name], value.type) for value in plan.inputs]
            results = plan.body.run(frame, *arguments)
            return {name: _array(result) for name, result in zip(plan.outputs, results, strict=True)}

    def close(self) -> None:
        """Forget the plan and with it every weight on the device."""
        del self._plan

    def _tensor(self, array: Any, declared: Any) -> torch.Tensor:
        # NumPy makes a scalar a vector on the way.
        source = np.ascontiguousarray(array).reshape(np.shape(array))
        tensor = torch.from_numpy(source if source.flags.writeable else source.copy())
        assert isinstance(declared, TensorType)
        target = self._plan.target
        return tensor.to(target.device, target.dtype(declared.dtype.name))


def _array(result: Any) -> Any:
    """A tensor as an array of its own: never a view of an input or a weight."""
    if not isinstance(result, torch.Tensor):
        return result
    tensor = result.float() if result.dtype == torch.bfloat16 else result
    return tensor.cpu().numpy().copy()
