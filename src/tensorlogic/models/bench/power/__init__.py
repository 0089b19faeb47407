"""What a device uses of energy, where the machine measures it."""

from __future__ import annotations

import sys
from contextlib import ExitStack

from tensorlogic.models.bench.power.meter import Meter, NoMeterError
from tensorlogic.models.bench.power.nvml import NvmlMeter
from tensorlogic.models.bench.power.powermetrics import PowermetricsMeter
from tensorlogic.models.bench.power.rapl import RaplMeter

__all__ = ["Meter", "Meters", "NoMeterError", "NvmlMeter", "PowermetricsMeter", "RaplMeter", "open_meter"]


def open_meter(device: str) -> Meter:
    """A meter for ``cpu``, ``cuda``, ``cuda:1`` or ``mps``. Raises `NoMeterError`, which says why there is none."""
    kind = device.partition(":")[0]
    if kind == "cuda":
        return NvmlMeter.of(device)
    if sys.platform == "darwin" and kind in ("cpu", "mps"):
        return PowermetricsMeter({"cpu": "CPU", "mps": "GPU"}[kind])
    if kind == "cpu":
        return RaplMeter()
    raise NoMeterError(f"nothing is known that measures {device}")


class Meters(ExitStack):
    """The meters of several devices, each opened when it is first asked for and closed at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.lacking: dict[str, str] = {}
        """Devices without a meter, and why."""
        self._open: dict[str, Meter] = {}

    def of(self, device: str) -> Meter | None:
        """The meter of `device`; None where there is none."""
        if device in self._open or device in self.lacking:
            return self._open.get(device)
        try:
            meter = self._open[device] = open_meter(device)
        except NoMeterError as error:
            self.lacking[device] = str(error)
            return None
        self.callback(meter.close)
        return meter
