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
from tensorlogic.engines.openvino.runtime import explained
from tensorlogic.errors import EngineError, codes
from tensorlogic.lower.signature import Signature

_EXACT = 1 << 24
"""The largest number up to which float32 has all whole numbers."""


class OpenVinoSession(ArraySession):
    """Runs a compiled model. Each run has a request of its own, so that threads do not meet."""

    def __init__(self, compiled: openvino.CompiledModel, signature: Signature) -> None:
        super().__init__(signature)
        self._compiled = compiled
        self._requests: SimpleQueue[openvino.InferRequest] = SimpleQueue()
        self._inputs = {each.node.friendly_name: _kind(each) for each in compiled.inputs}
        self._fetched = {name: _kind(each) for name, each in zip(signature.fetched, compiled.outputs, strict=True)}

    def close(self) -> None:
        """Forget the compiled model and its weights."""
        del self._compiled, self._requests

    def _zeros(self, name: str) -> Array:
        dtype, shape = self._fetched[self._signature.states[name]]  # OpenVINO drops inputs that are not read
        return np.zeros(shape or (), dtype)

    def _run(self, inputs: Mapping[str, Any]) -> list[Any]:
        arguments = [_argument(name, inputs[name], *kind) for name, kind in self._inputs.items()]
        try:
            with self._request() as request:
                for place, array in enumerate(arguments):
                    request.set_input_tensor(place, _shared(array))
                rooms = [_room(request, place, *kind) for place, kind in enumerate(self._fetched.values())]
                request.infer(share_outputs=True)
                return [
                    request.get_output_tensor(place).data.copy() if room is None else room
                    for place, room in enumerate(rooms)
                ]
        except RuntimeError as error:
            raise EngineError(codes.ENGINE_FAILED, f"the model failed: {explained(error)}") from error

    @contextmanager
    def _request(self) -> Iterator[openvino.InferRequest]:
        """A request that nothing else uses meanwhile. One that fails is given up."""
        try:
            request = self._requests.get_nowait()
        except Empty:
            request = self._compiled.create_infer_request()
        yield request
        self._requests.put(request)


def _kind(port: openvino.ConstOutput) -> tuple[Any, tuple[int, ...] | None]:
    """The type and the shape of an input or output; None for a shape that is not known."""
    shape = port.partial_shape
    return port.element_type.to_dtype(), tuple(shape.to_shape()) if shape.is_static else None


def _argument(name: str, value: Any, dtype: Any, shape: tuple[int, ...] | None) -> Array:
    """An array that OpenVINO can read where it is: it takes none that is not writable."""
    array = np.asarray(value, dtype, order="C")
    if shape == ():
        array = array.reshape(())
    if array.dtype.kind in "iu" and array.itemsize > 2 and not _is_exact(array):
        message = f"the input {name!r} has numbers beyond {_EXACT}: OpenVINO computes with whole numbers as float32"
        raise EngineError(codes.ENGINE_FAILED, message)
    return array if array.flags.writeable else array.copy()


def _is_exact(array: Array) -> bool:
    return bool(array.min(initial=0) >= -_EXACT and array.max(initial=0) <= _EXACT)


def _room(request: openvino.InferRequest, place: int, dtype: Any, shape: tuple[int, ...] | None) -> Array | None:
    """An array of its own for an output of a known shape, which needs no copy then."""
    if shape is None:
        return None
    room = np.empty(shape, dtype)
    request.set_output_tensor(place, _shared(room))
    return room


def _shared(array: Array) -> openvino.Tensor:
    return openvino.Tensor(array, shared_memory=True)
