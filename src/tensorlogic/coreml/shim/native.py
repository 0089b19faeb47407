"""What coremltools expects of Apple's runtime, done by TensorLogic's engines."""

# The names are coremltools' own, leading underscores and camel case included.
# ruff: noqa: N801, N802

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, NamedTuple

import numpy as np

from tensorlogic.coreml.features import Feature
from tensorlogic.errors import TensorLogicError
from tensorlogic.models import load_model

_NEWEST_SPECIFICATION = 10


class Options(NamedTuple):
    """How models are loaded."""

    engine: str
    device: str
    precision: str


class _MLModelProxy:
    """A loaded model."""

    options: ClassVar[Options] = Options("auto", "auto", "auto")

    def __init__(self, path: str, compute_units: str, function: str, hints: Mapping[str, str], asset: Any) -> None:
        engine, device, precision = self.options
        if device == "auto" and compute_units == "CPU_ONLY":
            device = "cpu"
        start = time.perf_counter_ns()
        with _runtime_errors():
            self._model = load_model(path, device=device, precision=precision, engine=engine)
        self._load_duration = time.perf_counter_ns() - start
        self._predict_duration: int | None = None

    def predict(self, data: Mapping[str, Any], state: Any = None) -> dict[str, Any]:
        features = {feature.name: feature for feature in self._model.inputs}
        start = time.perf_counter_ns()
        with _runtime_errors():
            given = {name: _converted(value, features.get(name)) for name, value in data.items()}
            outputs = dict(self._model.predict(given))
        self._predict_duration = time.perf_counter_ns() - start
        return outputs

    def batchPredict(self, data: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
        return [self.predict(each) for each in data]

    def newState(self) -> _State:
        return _State(self._model.make_state())

    def get_load_duration_in_nano_seconds(self) -> int:
        return self._load_duration

    def get_last_predict_duration_in_nano_seconds(self) -> int | None:
        return self._predict_duration

    @property
    def operations(self) -> set[str]:
        """The types of all operations of the loaded function."""
        return {operation.type for operation in self._model._program.functions["main"].body.walk()}

    @staticmethod
    def maximum_supported_specification_version() -> int:
        return _NEWEST_SPECIFICATION


class _State:
    """The state of a model between predictions."""

    def __init__(self, state: Any) -> None:
        self.state = state

    def read_state(self, name: str) -> Any:
        with _runtime_errors():
            return self.state[name]

    def write_state(self, name: str, value: Any) -> None:
        with _runtime_errors():
            self.state[name] = value


class _MLModelAssetProxy:
    pass


class _MLCPUComputeDeviceProxy:
    pass


class _MLGPUComputeDeviceProxy:
    pass


class _MLNeuralEngineComputeDeviceProxy:
    pass


PROXIES = (
    _MLModelProxy, _State, _MLModelAssetProxy,
    _MLCPUComputeDeviceProxy, _MLGPUComputeDeviceProxy, _MLNeuralEngineComputeDeviceProxy,
)  # fmt: skip


def _converted(value: Any, feature: Feature | None) -> Any:
    """Arrays in the type of the feature, as Core ML converts them; coremltools gives float32 for integers too."""
    if feature is not None and isinstance(value, np.ndarray) and feature.dtype is not None:
        return value.astype(feature.dtype, copy=False)
    return value


@contextmanager
def _runtime_errors():
    """coremltools expects a `RuntimeError` for whatever Core ML refuses."""
    try:
        yield
    except TensorLogicError as error:
        raise RuntimeError(str(error)) from error
