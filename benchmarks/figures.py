"""What else users notice: the overhead of `predict`, the start of a process, memory, and many threads."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from torch import Tensor, nn

from benchmarks.files import Files
from benchmarks.measure import measure
from benchmarks.networks import Network, network
from benchmarks.result import OURS, Figure
from benchmarks.start import STARTS
from tensorlogic import load_model

CALLS = 200
"""So many predictions of a small model are timed at once."""


class TwoOperations(nn.Module):
    """The smallest network that computes something."""

    def forward(self, x: Tensor) -> Tensor:
        """Half of what is positive."""
        return nn.functional.relu(x) * 0.5


TWO = Network("two_operations", "two operations", lambda batch: [(np.ones((batch, 4), np.float32),)], TwoOperations)


@dataclass(frozen=True)
class Setting:
    """Where the files are, and how long to measure."""

    folder: Path
    rounds: int
    seconds: float


def overhead(setting: Setting) -> Iterator[Figure]:
    """`predict` on two operations, the engine's session under it, and onnxruntime on the same two."""
    import onnxruntime

    files = Files(setting.folder, TWO, 1)
    (x,) = TWO.inputs(1)[0]
    model = load_model(files.package("f32"), device="cpu", precision="f32")
    session = model._session  # what `predict` calls: the difference is its own work
    given = {model.inputs[0].name: x}
    other = onnxruntime.InferenceSession(files.onnx(), providers=["CPUExecutionProvider"])
    name = other.get_inputs()[0].name
    runs = {
        "predict": _often(lambda: model.predict(x)),
        "session": _often(lambda: session.run(given)),
        "onnxruntime": _often(lambda: other.run(None, {name: x})),
    }
    times = measure(runs, [None], setting.rounds, setting.seconds)
    micro = {who: statistics.median(each) / CALLS * 1e6 for who, each in times.items()}
    yield Figure("overhead", "two operations", "µs", {OURS: micro["predict"], "onnxruntime": micro["onnxruntime"]})
    yield Figure("overhead", "of it above the engine's session", "µs", {OURS: micro["predict"] - micro["session"]})


def _often(call: Callable[[], object]) -> Callable[[None], None]:
    def run(_: None) -> None:
        for _ in range(CALLS):
            call()

    return run


def start(setting: Setting) -> Iterator[Figure]:
    """ResNet-50 in processes of their own: until the first prediction is there, and memory."""
    files = Files(setting.folder, network("resnet50"), 1)
    paths = {OURS: files.package("f32"), "onnxruntime": files.onnx()}
    cold: dict[str, list[float]] = {peer: [] for peer in STARTS}
    cached: dict[str, list[float]] = {peer: [] for peer in STARTS}
    memory: dict[str, float] = {}
    for _ in range(setting.rounds):
        for peer, path in paths.items():
            with tempfile.TemporaryDirectory() as cache:
                for times in (cold[peer], cached[peer]):
                    took, peak = _start(peer, path, cache)
                    times.append(took)
                    memory |= {} if peak is None else {peer: max(peak / 2**20, memory.get(peer, 0))}
    first = "ResNet-50, from the start of a process to its first prediction"
    yield Figure(
        "start", f"{first}, nothing cached", "s", {peer: statistics.median(each) for peer, each in cold.items()}
    )
    yield Figure("start", f"{first}, cached", "s", {peer: statistics.median(each) for peer, each in cached.items()})
    if memory:
        yield Figure("start", "the most memory of that process", "MiB", memory)


def _start(peer: str, path: Path, cache: str) -> tuple[float, int | None]:
    command = [sys.executable, "-m", "benchmarks.start", peer, path]
    begin = time.time()
    done = subprocess.run(
        command, env={**os.environ, "TENSORLOGIC_CACHE": cache}, stdout=subprocess.PIPE, text=True, check=True
    )
    said = json.loads(done.stdout.splitlines()[-1])
    return said["done"] - begin, said["memory"]


def threads(setting: Setting) -> Iterator[Figure]:
    """Predictions a second of MobileNetV2, asked for by one thread and by eight."""
    row = network("mobilenet_v2")
    model = load_model(Files(setting.folder, row, 1).package("f32"), device="cpu", precision="f32")
    (image,) = row.inputs(1)[0]
    seconds = max(setting.seconds, 1)
    for count, says in ((1, "one thread"), (8, "eight threads on one model")):
        values = {OURS: throughput(lambda: model.predict(image), count, seconds)}
        yield Figure("threads", f"MobileNetV2, {says}", "predictions a second", values)


def throughput(call: Callable[[], object], count: int, seconds: float) -> float:
    """Calls a second of `count` threads together."""
    done = [0] * count
    call()
    begin = time.perf_counter()

    def work(i: int) -> None:
        while time.perf_counter() - begin < seconds:
            call()
            done[i] += 1

    workers = [threading.Thread(target=work, args=(i,)) for i in range(count)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(done) / (time.perf_counter() - begin)


PARTS = {"overhead": overhead, "start": start, "threads": threads}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    found = PARTS[options.part](Setting(options.folder, options.rounds, options.seconds))
    options.output.write_text(json.dumps([asdict(figure) for figure in found]))


if __name__ == "__main__":
    main()
