"""Compute devices and compute plans of models that run here, in coremltools' classes."""

from __future__ import annotations

from typing import Any

from coremltools.models import compute_device as devices
from coremltools.models.compute_plan import MLComputePlanDeviceUsage, MLModelStructure

from tensorlogic import engines
from tensorlogic.coreml.shim import native
from tensorlogic.coreml.shim.structure import model_structure
from tensorlogic.models.load import program_of

_KINDS = {
    "cpu": lambda: devices.MLCPUComputeDevice(native._MLCPUComputeDeviceProxy()),
    "cuda": lambda: devices.MLGPUComputeDevice(native._MLGPUComputeDeviceProxy()),
}


def compute_devices() -> list[Any]:
    """The devices of this machine that an engine computes on."""
    offered = {device for name in engines.engine_names() for device in engines.engine(name).devices()}
    return [make() for device, make in _KINDS.items() if device in offered]
