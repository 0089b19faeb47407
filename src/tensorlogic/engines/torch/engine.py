"""What the PyTorch engine can run, and on what.

PyTorch itself, which takes a second, is imported only to run something: looking at a model does without.
"""

from __future__ import annotations

import platform
from pathlib import Path
from typing import TYPE_CHECKING

from tensorlogic.engines.protocol import Content, Missing, Session
from tensorlogic.engines.undeclared import undeclared
from tensorlogic.errors import EngineError, OperationPlace, UsageError, codes, first_line
from tensorlogic.mil.declare import State
from tensorlogic.mil.ops import Op, declaration
from tensorlogic.mil.program import Operation, Program
from tensorlogic.mil.types import is_fixed

if TYPE_CHECKING:
    from tensorlogic.engines.torch.plan import Plan


class TorchEngine:
    """Runs every operation with PyTorch."""

    name = "torch"

    def devices(self) -> tuple[str, ...]:
        """What PyTorch finds on this machine, the fastest first. Without a GPU, it need not be asked."""
        if not _may_have_gpu():
            return ("cpu",)
        import torch

        offered = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
        return tuple(device for device, available in offered.items() if available)

    def precisions(self, device: str) -> tuple[str, ...]:
        """On a CPU, float32 is faster than float16 and more exact; GPUs run float16 as the file declares."""
        return ("f32", "f16", "bf16") if device == "cpu" else ("f16", "f32", "bf16")

    def missing(self, program: Program, function: str) -> tuple[Missing, ...]:
        """What is not declared."""
        return undeclared(program, function)

    def prepare(
        self, program: Program, function: str, device: str, precision: str, content: Content | None = None
    ) -> Session:
        """Bind every operation to its implementation and compute what depends on constants alone."""
        import torch

        from tensorlogic.engines.torch.graph import capture
        from tensorlogic.engines.torch.plan import compile_plan
        from tensorlogic.engines.torch.session import TorchSession

        try:
            torch.empty(0, device=device)
        except (RuntimeError, AssertionError):
            message = f"PyTorch finds no device {device!r} on this machine"
            raise UsageError(codes.NO_DEVICE, message, help="`tl devices` tells what there is.") from None
        try:
            plan = self._plan(compile_plan(program, function, torch.device(device), precision))
            return TorchSession(plan, capture if plan.target.device.type == "cuda" else None)
        except RuntimeError as error:
            message = f"the model could not be prepared: {first_line(error)}"
            raise EngineError(codes.ENGINE_FAILED, message) from error

    def _plan(self, plan: Plan) -> Plan:
        return plan


class TorchCompileEngine(TorchEngine):
    """Runs programs of fixed shapes as code that `torch.compile` generates: fast in the end, slow to begin."""

    name = "torch-compile"

    def missing(self, program: Program, function: str) -> tuple[Missing, ...]:
        """What the engine `torch` misses, and whatever is not the same computation on the same shapes every time."""
        entry, lacking = program.functions[function], list(super().missing(program, function))
        for operation in () if lacking else entry.body.walk():
            declared = declaration(operation.type, entry.opset)
            if operation.constant is None and declared is not None and not _is_steady(operation, declared):
                place = OperationPlace(program.source, function, operation.type, operation.name)
                lacking.append(Missing(operation.type, place, "it does not compute the same on every run"))
        for value in entry.inputs:
            if not is_fixed(value.type):
                place = OperationPlace(program.source, function, "input", value.name)
                lacking.append(Missing("input", place, "only inputs of fixed shapes are compiled"))
        return tuple(lacking)

    def _plan(self, plan: Plan) -> Plan:
        from tensorlogic.engines.torch.compiled import CompiledPlan

        return CompiledPlan.of(plan)


def _is_steady(operation: Operation, op: Op) -> bool:
    """Whether an operation computes the same on every run, and results of the same shapes."""
    keeps = any(parameter.kind is State for parameter in op.parameters.values())
    return not operation.blocks and (op.pure or keeps) and all(is_fixed(value.type) for value in operation.outputs)


# What the drivers of NVIDIA's and AMD's GPUs put there; the third is NVIDIA's under Windows' Linux.
_GPU_DEVICES = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")


def _may_have_gpu() -> bool:
    """Whether it is worth a second of importing PyTorch to ask it for a GPU."""
    system = platform.system()
    if system == "Linux":
        return any(Path(device).exists() for device in _GPU_DEVICES)
    return system != "Darwin" or platform.machine() == "arm64"
