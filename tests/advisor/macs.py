"""A Mac that is made up: its devices, its plans, and the coremltools that asks for them."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

CPU, GPU, ANE = (type(f"ML{kind}ComputeDevice", (), {})() for kind in ("CPU", "GPU", "NeuralEngine"))


class Plan:
    """What coremltools' ``MLComputePlan`` answers; rows are the type, the name, the preferred and supported devices."""

    def __init__(self, *rows: tuple[str, str, Any, list[Any]]) -> None:
        self._usages = {
            name: SimpleNamespace(preferred_compute_device=device, supported_compute_devices=supported)
            for _, name, device, supported in rows
            if device is not None
        }
        operations = [
            SimpleNamespace(operator_name=type, outputs=[SimpleNamespace(name=name)]) for type, name, *_ in rows
        ]
        main = SimpleNamespace(block=SimpleNamespace(operations=operations))
        self.model_structure = SimpleNamespace(program=SimpleNamespace(functions={"main": main}))

    def get_compute_device_usage_for_mlprogram_operation(self, operation: Any) -> Any:
        return self._usages.get(operation.outputs[0].name)


def pretend(monkeypatch: pytest.MonkeyPatch, plan: Plan) -> list[tuple[str, ...]]:
    """Give this machine a coremltools as on a Mac, which answers with a plan; and what is asked of it."""
    asked: list[tuple[str, ...]] = []

    def compile_model(path: str, to: str) -> str:
        asked.append(("compile", path))
        return to

    def load_from_path(path: str, units: str) -> Plan:
        asked.append(("plan", Path(path).name, units))
        return plan

    models = SimpleNamespace(
        utils=SimpleNamespace(compile_model=compile_model),
        compute_plan=SimpleNamespace(MLComputePlan=SimpleNamespace(load_from_path=load_from_path)),
    )
    units = {"ALL": "every unit", "CPU_AND_NE": "the CPU and the Neural Engine"}
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setitem(sys.modules, "coremltools", SimpleNamespace(models=models, ComputeUnit=units))
    return asked
