"""What training says while it goes on, and what it leaves behind."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from tensorlogic.runtime.learning import Choice, History, learn, read_options
from tensorlogic.runtime.session import CURRENT, Session


@pytest.fixture(autouse=True)
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    monkeypatch.chdir(tmp_path)
    session = Session(io.StringIO())
    token = CURRENT.set(session)
    yield session
    CURRENT.reset(token)


def train(**words: Any) -> History:
    """The sum of squares, whose gradient is 2 w: with a rate of 0.1 each epoch leaves 0.8 of the weights."""
    w = torch.tensor([0.5, 0.5], requires_grad=True)
    words = {"optimizer": Choice("sgd", {"lr": 0.1}), "epochs": 12} | words
    return learn(lambda epoch: (w * w).sum(), {"w": w}, read_options(words))


def size(picture: str) -> tuple[int, int]:
    with Image.open(picture) as image:
        return image.size


LINES = """
=== Learning Started ===
Optimizer: sgd
Epochs: 12
  lr: 0.1

Learnable parameter: w
  Shape: [2]
  Initial values: [0.5, 0.5]

--- Training Progress ---
Epoch   1/12: Loss = 0.500000, Grad Norm: 1.414214, w = [0.4000, ...]
Epoch   2/12: Loss = 0.320000, Grad Norm: 1.131371
Epoch   3/12: Loss = 0.204800, Grad Norm: 0.905097
Epoch   4/12: Loss = 0.131072, Grad Norm: 0.724077
Epoch   5/12: Loss = 0.083886, Grad Norm: 0.579262
Epoch   6/12: Loss = 0.053687, Grad Norm: 0.463409
Epoch   7/12: Loss = 0.034360, Grad Norm: 0.370728
Epoch   8/12: Loss = 0.021990, Grad Norm: 0.296582
Epoch   9/12: Loss = 0.014074, Grad Norm: 0.237266
Epoch  10/12: Loss = 0.009007, Grad Norm: 0.189813
Epoch  11/12: Loss = 0.005765, Grad Norm: 0.151850, w = [0.0429, ...]
Epoch  12/12: Loss = 0.003689, Grad Norm: 0.121480, w = [0.0344, ...]

=== Learning Completed ===

Final Parameter Values:
  w: [0.0343597, 0.0343597]
"""


def test_the_lines_of_the_public_implementation(session: Session) -> None:
    train(verbose=True)
    assert session.out.getvalue() == LINES  # type: ignore[attr-defined]


def test_a_scheduler_is_named_and_its_rate_where_it_has_changed(session: Session) -> None:
    train(verbose=True, scheduler=Choice("step", {"step_size": 5}))
    said = session.out.getvalue().splitlines()  # type: ignore[attr-defined]
    assert said[5:8] == ["", "Scheduler: step", "  step_size: 5"]
    changed = [line.partition("LR: ")[2] for line in said if line.startswith("Epoch ")]
    assert changed == [*[""] * 10, "0.001000", "0.001000"]


def test_without_a_terminal_nothing_is_said(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    train()
    assert (session.out.getvalue(), *capsys.readouterr()) == ("", "", "")  # type: ignore[attr-defined]


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(screen, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    train(epochs=3)
    assert "Learning, loss 0.5" in screen.getvalue()


def test_a_log_has_a_row_for_each_epoch() -> None:
    history = train(log="run.csv", epochs=3)
    with Path("run.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert [float(row["loss"]) for row in rows] == history.losses == pytest.approx([0.5, 0.32, 0.2048])
    assert [float(row["gradient_norm"]) for row in rows] == pytest.approx([1.414214, 1.131371, 0.905097], abs=1e-6)
    assert [row["learning_rate"] for row in rows] == ["0.1"] * 3


def test_a_log_of_a_run_has_all_its_trainings(session: Session, tmp_path: Path) -> None:
    session.keep(tmp_path / "all.csv", tmp_path / "all.png")
    train(epochs=2)
    train(epochs=1)
    lines = Path("all.csv").read_text().splitlines()
    assert lines[0] == "training,epoch,loss,gradient_norm,learning_rate"
    assert [line.split(",")[:2] for line in lines[1:]] == [["1", "1"], ["1", "2"], ["2", "1"]]
    assert size("all.png") == (800, 450)


def test_a_resumed_training_logs_and_draws_all_epochs() -> None:
    words = {"checkpoint": "a.safetensors", "log": "a.csv", "plot": "a.svg"}
    train(epochs=2, **words)
    first = Path("a.csv").read_text()
    train(epochs=4, **words)
    assert Path("a.csv").read_text().startswith(first)
    assert Path("a.csv").read_text().count("\n") == 5
    assert "<svg" in Path("a.svg").read_text()


def test_a_training_that_fails_leaves_its_log_and_picture() -> None:
    losses = iter([1.0, 2.0, float("nan")])
    w = torch.ones(1, requires_grad=True)
    words = {"optimizer": Choice("sgd"), "epochs": 5, "log": "a.csv", "plot": "a.png"}
    with pytest.raises(Exception, match="the objective became nan"):
        learn(lambda epoch: w.sum() * next(losses), {"w": w}, read_options(words))
    assert Path("a.csv").read_text().count("\n") == 3
    assert size("a.png") == (800, 450)
