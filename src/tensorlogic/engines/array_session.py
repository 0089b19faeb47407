"""Sessions of engines that take states as inputs and give them as outputs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from tensorlogic.engines.array_state import Array, ArrayState
from tensorlogic.engines.protocol import State
from tensorlogic.lower.labels import labelled
from tensorlogic.lower.signature import Signature


class ArraySession(ABC):
    """Runs a model of a signature on the CPU."""

    device = "cpu"

    def __init__(self, signature: Signature) -> None:
        self._signature = signature

    def run(self, inputs: Mapping[str, Any], state: State | None = None) -> dict[str, Any]:
        """Outputs by name; the same inputs, and state, give the same bits."""
        signature = self._signature
        if not signature.states:
            return labelled(dict(zip(signature.outputs, self._run(inputs), strict=True)), signature.labels)
        assert isinstance(state, ArrayState)
        with state.held() as values:
            results = self._run({**inputs, **values})
            values.update(zip(signature.states, results[len(signature.outputs) :], strict=True))
        return labelled(dict(zip(signature.outputs, results, strict=False)), signature.labels)

    def make_state(self) -> ArrayState:
        """Zeros for every state of the function."""
        return ArrayState({name: self._zeros(name) for name in self._signature.states})

    @abstractmethod
    def close(self) -> None:
        """Give back what the engine holds."""

    @abstractmethod
    def _run(self, inputs: Mapping[str, Any]) -> list[Any]:
        """The outputs that the signature fetches, as arrays of their own."""

    @abstractmethod
    def _zeros(self, name: str) -> Array:
        """A value for a state to begin with."""
