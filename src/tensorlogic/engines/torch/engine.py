"""What the PyTorch engine can run, and on what.

PyTorch itself, which takes a second, is imported only to run something: looking at a model does without.
"""

from __future__ import annotations

from tensorlogic.engines import Missing, Session
from tensorlogic.errors import EngineError, OperationPlace, UsageError, codes
from tensorlogic.mil.ops import declaration
from tensorlogic.mil.program import Program


class TorchEngine:
    """Runs every operation with PyTorch."""

    name = "torch"

    def devices(self) -> tuple[str, ...]:
        """What PyTorch finds on this machine, the fastest first."""
        import torch

        offered = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
        return tuple(device for device, available in offered.items() if available)

    def missing(self, program: Program, function: str) -> tuple[Missing, ...]:
        """The operations that have no declaration in the function's opset; what is declared is implemented."""
        entry = program.functions[function]
        found = []
        for operation in entry.body.walk():
            if operation.constant is not None:
                continue
            if declaration(operation.type, entry.opset) is None:
                place = OperationPlace(program.source, function, operation.type, operation.name)
                found.append(Missing(operation.type, place, f"iOS {entry.opset} programs with it cannot run yet"))
        return tuple(found)

    def prepare(self, program: Program, function: str, device: str, precision: str) -> Session:
        """Bind every operation to its implementation and compute what depends on constants alone."""
        import torch

        from tensorlogic.engines.torch.graph import capture
        from tensorlogic.engines.torch.plan import compile_plan
        from tensorlogic.engines.torch.session import TorchSession
        from tensorlogic.engines.torch.step import first_line

        try:
            torch.empty(0, device=device)
        except (RuntimeError, AssertionError):
            message = f"PyTorch finds no device {device!r} on this machine"
            raise UsageError(codes.NO_DEVICE, message, help="`tl devices` tells what there is.") from None
        try:
            plan = compile_plan(program, function, torch.device(device), precision)
            return TorchSession(plan, capture if plan.target.device.type == "cuda" else None)
        except RuntimeError as error:
            message = f"the model could not be prepared: {first_line(error)}"
            raise EngineError(codes.ENGINE_FAILED, message) from error
