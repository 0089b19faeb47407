"""What the PyTorch engine can run, and on what.

PyTorch itself, which takes a second, is imported only to run something: looking at a model does without.
"""

from __future__ import annotations

import platform
from pathlib import Path

from tensorlogic.engines.protocol import Content, Missing, Session
from tensorlogic.engines.undeclared import undeclared
from tensorlogic.errors import EngineError, UsageError, codes, first_line
from tensorlogic.mil.program import Program


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

        from tensorlogic.engines.torch.plan import compile_plan
        from tensorlogic.engines.torch.session import TorchSession

        try:
            torch.empty(0, device=device)
        except (RuntimeError, AssertionError):
            message = f"PyTorch finds no device {device!r} on this machine"
            raise UsageError(codes.NO_DEVICE, message, help="`tl devices` tells what there is.") from None
        try:
            return TorchSession(compile_plan(program, function, torch.device(device), precision))
        except RuntimeError as error:
            message = f"the model could not be prepared: {first_line(error)}"
            raise EngineError(codes.ENGINE_FAILED, message) from error


# What the drivers of NVIDIA's and AMD's GPUs put there; the third is NVIDIA's under Windows' Linux.
_GPU_DEVICES = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")


def _may_have_gpu() -> bool:
    """Whether it is worth a second of importing PyTorch to ask it for a GPU."""
    system = platform.system()
    if system == "Linux":
        return any(Path(device).exists() for device in _GPU_DEVICES)
    return system != "Darwin" or platform.machine() == "arm64"
