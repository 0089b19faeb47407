"""Training that is interrupted, in all ways, and goes on: to the bits of one that was not."""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

import pytest
import safetensors.torch
import torch

from tensorlogic.errors import TensorLogicError
from tensorlogic.runtime.learning import Choice, History, learn, read_options, training
from tensorlogic.runtime.session import CURRENT, Session

X = torch.linspace(-1, 1, 33).reshape(11, 3)
Y = torch.linspace(2, -1, 11)
EPOCHS = 8

Kept = tuple[History, dict[str, torch.Tensor], torch.Tensor]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    token = CURRENT.set(Session(io.StringIO()))
    yield tmp_path
    CURRENT.reset(token)


def run(
    words: dict[str, Any],
    dtype: torch.dtype,
    before_step: Callable[[int], object] = lambda count: None,
    out: TextIO | None = None,
) -> Kept:
    """Train in a session of its own; the objective draws random numbers of its own, as dropout does."""
    session = Session(out or io.StringIO())
    token = CURRENT.set(session)
    w = torch.tensor([0.5, -0.5, 0.25], dtype=dtype, requires_grad=True)
    b = torch.zeros((), requires_grad=True)
    steps = 0

    def step(epoch: int, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        nonlocal steps
        steps += 1
        before_step(steps)
        kept = torch.rand(x.shape, generator=session.generator) > 0.3
        return ((((x * kept).to(dtype) @ w).float() + b - y) ** 2).mean()

    try:
        parameters = {"w": w, "b": b}
        history = learn(step, parameters, read_options({"epochs": EPOCHS, **words}), {"x": X, "y": Y})
        return history, parameters, session.generator.get_state()
    finally:
        CURRENT.reset(token)


def same(one: Kept, other: Kept) -> bool:
    tensors = zip((*one[1].values(), one[2]), (*other[1].values(), other[2]), strict=True)
    return one[0].epochs == other[0].epochs and all(torch.equal(a, b) for a, b in tensors)


def interrupt_at(step: int) -> Callable[[int], object]:
    return lambda count: os.kill(os.getpid(), signal.SIGINT) if count == step else None


WAYS: dict[str, tuple[dict[str, Any], torch.dtype]] = {
    "sgd": ({"optimizer": Choice("sgd", {"lr": 0.1})}, torch.float32),
    "momentum": (
        {"optimizer": Choice("sgd", {"lr": 0.1, "momentum": 0.9}), "batch": 4, "clip": 0.5, "log": "a.csv"},
        torch.float32,
    ),
    "adam": ({"optimizer": Choice("adam"), "batch": 3, "scheduler": Choice("cosine")}, torch.float32),
    "adamw": ({"optimizer": Choice("adamw", {"amsgrad": True}), "batch": 5}, torch.float64),
    "float16": ({"optimizer": Choice("adam", {"lr": 0.01}), "batch": 4}, torch.float16),
    "bfloat16": ({"optimizer": Choice("sgd", {"lr": 0.01}), "batch": 4}, torch.bfloat16),
}


@pytest.mark.parametrize("step", [1, 2, 4, 6])
@pytest.mark.parametrize(("words", "dtype"), WAYS.values(), ids=WAYS)
def test_interrupted_and_resumed_equals_uninterrupted(words: dict[str, Any], dtype: torch.dtype, step: int) -> None:
    words = {**words, "seed": 3}
    plain = [(epoch.loss, epoch.learning_rate) for epoch in run(words, dtype)[0].epochs]
    whole = run({**words, "checkpoint": "whole.safetensors"}, dtype)
    kept = {**words, "checkpoint": "kept.safetensors"}
    with pytest.raises(KeyboardInterrupt):
        run(kept, dtype, interrupt_at(step))
    with pytest.raises(KeyboardInterrupt):
        run(kept, dtype, interrupt_at(2))
    resumed = run(kept, dtype)
    assert [(epoch.loss, epoch.learning_rate) for epoch in resumed[0].epochs] == plain
    assert list(map(str, resumed[0].epochs)) == list(map(str, whole[0].epochs))
    assert all(torch.equal(resumed[1][name], whole[1][name]) for name in ("w", "b"))
    assert torch.equal(resumed[2], whole[2])
    assert Path("kept.safetensors").read_bytes() == Path("whole.safetensors").read_bytes()


def test_pressing_twice_does_not_wait_for_the_step() -> None:
    words = {"optimizer": Choice("adam"), "checkpoint": "a.safetensors"}
    reached = []

    def press(count: int) -> None:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)
        reached.append(count)

    with pytest.raises(KeyboardInterrupt):
        run(words, torch.float32, press)
    assert (reached, Path("a.safetensors").exists()) == ([], False)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_is_kept_is_said() -> None:
    words = {"optimizer": Choice("adam"), "checkpoint": "a.safetensors"}
    said = io.StringIO()
    with pytest.raises(KeyboardInterrupt, match=r"^interrupted after 3 of 8 epochs; a\.safetensors is kept$"):
        run(words, torch.float32, interrupt_at(3), said)
    run(words, torch.float32, interrupt_at(0), said)
    assert said.getvalue() == "Going on from a.safetensors: 3 of 8 epochs are done\n"
    with pytest.raises(KeyboardInterrupt, match=r"^interrupted after 3 of 8 epochs$"):
        run({"optimizer": Choice("adam")}, torch.float32, interrupt_at(3))


