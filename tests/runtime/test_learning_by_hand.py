"""Gradients in programs, and learn blocks that make their steps themselves."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from tensorlogic.errors import SourceError
from tensorlogic.runtime.builtins import FUNCTIONS
from tensorlogic.runtime.learning import Choice, Hand, by_hand, read_options
from tensorlogic.runtime.learning.gradients import like_learnable, no_grad
from tensorlogic.runtime.session import CURRENT, Session
from tests.runtime.harness import failure, output


@pytest.fixture
def session() -> Iterator[Session]:
    session = Session(io.StringIO())
    token = CURRENT.set(session)
    yield session
    CURRENT.reset(token)


PROGRAMS = {
    "a gradient": ("w = learnable([1.0, 2.0])\nbackward(sum(w * w))\nprint(w.grad)", "[2.0, 4.0]"),
    "gradients add up": ("w = learnable([1.0])\nbackward(sum(w))\nbackward(sum(w * 2))\nprint(w.grad)", "[3.0]"),
    "until they are forgotten": (
        "w = learnable([1.0])\nbackward(sum(w))\nzero_grad(w)\nbackward(sum(w * 2))\nprint(w.grad)",
        "[2.0]",
    ),
    "whole numbers": ("print(learnable([1, 2]).dtype)", "float32"),
    "a copy": ("x = [1.0, 2.0]\nw = learnable(x)\nbackward(sum(x * w))\nprint(w.grad, x)", "[1.0, 2.0] [1.0, 2.0]"),
    "sgd": (
        "w = learnable([1.0])\nfor i in range(3) {\nbackward(sum(w * w))\nw = sgd_step(w, w.grad, 0.25)\n}\nprint(w)",
        "[0.125]",
    ),
    "adam": (
        "w = learnable([1.0])\nm = [0.0]\nv = [0.0]\nfor i in range(2) {\nbackward(sum(w * w))\n"
        "s = adam_step(w, w.grad, m, v, lr: 0.5, step: i + 1)\nw = s.parameter\nm = s.m\nv = s.v\n}\nprint(w < 0.1)",
        "[true]",
    ),
}


@pytest.mark.parametrize(("text", "want"), PROGRAMS.values(), ids=PROGRAMS)
def test_programs(text: str, want: str) -> None:
    assert output(text) == want


FAILURES = {
    "no gradient yet": ("w = learnable([1.0])\nprint(w.grad)", "there is no gradient yet"),
    "not learnable": ("x = [1.0]\nprint(x.grad)", "only a learnable tensor has a gradient"),
    "several numbers": ("w = learnable([1.0, 2.0])\nbackward(w * w)", "an objective is one number, not a float32[2]"),
    "no dependence": ("backward(sum([1.0, 2.0]))", "the objective depends on no learnable tensor"),
    "a number": ("backward(1.5)", "not a float"),
    "twice": ("w = learnable([1.0])\ny = sum(w * w)\nbackward(y)\nbackward(y)", "have been worked out already"),
    "divided by zero": ("w = learnable([1.0])\nbackward(sum(w / 0.0))", "the objective became inf"),
}


@pytest.mark.parametrize(("text", "message"), FAILURES.values(), ids=FAILURES)
def test_failures(text: str, message: str) -> None:
    assert message in failure(text).message


def test_what_is_assigned_without_gradients_stays_learnable() -> None:
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    (w * w).sum().backward()
    with no_grad():
        new = like_learnable(w, w - 0.25 * w.grad)
        plain = like_learnable(w.detach(), w * 2)
    assert (new.requires_grad, new.is_leaf, new.grad, new.tolist()) == (True, True, None, [0.5, 1.0])
    assert not plain.requires_grad


def options(**words: Any) -> Any:
    return read_options({"optimizer": Choice("sgd", {"lr": 0.25}), "epochs": 2} | words)


def step(hand: Hand, w: torch.Tensor) -> None:
    FUNCTIONS["backward"]((w * w).sum())


def test_backward_makes_steps_in_a_block(session: Session) -> None:
    w = torch.tensor([1.0], requires_grad=True)
    with by_hand({"w": w}, options()) as hand:
        step(hand, w)
        assert (w.item(), w.grad.item(), hand.lr) == (0.5, 2.0, 0.25)  # type: ignore[union-attr]
        hand.set_lr(0.5)
        step(hand, w)
    assert w.item() == 0.0
    assert hand.history.losses == [1.0, 0.25]
    step(hand, w)
    assert w.item() == 0.0


def test_adam_by_hand_is_that_of_pytorch(session: Session) -> None:
    ours, theirs = (torch.tensor([1.0, -2.0], requires_grad=True) for _ in range(2))
    optimizer = torch.optim.Adam([theirs], 0.1)
    with by_hand({}, options(optimizer=Choice("adam", {"lr": 0.1}))) as hand:
        for _ in range(5):
            optimizer.zero_grad()
            (theirs * theirs).sum().backward()
            optimizer.step()
            step(hand, ours)
    assert torch.equal(ours, theirs)


def test_what_a_loss_depends_on_is_trained_whether_it_has_a_name_or_not(session: Session) -> None:
    w, hidden, idle = (torch.tensor([1.0], requires_grad=True) for _ in range(3))
    with by_hand({"w": w, "idle": idle}, options(verbose=True)):
        FUNCTIONS["backward"]((w * hidden).sum())
    assert [w.item(), hidden.item(), idle.item()] == [0.75, 0.75, 1.0]


@pytest.mark.parametrize("word", ["batch", "patience"])
def test_options_of_a_loop_are_refused(word: str, session: Session) -> None:
    with (
        pytest.raises(SourceError, match=f"`{word}` is for a `learn` with an objective"),
        by_hand({}, options(**{word: 3})),
    ):
        pass


def test_negative_rates_are_refused(session: Session) -> None:
    with by_hand({}, options()) as hand, pytest.raises(SourceError, match="a learning rate is 0 or more"):
        hand.set_lr(-1)
