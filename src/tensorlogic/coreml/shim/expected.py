"""Compute plans of chips that are elsewhere, in coremltools' classes: what the advisor expects, nothing measured."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from coremltools.models.compute_device import MLCPUComputeDevice, MLGPUComputeDevice, MLNeuralEngineComputeDevice
from coremltools.models.compute_plan import (
    MLComputePlanCost,
    MLComputePlanDeviceUsage,
    MLModelStructure,
    MLModelStructureProgramOperation,
)

from tensorlogic.advisor.chips import Chip
from tensorlogic.advisor.placement import ALLOWED, ComputeUnits, Placed, Placement, place
from tensorlogic.advisor.shares import shares
from tensorlogic.advisor.subject import graph_of
from tensorlogic.advisor.units import Unit
from tensorlogic.coreml.functions import ModelFunction, read_function
from tensorlogic.coreml.shim import native
from tensorlogic.coreml.shim.structure import model_structure
from tensorlogic.mil import Operation


@dataclass(frozen=True)
class ExpectedDeviceUsage(MLComputePlanDeviceUsage):  # type: ignore[misc]
    """Where an operation is expected to run, estimated from the file alone."""

    chip: str
    """The chip that it is expected of."""
    eligible: str
    """Whether the Neural Engine takes it: ``yes``, ``risk``, ``no`` or ``unknown``."""
    reasons: tuple[str, ...]
    """Why it does not, or may not."""


@dataclass(frozen=True)
class EstimatedCost(MLComputePlanCost):  # type: ignore[misc]
    """The part of an operation in the time of a prediction, estimated from the file alone."""

    chip: str
    """The chip that it is estimated for."""


class ExpectedPlan:
    """Where the operations of a model are expected to run on a chip, and their estimated share of the time."""

    def __init__(self, model: ModelFunction, chip: Chip, units: ComputeUnits) -> None:
        self._model = model
        self._chip = chip
        self._units = units
        self._devices = _devices(chip)
        warnings.warn(_ESTIMATED.format(chip=chip.name), stacklevel=5)  # the caller of coremltools

    @cached_property
    def structure(self) -> MLModelStructure:
        """The model's program."""
        return model_structure(self._model.file.program)

    def device_usage(self, operation: MLModelStructureProgramOperation) -> ExpectedDeviceUsage | None:
        """The devices of an operation; one in an inner block is where the whole block is, constants are nowhere."""
        placed = self._placed.get(id(operation.__proxy__))
        if placed is None:
            return None
        verdict = placed.eligibility
        supported = [self._devices[unit] for unit in reversed(ALLOWED[self._units]) if unit != "ane" or verdict.may_run]
        reasons = tuple(reason.text for reason in verdict.reasons)
        return ExpectedDeviceUsage(self._devices[placed.unit], supported, self._chip.name, verdict.verdict, reasons)

    def cost(self, operation: MLModelStructureProgramOperation) -> EstimatedCost | None:
        """The share of an operation in its function; none of constants, nor of what an inner block holds."""
        weight = self._weights.get(id(operation.__proxy__))
        return None if weight is None else EstimatedCost(weight, self._chip.name)

    @cached_property
    def _placed(self) -> dict[int, Placed]:
        """By the identity of operations: names are unique within a function only."""
        every = (placed for placement in self._placements for placed in placement.operations)
        return {id(each): placed for placed in every for each in _with_inner(placed.site.operation)}

    @cached_property
    def _weights(self) -> dict[int, float]:
        every = (shares(placement, self._chip) for placement in self._placements)
        return {id(site.operation): share for of_function in every for site, share in of_function.items()}

    @cached_property
    def _placements(self) -> list[Placement]:
        file = self._model.file
        graphs = [graph_of(read_function(file, name)) for name in file.functions]
        return [place(graph, self._chip, self._units) for graph in graphs]


_ESTIMATED = (
    "This compute plan is estimated for an {chip}, from the file alone: nothing was run. "
    "tensorlogic.coreml.shim.plan_for names another chip, or 'this machine', where operations are measured."
)


def _devices(chip: Chip) -> dict[Unit, Any]:
    return {
        "cpu": MLCPUComputeDevice(native._MLCPUComputeDeviceProxy()),
        "gpu": MLGPUComputeDevice(native._MLGPUComputeDeviceProxy()),
        "ane": MLNeuralEngineComputeDevice(native._MLNeuralEngineComputeDeviceProxy(chip.cores)),
    }


def _with_inner(operation: Operation) -> list[Operation]:
    return [operation, *(each for block in operation.blocks for each in block.walk())]
