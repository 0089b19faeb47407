"""Which engine runs a program, on which device and in which precision."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from tensorlogic.engines.protocol import PRECISIONS, Content, Missing, Sample, Session
from tensorlogic.engines.registry import engine, engine_names
from tensorlogic.errors import Diagnostic, EngineError, TensorLogicError, UnsupportedError, UsageError, codes
from tensorlogic.mil.program import Program
from tensorlogic.mil.types import TensorType

REFERENCE = "torch"
"""The engine that runs every operation, and says best what is wrong with a program that none can run."""

ON_REQUEST = ("torch-compile",)
"""Engines that take minutes to prepare a model: measured by `tune` on a GPU alone, where they may be worth it."""
_DEVICES = ("cuda", "mps", "cpu")  # the fastest first


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to run a program on this machine."""

    engine: str
    device: str
    precision: str

    def __str__(self) -> str:
        return f"{self.engine} on {self.device} in {self.precision}"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A session, and the way of running that was chosen for it."""

    candidate: Candidate
    session: Session


def prepare(
    program: Program,
    function: str,
    name: str = "auto",
    device: str = "auto",
    precision: str = "auto",
    content: Content | None = None,
    sample: Sample | None = None,
) -> Prepared:
    """The function on the first engine that can run it, or on the engine called `name`.

    With a `sample` of inputs, all engines that can run it are measured, once, and the fastest one is taken: now, and
    whenever the same content is prepared on this machine. Of the same precision, that is: measuring never decides what
    is computed.

    Raises `UsageError` for what this machine does not have, and else what the engine says that was asked for. Where
    none was, the reference engine says it.
    """
    _check_precision(precision)
    ways = list(_ways(name, device, precision))
    usual = [way for way in ways if way.engine == name or way.engine not in ON_REQUEST]
    ways = usual if ways[0].device == "cpu" else ways
    if content is not None and len(ways) > 1:
        found = _remembered(program, function, ways, content)
        if found is None and sample is not None:
            return _fastest(program, function, ways, content, sample())
        usual = usual if found is None else [found, *usual]
    return _first(program, function, usual, content)


def _first(program: Program, function: str, ways: Sequence[Candidate], content: Content | None) -> Prepared:
    """The first of the ways that can run the function; where none can, what the reference engine says."""
    for way in ways if len(ways) > 1 else ():
        try:
            return Prepared(way, _session(program, function, way, content))
        except UsageError:
            raise
        except TensorLogicError:
            continue  # what it says would keep the model in memory for as long as it is kept
    way = next((way for way in ways if way.engine == REFERENCE), ways[0])
    return Prepared(way, _session(program, function, way, content))


def _remembered(program: Program, function: str, ways: Sequence[Candidate], content: Content) -> Candidate | None:
    """The fastest of the ways, if they have been measured."""
    from tensorlogic.engines import tuning

    choice = tuning.recall(_compared(ways, function, content), _shapes(program, function))
    return None if choice is None else next((way for way in ways if way.engine == choice.name), None)


def _fastest(
    program: Program, function: str, ways: Sequence[Candidate], content: Content, inputs: Mapping[str, Any]
) -> Prepared:
    """Measure the ways that can run the function."""
    from tensorlogic.engines import tuning

    able: dict[str, Prepared] = {}
    for way in ways:
        with suppress(UnsupportedError, EngineError):
            able[way.engine] = Prepared(way, _session(program, function, way, content))
    if not able:
        return _first(program, function, ways, content)
    stateful = bool(program.functions[function].states)
    runs = {name: _run(each.session, inputs, stateful) for name, each in able.items()}
    choice = tuning.Choice.of(tuning.measure(runs))
    compared = _compared(ways, function, content)
    tuning.remember(choice, compared, _shapes(program, function), program.source)
    for name, each in able.items():
        if name != choice.name:
            each.session.close()
    return able[choice.name]


def _run(session: Session, inputs: Mapping[str, Any], stateful: bool) -> Callable[[], object]:
    """One run after the other, of one sequence where the function has states."""
    return partial(session.run, inputs, session.make_state()) if stateful else partial(session.run, inputs)


def _compared(ways: Sequence[Candidate], function: str, content: Content) -> str:
    """What decides the outcome of measuring, beside the machine and the shapes."""
    from tensorlogic.engines import cache

    return cache.key(content(), function, *map(str, ways))


def _shapes(program: Program, function: str) -> dict[str, tuple[int, ...]]:
    """The sizes of the inputs, -1 where they are flexible."""
    inputs = program.functions[function].inputs
    types = {value.name: value.type for value in inputs if isinstance(value.type, TensorType)}
    return {name: tuple(-1 if size is None else size for size in kind.shape or ()) for name, kind in types.items()}


def _session(program: Program, function: str, way: Candidate, content: Content | None) -> Session:
    chosen = engine(way.engine)
    lacking = chosen.missing(program, function)
    if lacking:
        raise _unsupported(lacking)
    return chosen.prepare(program, function, way.device, way.precision, content)


def candidates(program: Program, function: str) -> list[Candidate]:
    """Every way in which this machine can run the function, as far as engines tell before they prepare it."""
    return [
        Candidate(name, device, precision)
        for name in engine_names()
        for chosen in [engine(name)]
        if not chosen.missing(program, function)
        for device in chosen.devices()
        for precision in chosen.precisions(device)
    ]


def missing(program: Program, function: str) -> tuple[Missing, ...]:
    """What keeps every engine of this machine from running the function; empty when one can."""
    lacking: tuple[Missing, ...] = ()
    for name in sorted(engine_names(), key=lambda name: name != REFERENCE):
        found = engine(name).missing(program, function)
        if not found:
            return ()
        lacking = lacking or found
    return lacking


def _ways(name: str, device: str, precision: str) -> Iterator[Candidate]:
    """What to try, in this order. Raises `UsageError` where this machine has nothing of the kind."""
    names = engine_names() if name == "auto" else [name]
    engines = {each: engine(each) for each in names}
    offered = {each: chosen.devices() for each, chosen in engines.items()}
    wanted = _device(name, device, offered)
    kind = wanted.split(":")[0]
    able = [each for each in names if kind in offered[each]]
    found = False
    for each in able:
        precisions = engines[each].precisions(kind)
        if precision in precisions or (precision == "auto" and precisions):
            found = True
            yield Candidate(each, wanted, precisions[0] if precision == "auto" else precision)
    if not found:
        raise _no_precision(name, wanted, precision, [p for each in able for p in engines[each].precisions(kind)])


def _device(name: str, device: str, offered: dict[str, tuple[str, ...]]) -> str:
    there = [each for each in _DEVICES if any(each in devices for devices in offered.values())]
    there += sorted({each for devices in offered.values() for each in devices}.difference(there))
    if not there:
        raise UsageError(codes.NO_DEVICE, f"the engine {name!r} has no device on this machine")
    if device == "auto":
        return there[0]
    kind, colon, index = device.partition(":")
    if kind not in there or (colon and not index.isdecimal()):
        whom = "any engine" if name == "auto" else f"the engine {name!r}"
        raise UsageError(
            codes.NO_DEVICE,
            f"the device {device!r} is not available to {whom} on this machine",
            help=f"Available: {', '.join(there)}. `tl devices` tells more.",
        )
    return device


def _no_precision(name: str, device: str, precision: str, there: list[str]) -> UsageError:
    whom = "No engine" if name == "auto" else f"The engine {name!r}"
    return UsageError(
        codes.UNKNOWN_OPTION,
        f"{whom} computes in {precision} on {device}",
        help=f"It does in {', '.join(dict.fromkeys(there))}." if there else "`tl devices` tells what there is.",
    )


def _check_precision(precision: str) -> None:
    if precision not in ("auto", *PRECISIONS):
        raise UsageError(
            codes.UNKNOWN_OPTION,
            f"there is no precision {precision!r}",
            help=f"Choose one of auto, {', '.join(PRECISIONS)}.",
        )


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
