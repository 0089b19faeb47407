"""Engines run programs. Each says what it computes on and what it cannot do, and prepares what it can.

Third parties register more through the entry-point group ``tensorlogic.engines``: an object with the methods of
`Engine` under the engine's name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Protocol

from tensorlogic.errors import (
    Diagnostic,
    OperationPlace,
    TensorLogicError,
    UnsupportedError,
    UsageError,
    codes,
    nearest,
)
from tensorlogic.mil.program import Program

ENTRY_POINTS = "tensorlogic.engines"
PRECISIONS = ("f32", "f16", "bf16")


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that an engine cannot do: what, where, and why not."""

    operation: str
    place: OperationPlace
    reason: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to run a function: an engine, and the device and precision that it computes in."""

    engine: str
    device: str
    precision: str

    def __str__(self) -> str:
        return f"{self.engine} on {self.device} in {self.precision}"


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

    def prepare(self, program: Program, function: str, device: str, precision: str) -> Session:
        """A session that computes on `device`, in one of `PRECISIONS`."""


def engine_names() -> list[str]:
    """Every registered engine, in the order in which ``auto`` tries them."""
    return [point.name for point in _points()]


def _points() -> list[EntryPoint]:
    """Our own engines first, in the order of pyproject.toml: installing another never changes a result."""
    return sorted(entry_points(group=ENTRY_POINTS), key=lambda point: not point.value.startswith("tensorlogic."))


def engine(name: str) -> Engine:
    """The engine called `name`. Raises `UsageError` when there is none."""
    for point in _points():
        if point.name == name:
            loaded: Engine = point.load()()
            return loaded
    guess = nearest(name, engine_names())
    raise UsageError(
        codes.NO_ENGINE,
        f"there is no engine {name!r}",
        help=f"Did you mean {guess!r}?" if guess else f"There are: auto, {', '.join(engine_names())}.",
    )


def prepare(
    program: Program, function: str, name: str = "auto", device: str = "auto", precision: str = "auto"
) -> Session:
    """A session of the first engine that can run the function, or of the engine called `name`."""
    _check_precision(precision)
    able, lacking = _first_able(program, function, engine_names() if name == "auto" else [name])
    if able is None:
        raise _unsupported(lacking)
    chosen = _device(able, device)
    return able.prepare(program, function, chosen, _precision(precision, chosen))


def candidates(program: Program, function: str) -> list[Candidate]:
    """Every way in which this machine can run the function, the preferred engine and device first."""
    able = [found for found in map(engine, engine_names()) if not found.missing(program, function)]
    return [Candidate(e.name, device, p) for e in able for device in e.devices() for p in _precisions(e, device)]


def _precisions(found: Engine, device: str) -> tuple[str, ...]:
    """What the engine computes in on `device`; all of them where it does not say."""
    offered: tuple[str, ...] = getattr(found, "precisions", lambda device: PRECISIONS)(device)
    return offered


def missing(program: Program, function: str) -> tuple[Missing, ...]:
    """What keeps every engine of this machine from running the function; empty when one can."""
    return _first_able(program, function, engine_names())[1]


def _first_able(program: Program, function: str, names: Iterable[str]) -> tuple[Engine | None, tuple[Missing, ...]]:
    """The first engine that can run the function, or what the first one of them is missing."""
    refusals: tuple[Missing, ...] = ()
    for candidate in map(engine, names):
        lacking = candidate.missing(program, function)
        if not lacking:
            return candidate, ()
        refusals = refusals or lacking
    return None, refusals


def _check_precision(precision: str) -> None:
    if precision not in ("auto", *PRECISIONS):
        raise UsageError(
            codes.UNKNOWN_OPTION,
            f"there is no precision {precision!r}",
            help=f"Choose one of auto, {', '.join(PRECISIONS)}.",
        )


def _device(chosen: Engine, device: str) -> str:
    offered = chosen.devices()
    if device == "auto":
        return offered[0]
    if device.split(":")[0] not in offered:
        raise UsageError(
            codes.NO_DEVICE,
            f"the device {device!r} is not available to the engine {chosen.name!r} on this machine",
            help=f"Available: {', '.join(offered)}. `tl devices` tells more.",
        )
    return device


def _precision(precision: str, device: str) -> str:
    """On a CPU, float32 is faster than float16 and more exact; GPUs run float16 as the file declares."""
    if precision != "auto":
        return precision
    return "f32" if device == "cpu" else "f16"


def _unsupported(lacking: tuple[Missing, ...]) -> TensorLogicError:
    """One diagnostic for each kind of operation, at its first place."""
    if not lacking:
        return UnsupportedError(codes.NO_ENGINE, "no engine is installed")
    first = {each.operation: each for each in reversed(lacking)}
    count = Counter(each.operation for each in lacking)
    return UnsupportedError.of(
        Diagnostic(
            codes.UNSUPPORTED_OPERATION,
            f"the operation {name!r} is not supported: {first[name].reason}",
            first[name].place,
            notes=(f"it occurs {times} times",) if times > 1 else (),
        )
        for name, times in count.items()
    )
