"""What coremltools expects of Apple's runtime, done by TensorLogic's engines."""

# The names are coremltools' own, leading underscores and camel case included.
# ruff: noqa: N802

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Final, NamedTuple

import numpy as np

from tensorlogic.coreml.compiler import compile_model
from tensorlogic.coreml.features import Feature
from tensorlogic.errors import EngineError, TensorLogicError
from tensorlogic.models import State, load_model

_NEWEST_SPECIFICATION = 10

THIS_MACHINE: Final = "this machine"
"""What is named in place of a chip to have operations measured."""


class Options(NamedTuple):
    """How models are loaded: what `load_model` takes."""

    engine: str = "auto"
    device: str = "auto"
    precision: str = "auto"

    def within(self, compute_units: str) -> Options:
        """The same, with the one device that the compute units may leave to choose."""
        only = self.device == "auto" and compute_units == "CPU_ONLY"
        return self._replace(device="cpu") if only else self


@contextmanager
def _as_runtime_error() -> Iterator[None]:
    """What Core ML refuses is a `RuntimeError` for coremltools; one of a failed prediction begins with these words."""
    try:
        yield
    except EngineError as error:
        raise RuntimeError(f"Unable to compute the prediction using ML Program. {error}") from error
    except TensorLogicError as error:
        raise RuntimeError(str(error)) from error


