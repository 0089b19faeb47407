"""Measure one network at one batch size and precision with all peers, in a process of its own."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from benchmarks.files import Files
from benchmarks.measure import measure
from benchmarks.networks import network
from benchmarks.peers import PEERS, Absent, Outputs, Peer, Run, Subject, ours, reference
from benchmarks.result import Result


def results(subject: Subject, peers: Iterable[Peer], rounds: int, seconds: float) -> list[Result]:
    """A result for every peer."""
    steps = subject.files.network.inputs(subject.files.batch)
    wanted = list(map(reference(subject), steps))
    runs: dict[str, Run] = {}
    found = []
    for peer in peers:
        result = Result(subject.files.network.name, subject.files.batch, subject.precision, peer.name)
        found.append(result)
        try:
            run = peer.prepare(subject)
            result.difference = largest_difference(map(run, steps), wanted)
            runs[peer.name] = run
        except Absent as absent:
            result.reason = str(absent)
        except Exception as error:  # whatever it is, it is this peer's result
            result.reason = f"failed: {first_line(error)}"
    times = measure(runs, steps, rounds, seconds)
    for result in found:
        result.times = times.get(result.peer, [])
    return found


def largest_difference(found: Iterable[Outputs], wanted: Iterable[Outputs]) -> float:
    """The largest of all outputs of all steps. Raises `ValueError` when they are not as many, or not as large."""
    return max(_difference(outputs, expected) for outputs, expected in zip(found, wanted, strict=True))


def _difference(found: Outputs, wanted: Outputs) -> float:
    shapes, right = [list(each.shape) for each in found], [list(each.shape) for each in wanted]
    if shapes != right:
        raise ValueError(f"gives {shapes} for {right}")
    return max(
        float(np.abs(got.astype(np.float64) - want).max() / np.abs(want).max())
        for got, want in zip(found, wanted, strict=True)
    )


def first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0]


def chosen(skip: Sequence[str], engines: Sequence[str]) -> list[Peer]:
    """All peers but those to skip, which are results too."""

    def skipped(subject: Subject) -> Run:
        raise Absent("it was left out")

    return [Peer(peer.name, skipped) if peer.name in skip else peer for peer in (*ours(engines), *PEERS)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network")
    parser.add_argument("batch", type=int)
    parser.add_argument("precision")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--skip", nargs="*", default=())
    parser.add_argument("--engines", nargs="*", default=())
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()

    import torch

    torch.set_num_threads(options.threads)
    files = Files(options.folder, network(options.network), options.batch)
    subject = Subject(files, options.precision, options.threads)
    found = results(subject, chosen(options.skip, options.engines), options.rounds, options.seconds)
    options.output.write_text(json.dumps([asdict(result) for result in found]))


if __name__ == "__main__":
    main()
