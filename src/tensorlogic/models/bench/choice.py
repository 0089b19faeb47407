"""Which of the ways to run a model are measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tensorlogic import engines
from tensorlogic.coreml import ModelFunction
from tensorlogic.engines import Candidate
from tensorlogic.errors import UsageError, codes


def choose(
    described: ModelFunction, names: Sequence[str], devices: Sequence[str], precisions: Sequence[str]
) -> list[Candidate]:
    """The candidates of these engines, devices and precisions; an empty choice leaves all but those for on request.

    Raises `UnsupportedError` when no engine can run the function, and `UsageError` when none of the candidates fits.
    """
    program, function = described.file.program, described.name
    offered = engines.candidates(program, function)
    if not offered:
        engines.prepare(program, function)
    wanted = names or [name for name in engines.engine_names() if name not in engines.ON_REQUEST]
    chosen = [
        replace(each, device=device)
        for each in offered
        if each.engine in wanted and each.precision in (precisions or (each.precision,))
        for device in _devices(each, devices)
    ]
    if not chosen:
        asked = ", ".join((*devices, *names, *precisions))
        raise UsageError(
            codes.NO_ENGINE,
            f"nothing on this machine runs {described.metadata.name!r} as asked for: {asked}",
            help=f"It runs with {'; '.join(map(str, offered))}.",
        )
    return chosen


def unable(described: ModelFunction, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Which of these engines, or of all, cannot run the function, and why."""
    for name in names or engines.engine_names():
        lacking = engines.engine(name).missing(described.file.program, described.name)
        if lacking:
            yield name, f"it cannot run {', '.join(dict.fromkeys(each.operation for each in lacking))}"


def _devices(candidate: Candidate, devices: Sequence[str]) -> Iterator[str]:
    """The devices that are asked for and of the candidate's kind: ``cuda:1`` is one of ``cuda``."""
    return (name for name in devices or (candidate.device,) if name.partition(":")[0] == candidate.device)
