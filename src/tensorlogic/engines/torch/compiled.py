"""A whole run as code that is generated for it: `torch.compile`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from threading import Lock
from typing import Any

import torch
from torch.fx.experimental.proxy_tensor import make_fx

from tensorlogic.engines.torch.plan import Plan
from tensorlogic.errors import EngineError, TensorLogicError, codes, first_line
from tensorlogic.lower.torch.states import Cell, opened

Tensors = Sequence[torch.Tensor]


@dataclass(frozen=True, slots=True)
class CompiledPlan(Plan):
    """A plan whose steps are compiled together, at the first run, for the shapes that every run has."""

    code: list[Callable[..., Tensors]] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    @classmethod
    def of(cls, plan: Plan) -> CompiledPlan:
        """The same plan, to be compiled."""
        return cls(**{each.name: getattr(plan, each.name) for each in fields(Plan)})

    def run(self, arguments: Mapping[str, Any]) -> tuple[Any, ...]:
        """Every output. Raises `EngineError` where the run is no fixed sequence of computations on tensors."""
        given = [arguments[value.name] for value in self.inputs]
        tensors = [each.value if isinstance(each, Cell) else each for each in given]
        results = list(self._compiled(tensors)(*tensors))
        for cell, value in zip(_cells(given), results[len(self.outputs) :], strict=True):
            cell.value = value
        return tuple(results[: len(self.outputs)])

    def waits(self, arguments: Mapping[str, Any]) -> bool:
        """Compiled code never does: tracing has no values to read."""
        self.run(arguments)
        return False

    def _compiled(self, tensors: Tensors) -> Callable[..., Tensors]:
        with self.lock:
            if not self.code:
                self.code.append(self._compile(tensors))
            return self.code[0]

    def _compile(self, tensors: Tensors) -> Callable[..., Tensors]:
        # Traced by itself first: PyTorch's own operations remain, in a row. Without values, so that none is read.
        try:
            traced = make_fx(self._traced, tracing_mode="fake", _allow_non_fake_inputs=True)(*tensors)
            code: Callable[..., Tensors] = torch.compile(traced, dynamic=False, mode="max-autotune-no-cudagraphs")
            code(*tensors)
        except TensorLogicError:
            raise
        except Exception as error:
            message = f"the model could not be compiled: {first_line(error)}"
            raise EngineError(codes.ENGINE_FAILED, message, help='Load it with engine="torch".') from error
        return code

    def _traced(self, *tensors: torch.Tensor) -> Tensors:
        given = dict(zip((value.name for value in self.inputs), tensors, strict=True))
        cells = opened({name: given[name].clone() for name in self.states})
        results = Plan.run(self, {**given, **cells})
        return [*results, *(cells[value.name].value for value in self.inputs if value.name in cells)]


def _cells(given: Sequence[Any]) -> list[Cell]:
    return [each for each in given if isinstance(each, Cell)]
