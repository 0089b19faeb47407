"""A Mac's plan beside what is expected, with a plan that is made up: no test runs on Apple's hardware."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tensorlogic.advisor import Advice, advise
from tensorlogic.advisor.on_device import Difference, agreement, on_device, preferred
from tensorlogic.errors import EngineError, UsageError

pytestmark = pytest.mark.filterwarnings("ignore")

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


PLAN = Plan(
    ("const", "weight", None, []),
    ("ios18.constexpr_lut_to_dense", "palettized", CPU, [CPU]),
    ("ios15.matmul", "product", CPU, [CPU]),
    ("ios15.add", "sum", ANE, [CPU, GPU, ANE]),
    ("ios15.cast", "inserted", CPU, [CPU, GPU]),
    ("identity", "nowhere", None, []),
)


@pytest.fixture(scope="module")
def advice(tmp_path_factory: pytest.TempPathFactory) -> Advice:
    """Of a product (2 x 4 x 3 floating-point operations), a sum (3) and an activation, all tiny: on the CPU."""
    import coremltools as ct
    import numpy as np
    from coremltools.converters.mil import Builder as mb  # noqa: N813 (its usual name)
    from coremltools.converters.mil.mil import types

    @mb.program(input_specs=[mb.TensorSpec((1, 4), types.fp16)], opset_version=ct.target.iOS16)
    def program(x):
        y = mb.matmul(x=x, y=np.ones((4, 3), np.float16), name="product")
        return mb.relu(x=mb.add(x=y, y=np.ones(3, np.float16), name="sum"), name="positive")

    path = tmp_path_factory.mktemp("model") / "m.mlpackage"
    keep = ct.PassPipeline.EMPTY
    model = ct.convert(program, minimum_deployment_target=ct.target.iOS16, skip_model_load=True, pass_pipeline=keep)
    model.save(str(path))
    return advise(path, units="cpu_and_ne")


def test_what_a_plan_says() -> None:
    plan = preferred(PLAN)
    assert {name: (each.type, each.unit, each.supported) for name, each in plan.items()} == {
        "product": ("matmul", "cpu", ("cpu",)),
        "sum": ("add", "ane", ("cpu", "gpu", "ane")),
        "inserted": ("cast", "cpu", ("cpu", "gpu")),
    }


def test_what_agrees(advice: Advice) -> None:
    found = agreement(advice, preferred(PLAN))
    assert (found.compared, found.share, found.share_of_flops) == (2, 1 / 2, 24 / 27)
    assert found.differences == (Difference("sum", "add", "cpu", "ane", "yes", supported=True),)
    assert (found.unplanned, found.unexpected) == (("positive",), ("inserted",))
    assert found.as_dict()["differences"][0]["preferred"] == "ane"


def test_nothing_to_compare(advice: Advice) -> None:
    found = agreement(advice, {})
    assert (found.compared, found.share, found.share_of_flops) == (0, 0, 0)
    assert found.unplanned == ("product", "sum", "positive")


@pytest.fixture
def on_a_mac(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """A coremltools as on a Mac, and what is asked of it."""
    asked: list[tuple[str, ...]] = []

    def compile_model(path: str, to: str) -> str:
        asked.append(("compile", path))
        return to

    def load_from_path(path: str, units: str) -> Plan:
        asked.append(("plan", Path(path).name, units))
        return PLAN

    models = SimpleNamespace(
        utils=SimpleNamespace(compile_model=compile_model),
        compute_plan=SimpleNamespace(MLComputePlan=SimpleNamespace(load_from_path=load_from_path)),
    )
    units = {"ALL": "every unit", "CPU_AND_NE": "the CPU and the Neural Engine"}
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setitem(sys.modules, "coremltools", SimpleNamespace(models=models, ComputeUnit=units))
    return asked


def test_a_package_is_compiled_first(on_a_mac: list[tuple[str, ...]]) -> None:
    assert on_device("a/m.mlpackage", "cpu_and_ne") == preferred(PLAN)
    assert on_a_mac == [("compile", "a/m.mlpackage"), ("plan", "m.mlmodelc", "the CPU and the Neural Engine")]


def test_a_compiled_model_is_asked_as_it_is(on_a_mac: list[tuple[str, ...]]) -> None:
    on_device("a/m.mlmodelc")
    assert on_a_mac == [("plan", "m.mlmodelc", "every unit")]


def test_core_ml_refuses(on_a_mac: list[tuple[str, ...]]) -> None:
    with pytest.raises(EngineError, match=r"no plan for 'm\.mlmodelc'.*'other'"):
        on_device("m.mlmodelc", function="other")


def test_without_a_mac_or_coremltools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(UsageError, match="only a Mac has a plan of its own"):
        on_device("m.mlpackage")
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setitem(sys.modules, "coremltools", None)
    with pytest.raises(UsageError, match="is not installed"):
        on_device("m.mlpackage")
