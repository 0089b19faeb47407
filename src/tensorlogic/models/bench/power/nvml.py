"""The energy counters of NVIDIA's GPUs."""

from __future__ import annotations

from importlib import import_module

from tensorlogic.models.bench.power.meter import NoMeterError


class NvmlMeter:
    """One GPU, by its identifier, which other orders of the same GPUs do not change."""

    def __init__(self, identifier: str) -> None:
        try:
            self._nvml = import_module("pynvml")
        except ImportError:
            raise NoMeterError("it takes the package nvidia-ml-py: pip install 'tensorlogic-lang[bench]'") from None
        try:
            self._nvml.nvmlInit()
        except self._nvml.NVMLError as error:
            raise NoMeterError(f"NVIDIA's library says: {error}") from None
        try:
            self._gpu = self._nvml.nvmlDeviceGetHandleByUUID(identifier)
            self.joules()
        except self._nvml.NVMLError as error:
            self.close()
            raise NoMeterError(f"NVIDIA's library says: {error}") from None

    @classmethod
    def of(cls, device: str) -> NvmlMeter:
        """The meter of ``cuda`` or ``cuda:1``, as PyTorch counts the GPUs."""
        import torch

        try:
            found = torch.cuda.get_device_properties(torch.device(device))
        except (RuntimeError, AssertionError):
            raise NoMeterError(f"PyTorch finds no device {device}") from None
        return cls(f"GPU-{found.uuid}")

    def joules(self) -> float:
        """The energy of the GPU since its driver was loaded."""
        return float(self._nvml.nvmlDeviceGetTotalEnergyConsumption(self._gpu)) / 1e3

    def close(self) -> None:
        """Leave NVIDIA's library."""
        self._nvml.nvmlShutdown()
