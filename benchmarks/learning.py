"""Measure a step of `learn` against the loop that one would write in PyTorch for the same model.

Both take turns in one process, on one thread; a row says the medians, and the median of the ratios of each two turns.
`learn` is called from Python, where both train to the same bits, and stands in a program, whose time is all of its run.
"""

from __future__ import annotations

import io
import statistics
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch

from benchmarks.goals import Record, options, tell
from benchmarks.language import compiled, seconds
from tensorlogic.runtime.learning import Choice, learn, read_options
from tensorlogic.runtime.session import CURRENT, Session


class Work(NamedTuple):
    """A classifier with one hidden layer, and how it is trained."""

    optimizer: str
    examples: int
    inputs: int
    hidden: int
    batch: int | None
    epochs: int


WORKS = (
    Work("sgd", 32, 16, 16, None, 1000),
    Work("adam", 256, 64, 64, None, 500),
    Work("adamw", 1024, 64, 128, 64, 20),
    Work("adam", 2048, 256, 256, None, 10),
)
CLASSES = 10
ROUNDS = 21
GOAL = 1.05
RATE = 1e-3
PEERS = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}

Tensors = dict[str, torch.Tensor]


def tensors(work: Work) -> tuple[Tensors, Tensors]:
    """What is trained, and the data."""
    random = torch.Generator().manual_seed(0)
    first = torch.randn(work.inputs, work.hidden, generator=random) / work.inputs**0.5
    second = torch.randn(work.hidden, CLASSES, generator=random) / work.hidden**0.5
    weights = {"a": first, "b": torch.zeros(work.hidden), "c": second, "d": torch.zeros(CLASSES)}
    x = torch.randn(work.examples, work.inputs, generator=random)
    y = torch.randint(CLASSES, (work.examples,), generator=random)
    return {name: weight.requires_grad_() for name, weight in weights.items()}, {"x": x, "y": y}


def loss(weights: Tensors, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    hidden = torch.relu(x @ weights["a"] + weights["b"])
    return torch.nn.functional.cross_entropy(hidden @ weights["c"] + weights["d"], y)


def ours(work: Work, weights: Tensors, data: Tensors) -> list[float]:
    words = {"optimizer": Choice(work.optimizer, {"lr": RATE}), "epochs": work.epochs, "seed": 1}
    options = read_options(words if work.batch is None else {**words, "batch": work.batch})
    return learn(lambda epoch, x, y: loss(weights, x, y), weights, options, data).losses


def by_hand(work: Work, weights: Tensors, data: Tensors) -> list[float]:
    x, y, losses = data["x"], data["y"], []
    random = torch.Generator().manual_seed(1)
    optimizer = PEERS[work.optimizer](list(weights.values()), lr=RATE)
    for _ in range(work.epochs):
        total = 0.0
        for rows in batches(work, x, y, random):
            optimizer.zero_grad()
            value = loss(weights, *rows)
            value.backward()
            optimizer.step()
            total += value.item() * len(rows[0])
        losses.append(total / work.examples)
    return losses


def batches(
    work: Work, x: torch.Tensor, y: torch.Tensor, random: torch.Generator
) -> Iterator[tuple[torch.Tensor, ...]]:
    if work.batch is None:
        yield x, y
        return
    for rows in torch.randperm(work.examples, generator=random).split(work.batch):
        yield x[rows], y[rows]


Train = Callable[[Work, Tensors, Tensors], list[float]]


def timed(train: Train, work: Work) -> tuple[float, Tensors]:
    """The seconds of a training, and what it made of the weights."""
    weights, data = tensors(work)
    begin = time.perf_counter()
    train(work, weights, data)
    return time.perf_counter() - begin, weights


def from_python(work: Work) -> tuple[float, float]:
    """The seconds of both, whose weights are the same afterwards."""
    (mine, a), (other, b) = timed(ours, work), timed(by_hand, work)
    assert all(torch.equal(a[name], b[name]) for name in a), "both train to the same bits"
    return mine, other


PROGRAM = """seed(0)
x = randn({work.examples}, {work.inputs}) y = argmax(rand({work.examples}, {classes}), axis: 1)
a = randn({work.inputs}, {work.hidden}) * 0.1 c = randn({work.hidden}, {classes}) * 0.1
tensor A: float32[{work.inputs}, {work.hidden}] learnable = a
tensor B: float32[{work.hidden}] learnable
tensor C: float32[{work.hidden}, {classes}] learnable = c
tensor D: float32[{classes}] learnable
learn {{
    h = relu(x @ A + B)
    objective: cross_entropy(h @ C + D, y),
    optimizer: {work.optimizer}(lr: {rate}), epochs: {work.epochs}, seed: 1{batch}
}}
"""


def in_a_program(work: Work) -> tuple[float, float]:
    """The seconds of a program that is compiled, and of the loop."""
    batch = f", batch: {work.batch}" if work.batch else ""
    program = compiled(PROGRAM.format(work=work, classes=CLASSES, rate=RATE, batch=batch))
    return seconds(program.run), timed(by_hand, work)[0]


WAYS = {"a call": from_python, "a program": in_a_program}


def compare(work: Work, way: str, rounds: int) -> Record:
    times = [WAYS[way](work) for _ in range(rounds)]
    steps = work.epochs * (1 if work.batch is None else -(-work.examples // work.batch))
    mine, other = (statistics.median(each) / steps * 1e6 for each in zip(*times, strict=True))
    ratio = statistics.median(mine / other for mine, other in times)
    size = f"{work.inputs} → {work.hidden} → {CLASSES}, {work.batch or work.examples} examples"
    named = {"learn in": way, "optimizer": work.optimizer, "model": size}
    return {**named, "learn, µs a step": mine, "by hand": other, "ratio": ratio, "goal": GOAL}


def main() -> None:
    asked = options("benchmarks.learning", __doc__, ROUNDS).parse_args()
    torch.set_num_threads(1)
    CURRENT.set(Session(io.StringIO()))
    found = [compare(work, way, asked.rounds) for way in WAYS for work in WORKS]
    tell(f"PyTorch {torch.__version__}, one thread", found, asked.json)


if __name__ == "__main__":
    main()
