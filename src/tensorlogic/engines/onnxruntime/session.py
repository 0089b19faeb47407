"""A prepared function: arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnxruntime
from onnxruntime import OrtValue

from tensorlogic.engines.array_session import ArraySession
from tensorlogic.engines.array_state import Array, ArrayState
from tensorlogic.errors import EngineError, codes, first_line
from tensorlogic.lower.signature import Signature

NUMPY_TYPES = {
    "tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(double)": np.float64,
    "tensor(int8)": np.int8, "tensor(int16)": np.int16, "tensor(int32)": np.int32, "tensor(int64)": np.int64,
    "tensor(uint8)": np.uint8, "tensor(uint16)": np.uint16, "tensor(uint32)": np.uint32,
    "tensor(uint64)": np.uint64, "tensor(bool)": np.bool_, "tensor(string)": np.object_,
}  # fmt: skip
"""NumPy's types by ONNX Runtime's names."""


_held = OrtValue.ortvalue_from_numpy


class OnnxRuntimeSession(ArraySession):
    """Runs a model. ONNX Runtime's sessions may run in several threads at once."""

    def __init__(
        self, session: onnxruntime.InferenceSession, signature: Signature, weights: Mapping[str, Array] | None = None
    ) -> None:
        super().__init__(signature)
        self._session = session
        self._weights = weights  # ONNX Runtime reads them where they are
        self._inputs = {each.name: (np.dtype(NUMPY_TYPES[each.type]), each.shape) for each in session.get_inputs()}
        self._fetched = signature.fetched

    def close(self) -> None:
        """Forget the session and its weights."""
        del self._session, self._weights

    def make_state(self) -> ArrayState:
        """Zeros for every state of the function, as ONNX Runtime's values: a run copies none of them."""
        zeros = {name: self._zeros(name) for name in self._signature.states}
        return ArrayState(zeros, held_as=_held, array_of=OrtValue.numpy)

    def _run(self, inputs: Mapping[str, Any]) -> list[Any]:
        states = self._signature.states
        feed = {n: inputs[n] if n in states else _argument(inputs[n], *kind) for n, kind in self._inputs.items()}
        try:
            results: list[Any] = self._stateful(feed) if states else self._session.run(self._fetched, feed)
        except Exception as error:
            raise EngineError(codes.ENGINE_FAILED, f"the model failed: {first_line(error)}") from error
        return results

    def _stateful(self, feed: Mapping[str, Any]) -> list[Any]:
        values = {name: _held(each) if isinstance(each, np.ndarray) else each for name, each in feed.items()}
        results = self._session.run_with_ort_values(self._fetched, values)
        count = len(self._signature.outputs)
        return [*(value.numpy() for value in results[:count]), *results[count:]]

    def _zeros(self, name: str) -> Array:
        dtype, shape = self._inputs[name]
        return np.zeros(shape, dtype)


def _argument(value: Any, dtype: np.dtype[Any], shape: list[Any]) -> Array:
    array = np.asarray(value, dtype)
    return array if shape else array.reshape(())