class _MLModelProxy:
    """A loaded model."""

    options: ClassVar = Options()

    def __init__(
        self,
        path: str,
        compute_units: str,
        function: str,
        optimization_hints: Mapping[str, str],
        asset: _MLModelAssetProxy | None,
    ) -> None:
        # Hints are about Apple's devices; the asset is kept for as long as the model reads its weights.
        self._asset = asset
        self._path = path if asset is None else asset.path
        start = time.perf_counter_ns()
        with _as_runtime_error():
            options = self.options.within(compute_units)
            self.model = load_model(self._path, **options._asdict(), function=function or None)
        self._load_duration = time.perf_counter_ns() - start
        self._predict_duration: int | None = None

    def predict(self, data: Mapping[str, Any], state: _State | None = None) -> dict[str, Any]:
        start = time.perf_counter_ns()
        outputs = self._predict(data, state)
        self._predict_duration = time.perf_counter_ns() - start
        return outputs

    def batchPredict(self, data: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
        start = time.perf_counter_ns()
        outputs = [self._predict(each, None) for each in data]
        self._predict_duration = time.perf_counter_ns() - start
        return outputs

    def _predict(self, data: Mapping[str, Any], state: _State | None) -> dict[str, Any]:
        features = {feature.name: feature for feature in self.model.inputs}
        given = {name: _converted(value, features.get(name)) for name, value in data.items()}
        with _as_runtime_error():
            return dict(self.model.predict(given, state=None if state is None else state.state))

    def newState(self) -> _State:
        with _as_runtime_error():
            return _State(self.model.make_state())

    def get_load_duration_in_nano_seconds(self) -> int:
        return self._load_duration

    def get_last_predict_duration_in_nano_seconds(self) -> int | None:
        return self._predict_duration

    def get_compiled_model_path(self) -> str:
        return str(self._compiled[1])

    @cached_property
    def _compiled(self) -> tuple[tempfile.TemporaryDirectory[str] | None, Path]:
        """The compiled model, and the folder that goes when this object does."""
        if self._path.rstrip("/").endswith(".mlmodelc"):
            return None, Path(self._path)
        folder = tempfile.TemporaryDirectory()
        with _as_runtime_error():
            return folder, compile_model(Path(self._path), Path(folder.name))

    @staticmethod
    def compileModel(path: str) -> str:
        with _as_runtime_error():
            return str(compile_model(Path(path), Path(tempfile.mkdtemp())))

    @staticmethod
    def maximum_supported_specification_version() -> int:
        return _NEWEST_SPECIFICATION

    @staticmethod
    def create_model_asset_from_path(path: str) -> Any:
        from coremltools.models.model import MLModelAsset

        return MLModelAsset(_MLModelAssetProxy(path))

    @staticmethod
    def create_model_asset_from_memory(specification: bytes, blobs: Mapping[str, bytes]) -> Any:
        from coremltools.models.model import MLModelAsset

        folder = tempfile.TemporaryDirectory()
        return MLModelAsset(_MLModelAssetProxy(_written(specification, blobs, Path(folder.name)), folder))

    @staticmethod
    def get_all_compute_devices() -> list[Any]:
        from tensorlogic.coreml.shim.plan import compute_devices

        return compute_devices()

    get_available_compute_devices = get_all_compute_devices

    @staticmethod
    def get_model_structure(path: str) -> Any:
        from tensorlogic.coreml.shim.plan import described
        from tensorlogic.coreml.shim.structure import model_structure

        with _as_runtime_error():
            return model_structure(described(path).file.program)

    @classmethod
    def get_compute_plan(cls, path: str, compute_units: str) -> Any:
        from coremltools.models.compute_plan import MLComputePlan

        from tensorlogic.coreml.shim.plan import compute_plan

        with _as_runtime_error():
            plan = compute_plan(path, compute_units, _MLComputePlanProxy.chip, cls.options)
            return MLComputePlan(_MLComputePlanProxy(plan))


class _State:
    """What a stateful model remembers."""

    def __init__(self, state: State) -> None:
        self.state = state

    def read_state(self, name: str) -> Any:
        with _as_runtime_error():
            return self.state.read(name)

    def write_state(self, name: str, value: Any) -> None:
        with _as_runtime_error():
            self.state.write(name, value)


class _MLModelAssetProxy:
    """A model file, and the folder that holds it if it came from memory."""

    def __init__(self, path: str, folder: tempfile.TemporaryDirectory[str] | None = None) -> None:
        self.path = path
        self._folder = folder


class _MLCPUComputeDeviceProxy:
    """The CPU."""


class _MLGPUComputeDeviceProxy:
    """A GPU."""


class _MLNeuralEngineComputeDeviceProxy:
    """A Neural Engine: that of another machine, since none has one on which this runs."""

    def __init__(self, cores: int = 0) -> None:
        self._cores = cores

    def get_total_core_count(self) -> int:
        return self._cores


class _MLComputePlanProxy:
    """Where each operation runs, and its share of the time that a prediction takes."""

    chip: ClassVar[str | None] = None
    """What plans are for: a chip, `THIS_MACHINE`, or None for what the compute units suggest."""

    def __init__(self, plan: Any = None) -> None:
        # A `Plan`; none in what coremltools derives from this class for devices that are far away.
        self._plan = plan

    @property
    def model_structure(self) -> Any:
        return self._plan.structure

    def get_compute_device_usage_for_mlprogram_operation(self, operation: Any) -> Any:
        with _as_runtime_error():
            return self._plan.device_usage(operation)

    def get_estimated_cost_for_mlprogram_operation(self, operation: Any) -> Any:
        with _as_runtime_error():
            return self._plan.cost(operation)

    def get_compute_device_usage_for_neuralnetwork_layer(self, layer: Any) -> None:
        """Not known: neural networks are not run."""


PROXIES = (
    _MLModelProxy, _State, _MLModelAssetProxy, _MLComputePlanProxy,
    _MLCPUComputeDeviceProxy, _MLGPUComputeDeviceProxy, _MLNeuralEngineComputeDeviceProxy,
)  # fmt: skip


def _converted(value: Any, feature: Feature | None) -> Any:
    """Arrays in the type of the feature, as Core ML converts them: coremltools gives float32 for integers too."""
    if isinstance(value, np.ndarray) and feature is not None and feature.dtype is not None:
        return value.astype(feature.dtype, copy=False)
    return value


def _written(specification: bytes, blobs: Mapping[str, bytes], folder: Path) -> str:
    """A model in memory as a package in `folder`. `blobs` are named as the specification names them."""
    from coremltools.models.utils import save_spec
    from coremltools.proto.Model_pb2 import Model as Specification

    for name, blob in blobs.items():
        path = (folder / name.removeprefix("@model_path/")).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise RuntimeError(f"the blob {name!r} has a path that leads out of the model")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(blob)
    weights = folder / "weights"
    weights.mkdir(exist_ok=True)
    package = str(folder / "model.mlpackage")
    save_spec(Specification.FromString(specification), package, weights_dir=str(weights))
    return package
