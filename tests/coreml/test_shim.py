"""The drop-in for coremltools, as unmodified scripts meet it: each in a process of its own."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

PRELUDE = """
import asyncio
import numpy as np
import coremltools as ct
from coremltools.converters.mil import Builder as mb
from coremltools.converters.mil.mil import types

X = np.float32([[1, -2, 3]])

@mb.program(input_specs=[mb.TensorSpec(shape=(1, 3))], opset_version=ct.target.iOS15)
def program(x):
    doubled = mb.mul(x=x, y=2.0, name="doubled")
    return mb.relu(x=doubled, name="y")

model = ct.convert(program, convert_to="mlprogram", compute_precision=ct.precision.FLOAT32)
"""

# What each script does after the prelude, which has a model with y = relu(2 x).
SCRIPTS = {
    "a dictionary": """
        assert model.predict({"x": X})["y"].tolist() == [[2, 0, 6]]
    """,
    "a list": """
        first, second = model.predict([{"x": X}, {"x": -X}])
        assert (first["y"].tolist(), second["y"].tolist()) == ([[2, 0, 6]], [[0, 4, 0]])
    """,
    "durations": """
        fresh = ct.models.MLModel(model.get_spec(), weights_dir=model.weights_dir)
        assert fresh.load_duration_in_nano_seconds > 0
        assert fresh.last_predict_duration_in_nano_seconds is None
        fresh.predict({"x": X})
        assert fresh.last_predict_duration_in_nano_seconds > 0
    """,
    "a saved package": """
        model.save("m.mlpackage")
        again = ct.models.MLModel("m.mlpackage", compute_units=ct.ComputeUnit.CPU_ONLY)
        assert again.predict({"x": X})["y"].tolist() == [[2, 0, 6]]
    """,
    "integers given as floats": """
        @mb.program(input_specs=[mb.TensorSpec(shape=(2,), dtype=types.int32)], opset_version=ct.target.iOS15)
        def counting(n):
            return mb.add(x=n, y=np.int32(1), name="more")
        counted = ct.convert(counting, convert_to="mlprogram").predict({"n": np.float32([1, 2])})["more"]
        assert counted.dtype == np.int32 and counted.tolist() == [2, 3]
    """,
    "a wrong name": """
        try:
            model.predict({"z": X})
        except KeyError as error:
            assert "does not match any of the model input" in str(error)
        else:
            raise AssertionError
    """,
    "a wrong shape": """
        try:
            model.predict({"x": np.zeros((2, 5))})
        except RuntimeError as error:
            assert "[2, 5]" in str(error) and "[1, 3]" in str(error)
        else:
            raise AssertionError
    """,
    "states": """
        @mb.program(
            input_specs=[mb.TensorSpec(shape=(2,), dtype=types.fp16), mb.StateTensorSpec(shape=(2,), dtype=types.fp16)],
            opset_version=ct.target.iOS18,
        )
        def counter(x, total):
            before = mb.read_state(input=total)
            return mb.coreml_update_state(state=total, value=mb.add(x=before, y=x), name="after")
        stateful = ct.convert(counter, convert_to="mlprogram", minimum_deployment_target=ct.target.iOS18)
        state, other = stateful.make_state(), stateful.make_state()
        x = np.float16([1, 2])
        assert stateful.predict({"x": x}, state=state)["after"].tolist() == [1, 2]
        assert stateful.predict({"x": x}, state=state)["after"].tolist() == [2, 4]
        assert state.read_state("total").tolist() == [2, 4]
        state.write_state("total", np.float32([5, 5]))
        assert stateful.predict({"x": x}, state=state)["after"].tolist() == [6, 7]
        assert other.read_state("total").tolist() == [0, 0]
    """,
    "functions": """
        @mb.program(input_specs=[mb.TensorSpec(shape=(1, 3))], opset_version=ct.target.iOS18)
        def negating(x):
            return mb.mul(x=x, y=-1.0, name="y")
        for name, each in (("double", program), ("negate", negating)):
            ct.convert(each, minimum_deployment_target=ct.target.iOS18).save(f"{name}.mlpackage")
        wanted = ct.utils.MultiFunctionDescriptor()
        wanted.add_function("double.mlpackage", "main", "double")
        wanted.add_function("negate.mlpackage", "main", "negate")
        wanted.default_function_name = "double"
        ct.utils.save_multifunction(wanted, "both.mlpackage")
        assert ct.models.MLModel("both.mlpackage").predict({"x": X})["y"].tolist() == [[2, 0, 6]]
        negate = ct.models.MLModel("both.mlpackage", function_name="negate")
        assert negate.predict({"x": X})["y"].tolist() == [[-1, 2, -3]]
    """,
    "compiling": """
        model.save("m.mlpackage")
        path = ct.models.utils.compile_model("m.mlpackage", "m.mlmodelc")
        compiled = ct.models.CompiledMLModel(path, ct.ComputeUnit.CPU_ONLY)
        assert compiled.predict({"x": X})["y"].tolist() == [[2, 0, 6]]
        assert ct.models.CompiledMLModel(model.get_compiled_model_path()).predict({"x": X})["y"].shape == (1, 3)
    """,
    "assets": """
        asset = ct.models.model.MLModelAsset.from_memory(model.get_spec().SerializeToString())
        compiled = ct.models.CompiledMLModel.from_asset(asset)
        assert compiled.predict({"x": X})["y"].tolist() == [[2, 0, 6]]
        path = ct.models.model.MLModelAsset.from_path(model.get_compiled_model_path())
        assert ct.models.CompiledMLModel.from_asset(path).predict({"x": X})["y"].tolist() == [[2, 0, 6]]
        weight = {"../../out.bin": b""}
        try:
            ct.models.model.MLModelAsset.from_memory(model.get_spec().SerializeToString(), weight)
        except RuntimeError as error:
            assert "leads out" in str(error)
        else:
            raise AssertionError
    """,
    "an unsupported kind": """
        import warnings
        @mb.program(input_specs=[mb.TensorSpec(shape=(1, 3))])
        def old(x):
            return mb.relu(x=x, name="y")
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            network = ct.convert(old, convert_to="neuralnetwork")
        assert any("neuralNetwork" in str(each.message) for each in caught)
        try:
            network.predict({"x": X})
        except RuntimeError as error:
            assert "neuralNetwork" in str(error)
        else:
            raise AssertionError
    """,
    "inspecting": """
        from coremltools.models.ml_program.experimental.debugging_utils import MLModelInspector
        async def seen():
            return {name: value async for name, value in MLModelInspector(model).inspect(inputs={"x": X})}
        values = asyncio.run(seen())
        assert values["doubled"].tolist() == [[2, -4, 6]]
    """,
    "validating": """
        from coremltools.models.ml_program.experimental.debugging_utils import MLModelValidator
        @mb.program(input_specs=[mb.TensorSpec(shape=(1, 3))], opset_version=ct.target.iOS15)
        def dividing(x):
            return mb.relu(x=mb.real_div(x=1.0, y=x, name="inverse"), name="y")
        divided = ct.convert(dividing, convert_to="mlprogram", compute_precision=ct.precision.FLOAT32)
        found = asyncio.run(MLModelValidator(divided).find_failing_ops_with_infinite_output({"x": np.zeros((1, 3))}))
        assert [operation.outputs[0].name for operation in found] == ["inverse"]
    """,
    "comparing": """
        from coremltools.models.ml_program.experimental.debugging_utils import MLModelComparator
        same = MLModelComparator(model, model)
        compare = lambda operation, reference, target: np.allclose(reference, target)
        assert asyncio.run(same.find_failing_ops({"x": X}, compare)) == []
    """,
    "benchmarking": """
        from coremltools.models.ml_program.experimental.perf_utils import MLModelBenchmarker
        benchmarker = MLModelBenchmarker(model)
        assert len(asyncio.run(benchmarker.benchmark_load(iterations=2)).samples) == 2
        assert asyncio.run(benchmarker.benchmark_predict(iterations=2)).statistics.median > 0
        operations = asyncio.run(benchmarker.benchmark_operation_execution(iterations=2))
        timed = {each.spec.type for each in operations if each.measurement.statistics is not None}
        assert timed == {"mul", "relu"}
    """,
    "a compute plan": """
        from coremltools.models.compute_plan import MLComputePlan
        plan = MLComputePlan.load_from_path(model.get_compiled_model_path(), ct.ComputeUnit.CPU_ONLY)
        operations = plan.model_structure.program.functions["main"].block.operations
        costs = [plan.get_estimated_cost_for_mlprogram_operation(each) for each in operations]
        assert abs(sum(cost.weight for cost in costs if cost) - 1) < 1e-6
        usage = plan.get_compute_device_usage_for_mlprogram_operation(operations[-1])
        assert isinstance(usage.preferred_compute_device, ct.models.compute_device.MLCPUComputeDevice)
    """,
    "a plan for a chip": """
        import warnings
        from coremltools.models.compute_device import MLCPUComputeDevice as CPU
        from coremltools.models.compute_device import MLGPUComputeDevice as GPU
        from coremltools.models.compute_device import MLNeuralEngineComputeDevice as Engine
        from coremltools.models.compute_plan import MLComputePlan
        from tensorlogic.coreml import shim
        from tensorlogic.errors import UsageError

        # A convolution of 2.4 GFLOP on the one side, on the other an operation that the Neural Engine does not have.
        @mb.program(input_specs=[mb.TensorSpec((1, 256, 64, 64), types.fp16)], opset_version=ct.target.iOS16)
        def heavy(x):
            y = mb.conv(x=x, weight=np.ones((256, 256, 3, 3), np.float16), pad_type="same", name="convolved")
            return mb.cumsum(x=mb.relu(x=y, name="positive"), axis=1, name="y")
        model = ct.convert(heavy, minimum_deployment_target=ct.target.iOS16)
        path = model.get_compiled_model_path()

        def plan(units, name):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                found = MLComputePlan.load_from_path(path, units)
            operations = found.model_structure.program.functions["main"].block.operations
            costs = [found.get_estimated_cost_for_mlprogram_operation(each) for each in operations]
            assert abs(sum(cost.weight for cost in costs if cost) - 1) < 1e-9
            (one,) = (each for each in operations if each.outputs[0].name == name)
            usage = found.get_compute_device_usage_for_mlprogram_operation(one)
            cost = found.get_estimated_cost_for_mlprogram_operation(one)
            kinds = [type(each) for each in usage.supported_compute_devices]
            constant = next(each for each in operations if each.operator_name == "const")
            assert found.get_compute_device_usage_for_mlprogram_operation(constant) is None
            return usage, cost, kinds, [str(each.message) for each in caught]

        units = ct.ComputeUnit
        usage, cost, kinds, warned = plan(units.CPU_AND_NE, "convolved")
        assert isinstance(usage.preferred_compute_device, Engine)
        assert usage.preferred_compute_device.total_core_count == 16
        assert kinds == [CPU, Engine]
        assert (usage.chip, cost.chip, usage.eligible, usage.reasons) == ("M1", "M1", "yes", ())
        assert 0.5 < cost.weight < 1
        assert len(warned) == 1 and "estimated for an M1" in warned[0] and "nothing was run" in warned[0]

        from tensorlogic.advisor import advise
        from tensorlogic.advisor.on_device import agreement, preferred
        found = preferred(MLComputePlan.load_from_path(path, units.CPU_AND_NE))
        assert list(found) == ["convolved", "positive", "y"]
        agreed = agreement(advise(path, units="cpu_and_ne"), found)
        assert (agreed.share, agreed.share_of_flops, agreed.unexpected) == (1, 1, ())

        usage, cost, kinds, warned = plan(units.ALL, "y")
        assert not isinstance(usage.preferred_compute_device, Engine)
        assert kinds == [CPU, GPU]
        assert usage.eligible == "no" and "CPU" in usage.reasons[0]

        usage, cost, kinds, warned = plan(units.CPU_AND_GPU, "y")
        assert not hasattr(usage, "chip") and not warned  # measured
        try:
            shim.plan_for("M4 ultra")
            usage, cost, kinds, warned = plan(units.CPU_AND_GPU, "convolved")
        except UsageError as error:
            assert "M4 ultra" in str(error)
        else:
            raise AssertionError
        try:
            shim.plan_for("m3 ultra")
            usage, cost, kinds, warned = plan(units.ALL, "convolved")
            assert usage.chip == "M3 Ultra" and "M3 Ultra" in warned[0] and len(kinds) == 3
            shim.plan_for("M1")
            usage, cost, kinds, warned = plan(units.CPU_ONLY, "convolved")
            assert usage.chip == "M1" and kinds == [CPU]
            shim.plan_for("this machine")
            usage, cost, kinds, warned = plan(units.CPU_AND_NE, "convolved")
            assert not hasattr(usage, "chip") and Engine not in kinds
        finally:
            shim.plan_for()
    """,
    "devices": """
        devices = ct.models.MLModel.get_available_compute_devices()
        assert any(isinstance(each, ct.models.compute_device.MLCPUComputeDevice) for each in devices)
        assert not any(isinstance(each, ct.models.compute_device.MLNeuralEngineComputeDevice) for each in devices)
    """,
}


def run(*command: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join(sys.path)
    environment = {**os.environ, "PYTHONPATH": paths}
    arguments = [sys.executable, *map(str, command)]
    return subprocess.run(arguments, capture_output=True, text=True, cwd=cwd, env=environment, check=False, timeout=300)


def script(name: str) -> str:
    """The steps of a script within a function, so that one that fails is named."""
    lines = SCRIPTS[name].rstrip().replace("\n        ", "\n    ")
    return (
        f"def test_{re.sub(r'[^a-z]', '_', name)}(tmp_path, monkeypatch):\n    monkeypatch.chdir(tmp_path){lines}\n\n\n"
    )


def test_scripts_written_for_a_mac_run_unchanged(tmp_path: Path) -> None:
    """All in one process: starting coremltools takes most of the time."""
    (tmp_path / "test_scripts.py").write_text(PRELUDE + "\n\n" + "".join(map(script, SCRIPTS)))
    done = run(
        "-m", "pytest", "-q", "-p", "tensorlogic.coreml.pytest_plugin", "-W", "ignore", "test_scripts.py", cwd=tmp_path
    )
    assert f"{len(SCRIPTS)} passed" in done.stdout, done.stdout + done.stderr


def test_a_script_as_a_command(tmp_path: Path) -> None:
    lines = ["import sys, helper", "print(sys.argv[1:], __name__, float(model.predict({'x': X})['y'][0, 2]))"]
    (tmp_path / "helper.py").write_text("")
    (tmp_path / "script.py").write_text(PRELUDE + "\n".join(lines))
    done = run("-m", "tensorlogic.coreml", "--device", "cpu", tmp_path / "script.py", "--fast", 1, cwd=tmp_path)
    assert done.stdout.splitlines()[-1] == "['--fast', '1'] __main__ 6.0", done.stderr


def test_a_script_that_is_not_there(tmp_path: Path) -> None:
    done = run("-m", "tensorlogic.coreml", "nowhere.py", cwd=tmp_path)
    assert done.returncode == 2
    assert "there is no file 'nowhere.py'" in done.stderr


def test_a_chip_that_is_not_known(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text("")
    done = run("-m", "tensorlogic.coreml", "--chip", "M99", "script.py", cwd=tmp_path)
    assert done.returncode == 1
    assert "no facts about a chip 'M99'" in done.stderr


def test_installing_late_and_twice(tmp_path: Path) -> None:
    lines = [
        "assert model.__proxy__ is None",
        "from tensorlogic.coreml import shim",
        "assert shim.install() and shim.install(precision='f16')",
        "model.save('m.mlpackage')",
        "assert ct.models.MLModel('m.mlpackage').predict({'x': X})['y'].tolist() == [[2, 0, 6]]",
        "assert sys.platform == platform",
    ]
    (tmp_path / "late.py").write_text("import sys; platform = sys.platform" + PRELUDE + "\n".join(lines))
    done = run("late.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("sys.platform = 'darwin'; assert not shim.install(); assert 'coremltools' not in sys.modules", "On a Mac"),
        (
            "sys.modules['coremltools'] = None\ntry: shim.install()\nexcept Exception as e: print(e, file=sys.stderr)",
            "TL0804",
        ),
    ],
)
def test_where_nothing_is_installed(tmp_path: Path, lines: str, says: str) -> None:
    done = run("-c", f"import sys\nfrom tensorlogic.coreml import shim\n{lines}", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert says in done.stderr


def test_the_page_of_the_documentation_runs(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "coremltools.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (tmp_path / "page.py").write_text(block)
    done = run("page.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


# Of coremltools' own tests of what its native module is for: those that are quick. The rest is in `make test-all`.
OWN = {
    "ml_program/experimental/test_debugging_utils.py": "test_output_value or test_invalid_output or test_inf_outputs",
    "ml_program/experimental/test_compute_plan_utils.py": "not neural_network",
    "ml_program/experimental/test_async_wrapper.py": "",
    "api/test_api_examples.py": "TestMLModelAsset",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", OWN)
def test_tests_of_coremltools(tmp_path: Path, name: str) -> None:
    spec = importlib.util.find_spec("coremltools")
    assert spec is not None and spec.submodule_search_locations
    folder = Path(spec.submodule_search_locations[0], "test")
    # They leave out Macs with Intel's processors, by asking for this machine's.
    (tmp_path / "arm.py").write_text("import platform; platform.machine = lambda: 'arm64'")
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\n")
    plugins = ["-p", "arm", "-p", "tensorlogic.coreml.pytest_plugin", "-c", tmp_path / "pytest.ini"]
    done = run("-m", "pytest", "-q", "-W", "ignore", *plugins, folder / name, "-k", OWN[name], cwd=tmp_path)
    assert re.search(r"^\d+ passed(, \d+ deselected)? in", done.stdout, re.MULTILINE), done.stdout + done.stderr
