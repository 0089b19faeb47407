"""Compute devices and compute plans of models that run here, in coremltools' classes."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any, Final, Protocol

from coremltools.models.compute_device import MLCPUComputeDevice, MLGPUComputeDevice
from coremltools.models.compute_plan import (
    MLComputePlanCost,
    MLComputePlanDeviceUsage,
    MLModelStructure,
    MLModelStructureProgramOperation,
)

from tensorlogic import engines
from tensorlogic.advisor.chips import DEFAULT
from tensorlogic.advisor.chips import chip as chip_of
from tensorlogic.advisor.placement import ALLOWED, ComputeUnits
from tensorlogic.coreml.arrays import ArrayType
from tensorlogic.coreml.functions import ModelFunction
from tensorlogic.coreml.images import ImageType
from tensorlogic.coreml.shim import native
from tensorlogic.coreml.shim.expected import ExpectedPlan
from tensorlogic.coreml.shim.structure import model_structure
from tensorlogic.engines.torch.session import TorchSession
from tensorlogic.models.load import detect

_KINDS = {
    "cpu": (MLCPUComputeDevice, native._MLCPUComputeDeviceProxy),
    "cuda": (MLGPUComputeDevice, native._MLGPUComputeDeviceProxy),
    "mps": (MLGPUComputeDevice, native._MLGPUComputeDeviceProxy),
}
_RUNS = 5


def compute_devices() -> list[Any]:
    """Every device of this machine that an engine computes on."""
    offered = {device for name in engines.engine_names() for device in engines.engine(name).devices()}
    return [kind(proxy()) for device, (kind, proxy) in _KINDS.items() if device in offered]


class Plan(Protocol):
    """Where the operations of a model run, and their share of the time that a prediction takes."""

    @property
    def structure(self) -> MLModelStructure:
        """The model's program."""

    def device_usage(self, operation: MLModelStructureProgramOperation) -> MLComputePlanDeviceUsage | None:
        """Where an operation runs, and where it could."""

    def cost(self, operation: MLModelStructureProgramOperation) -> MLComputePlanCost | None:
        """Its share, from 0 to 1."""


def compute_plan(path: str, compute_units: str, chip: str | None, options: native.Options) -> Plan:
    """The plan for a chip: measured on this machine, or what is expected of another.

    Without a name it is this machine, unless the compute units allow a Neural Engine, which it does not have.
    """
    model = described(path)
    units = _UNITS[compute_units]
    named = chip or (DEFAULT if "ane" in ALLOWED[units] else native.THIS_MACHINE)
    if named == native.THIS_MACHINE:
        return MeasuredPlan(model, options.within(compute_units))
    return ExpectedPlan(model, chip_of(named), units)


_UNITS: Final[dict[str, ComputeUnits]] = {units.upper(): units for units in ALLOWED}


def described(path: str) -> ModelFunction:
    """The model at a path."""
    found = detect(Path(path))
    assert isinstance(found, ModelFunction), "a folder holds a program"
    return found


class MeasuredPlan:
    """The plan of this machine."""

    def __init__(self, model: ModelFunction, options: native.Options) -> None:
        self._model = model
        self._options = options

    @cached_property
    def structure(self) -> MLModelStructure:
        """The model's program."""
        return model_structure(self._model.file.program)

    def device_usage(self, operation: MLModelStructureProgramOperation) -> MLComputePlanDeviceUsage | None:
        """The device of all operations; constants are nowhere."""
        if operation.operator_name == "const":
            return None
        kind, proxy = _KINDS[self._session.device.partition(":")[0]]
        device = kind(proxy())
        return MLComputePlanDeviceUsage(device, [device])

    def cost(self, operation: MLModelStructureProgramOperation) -> MLComputePlanCost | None:
        """The share of an operation, as measured; what is computed when the model is loaded has none."""
        weight = self._weights.get(operation.outputs[0].name)
        return None if weight is None else MLComputePlanCost(weight)

    @cached_property
    def _session(self) -> TorchSession:
        session = engines.prepare(self._model.file.program, self._model.name, "torch", *self._options[1:]).session
        assert isinstance(session, TorchSession)
        return session

    @cached_property
    def _weights(self) -> dict[str, float]:
        """The least of a few measurements each, on zeros, as parts of their sum."""
        inputs = _zeros(self._model)
        state = self._session.make_state()
        runs = [self._session.timings(inputs, state) for _ in range(_RUNS)]
        seconds = {name: min(run[name] for run in runs) for name in runs[0]}
        total = sum(seconds.values())
        return {name: each / total for name, each in seconds.items()}


def _zeros(model: ModelFunction) -> dict[str, Any]:
    return {f.name: f.type.zeros() for f in model.inputs if isinstance(f.type, ArrayType | ImageType)}
