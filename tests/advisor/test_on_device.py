"""A Mac's plan beside what is expected, with a plan that is made up: no test runs on Apple's hardware."""

from __future__ import annotations

import sys

import pytest

from tensorlogic.advisor import Advice, advise
from tensorlogic.advisor.on_device import Difference, agreement, on_device, preferred
from tensorlogic.errors import EngineError, UsageError
from tests.advisor.macs import ANE, CPU, GPU, Plan, pretend

pytestmark = pytest.mark.filterwarnings("ignore")

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
    return pretend(monkeypatch, PLAN)


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
