"""A prepared function: arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import Any

import numpy as np
import openvino

from tensorlogic.engines.array_session import ArraySession
from tensorlogic.engines.array_state import Array
from tensorlogic.errors import EngineError, codes, first_line
from tensorlogic.lower.signature import Signature


class OpenVinoSession(ArraySession):
    """Runs a compiled model. Each run has a request of its own, so that threads do not meet."""

    def __init__(self, compiled: openvino.CompiledModel, signature: Signature) -> None:
        super().__init__(signature)
        self._compiled = compiled
        self._requests: SimpleQueue[openvino.InferRequest] = SimpleQueue()
        self._inputs = {
            each.node.friendly_name: (each.element_type.to_dtype(), each.partial_shape) for each in compiled.inputs
        }
        places = {name: index for index, each in enumerate(compiled.outputs) for name in each.names}
        self._fetched = [places[name] for name in signature.fetched]

    def close(self) -> None:
        """Forget the compiled model and its weights."""
        del self._compiled, self._requests

    def _zeros(self, name: str) -> Array:
        dtype, shape = self._inputs[name]
        return np.zeros(shape.to_shape(), dtype)

    def _run(self, inputs: Mapping[str, Any]) -> list[Any]:
        feed = {name: self._argument(inputs[name], *kind) for name, kind in self._inputs.items()}
        try:
            with self._request() as request:
                request.infer(feed, share_inputs=True)
                return [request.get_output_tensor(index).data.copy() for index in self._fetched]
        except RuntimeError as error:
            raise EngineError(codes.ENGINE_FAILED, f"the model failed: {first_line(error)}") from error

    def _argument(self, value: Any, dtype: Any, shape: openvino.PartialShape) -> Any:
        array = np.asarray(value, dtype)
        return array.reshape(()) if shape.rank.is_static and len(shape) == 0 else array

    @contextmanager
    def _request(self) -> Iterator[openvino.InferRequest]:
        """A request that nothing else uses meanwhile. One that fails is given up."""
        try:
            request = self._requests.get_nowait()
        except Empty:
            request = self._compiled.create_infer_request()
        yield request
        self._requests.put(request)