def test_more_epochs_go_on_from_the_end() -> None:
    words = {"optimizer": Choice("adam"), "batch": 4, "seed": 1, "clip": 1.0}
    whole = run({**words, "epochs": 9}, torch.float32)
    run({**words, "epochs": 4, "checkpoint": "a.safetensors"}, torch.float32)
    assert same(run({**words, "epochs": 9, "checkpoint": "a.safetensors"}, torch.float32), whole)


def test_a_finished_training_is_not_done_again() -> None:
    words = {"optimizer": Choice("adam"), "seed": 1, "clip": 1.0, "checkpoint": "a.safetensors"}
    whole = run(words, torch.float32)
    again = run(words, torch.float32, lambda count: pytest.fail("a step was made"))
    assert same(again, whole)


def test_patience_is_kept() -> None:
    words = {"optimizer": Choice("sgd", {"lr": 0.0}), "seed": 1, "patience": 3, "clip": 1.0, "epochs": 100}
    whole = run(words, torch.float32)
    kept = {**words, "checkpoint": "a.safetensors"}
    with pytest.raises(KeyboardInterrupt):
        run(kept, torch.float32, interrupt_at(2))
    assert same(run(kept, torch.float32), whole)
    assert len(whole[0].epochs) < 100


def test_checkpoints_hold_the_parameters_by_name() -> None:
    _, parameters, _ = run({"optimizer": Choice("adam"), "checkpoint": "a.safetensors"}, torch.float16)
    stored = safetensors.torch.load_file("a.safetensors")
    assert torch.equal(stored["w"], parameters["w"])
    assert stored["master/w"].dtype == torch.float32
    assert {"optimizer/b/exp_avg", "optimizer/b/exp_avg_sq", "optimizer/b/step"} < set(stored)


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_write_that_fails_leaves_the_checkpoint_before(
    failure: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = {"optimizer": Choice("adam"), "seed": 1, "clip": 1.0, "checkpoint": "a.safetensors"}
    whole = run({**words, "epochs": 6, "checkpoint": "whole.safetensors"}, torch.float32)
    run({**words, "epochs": 3}, torch.float32)
    before = Path("a.safetensors").read_bytes()

    def half(tensors: object, path: Path, metadata: object) -> None:
        path.write_bytes(before[: len(before) // 2])
        raise failure

    with monkeypatch.context() as patch:
        patch.setattr(safetensors.torch, "save_file", half)
        with pytest.raises((TensorLogicError, KeyboardInterrupt)):
            run({**words, "epochs": 6}, torch.float32)
    assert Path("a.safetensors").read_bytes() == before
    assert sorted(path.name for path in Path().iterdir()) == ["a.safetensors", "whole.safetensors"]
    assert same(run({**words, "epochs": 6}, torch.float32), whole)


def test_a_killed_process_leaves_a_whole_checkpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "SECONDS_KEPT", 0.0)  # after every step
    words = {"optimizer": Choice("adam"), "seed": 1, "clip": 1.0, "batch": 4}
    whole = run(words, torch.float32)
    kept = {**words, "checkpoint": "a.safetensors"}
    child = os.fork()
    if child == 0:
        run(kept, torch.float32, lambda count: os.kill(os.getpid(), signal.SIGKILL) if count == 8 else None)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert same(run(kept, torch.float32, lambda count: count < 18 or pytest.fail("began anew")), whole)


REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "another optimizer": (
        lambda path: run({"optimizer": Choice("sgd"), "checkpoint": path.name}, torch.float32),
        "a.safetensors was trained with sgd, not adam",
    ),
    "another type": (
        lambda path: run({"optimizer": Choice("adam"), "checkpoint": path.name}, torch.float64),
        "a.safetensors has `w` as float64[3], and the program `w` as float32[3]",
    ),
    "another file": (
        lambda path: safetensors.torch.save_file({"w": X}, path),
        "a.safetensors is no checkpoint of training",
    ),
    "no such file": (lambda path: path.write_bytes(b"\x00" * 40), "the header is not JSON"),
}


@pytest.mark.parametrize(("make", "message"), REFUSED.values(), ids=REFUSED)
def test_refused_checkpoints(make: Callable[[Path], object], message: str) -> None:
    make(Path("a.safetensors"))
    with pytest.raises(TensorLogicError) as caught:
        run({"optimizer": Choice("adam"), "checkpoint": "a.safetensors"}, torch.float32)
    assert message in str(caught.value)
