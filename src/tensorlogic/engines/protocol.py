"""What an engine is: what it says of itself, and the sessions that it prepares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from tensorlogic.errors import OperationPlace
from tensorlogic.mil.program import Program

PRECISIONS = ("f32", "f16", "bf16")

Content = Callable[[], str]
"""Gives what stands for the bytes that a program was read from, and for no others. It may have to read them."""

Sample = Callable[[], Mapping[str, Any]]
"""Makes inputs to measure with."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that an engine cannot do: what, where, and why not."""

    operation: str
    place: OperationPlace
    reason: str


class State(Protocol):
    """What a function remembers from one run to the next, on the engine's device. All zeros at first."""

    def read(self, name: str) -> Any:
        """The value of one state, as a NumPy array of its own."""

    def write(self, name: str, value: Any) -> None:
        """Give one state another value: a NumPy array of its shape."""


class Session(Protocol):
    """A prepared function of a program. May be called from several threads at once."""

    def run(self, inputs: Mapping[str, Any], state: State | None = None) -> dict[str, Any]:
        """Outputs by name for `inputs` by name. Tensors go in and come out as NumPy arrays.

        A function with states is given what `make_state` made, and changes it unless it fails. Runs with the same
        state wait for each other.
        """

    def make_state(self) -> State:
        """A state to begin with. Only asked for when the function has states: an engine without them misses those."""

    def close(self) -> None:
        """Give back memory and device."""


class Engine(Protocol):
    """What runs programs."""

    name: str

    def missing(self, program: Program, function: str) -> tuple[Missing, ...]:
        """Why this engine cannot run the function; empty when it can."""

    def devices(self) -> tuple[str, ...]:
        """The devices that this machine offers it, the preferred one first: ``cpu``, ``cuda``, ``mps``."""

    def precisions(self, device: str) -> tuple[str, ...]:
        """In which of `PRECISIONS` it computes on `device`, the best one there first."""

    def prepare(
        self, program: Program, function: str, device: str, precision: str, content: Content | None = None
    ) -> Session:
        """A session that computes on `device` in `precision`.

        What takes long to make may be kept under the program's `content`, and found again.
        """
