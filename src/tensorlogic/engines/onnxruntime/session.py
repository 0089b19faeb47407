"""A prepared function: arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnxruntime

from tensorlogic.engines.array_state import ArrayState
from tensorlogic.engines.protocol import State
from tensorlogic.errors import EngineError, codes, first_line
from tensorlogic.lower.onnx.graph import Array

_DTYPES = {
    "tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(double)": np.float64,
    "tensor(int8)": np.int8, "tensor(int16)": np.int16, "tensor(int32)": np.int32, "tensor(int64)": np.int64,
    "tensor(uint8)": np.uint8, "tensor(uint16)": np.uint16, "tensor(uint32)": np.uint32,
    "tensor(uint64)": np.uint64, "tensor(bool)": np.bool_, "tensor(string)": np.object_,
}  # fmt: skip


class OnnxRuntimeSession:
    """Runs a model. ONNX Runtime's sessions may run in several threads at once."""

    def __init__(
        self,
        session: onnxruntime.InferenceSession,
        outputs: tuple[str, ...],
        states: Mapping[str, str],
        weights: Mapping[str, Array],
    ) -> None:
        self._session = session
        self._outputs = outputs
        self._states = states
        self._weights = weights  # ONNX Runtime reads them where they are
        self._inputs = {
            each.name: (np.dtype(_DTYPES[each.type]), len(each.shape) == 0) for each in session.get_inputs()
        }
        self._fetched = [*outputs, *states.values()]

    def run(self, inputs: Mapping[str, Any], state: State | None = None) -> dict[str, Any]:
        """Outputs by name; the same inputs, and state, give the same bits."""
        if not self._states:
            return dict(zip(self._outputs, self._run(inputs), strict=True))
        assert isinstance(state, ArrayState)
        with state.held() as values:
            results = self._run({**inputs, **values})
            values.update(zip(self._states, results[len(self._outputs) :], strict=True))
            return dict(zip(self._outputs, results, strict=False))

    def make_state(self) -> ArrayState:
        """Zeros for every state of the function."""
        shapes = {each.name: each.shape for each in self._session.get_inputs()}
        return ArrayState({name: np.zeros(shapes[name], self._inputs[name][0]) for name in self._states})

    @property
    def device(self) -> str:
        """What it runs on."""
        return "cpu"

    def close(self) -> None:
        """Forget the session and its weights."""
        del self._session, self._weights

    def _run(self, inputs: Mapping[str, Any]) -> list[Any]:
        feed = {name: self._argument(inputs[name], *kind) for name, kind in self._inputs.items()}
        try:
            results: list[Any] = self._session.run(self._fetched, feed)
        except Exception as error:
            raise EngineError(codes.ENGINE_FAILED, f"the model failed: {first_line(error)}") from error
        return results

    def _argument(self, value: Any, dtype: np.dtype[Any], scalar: bool) -> Any:
        array = np.asarray(value, dtype)
        return array.reshape(()) if scalar else array
