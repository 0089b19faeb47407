"""Training against PyTorch's own optimizers, and against values worked out by hand."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from tensorlogic.errors import SourceError, TensorLogicError, codes
from tensorlogic.runtime.learning import Choice, History, learn, read_options
from tensorlogic.runtime.session import CURRENT, Session

X = torch.tensor([[0.5, -1.0], [2.0, 0.25], [-0.75, 1.5], [1.0, 1.0], [0.0, -2.0]])
Y = torch.tensor([1.0, -0.5, 2.0, 0.25, -1.0])


@pytest.fixture
def session() -> Iterator[Session]:
    session = Session(io.StringIO())
    token = CURRENT.set(session)
    yield session
    CURRENT.reset(token)


def new_weights(dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.tensor([0.5, -0.5], dtype=dtype, requires_grad=True)


def squared(w: torch.Tensor, x: torch.Tensor = X, y: torch.Tensor = Y) -> torch.Tensor:
    return ((x.to(w.dtype) @ w - y.to(w.dtype)) ** 2).mean()


def train(w: torch.Tensor, **words: Any) -> History:
    words = {"optimizer": Choice("sgd", {"lr": 0.1}), "epochs": 12} | words
    return learn(lambda epoch: squared(w), {"w": w}, read_options(words))


OPTIMIZERS: dict[str, tuple[Choice, Callable[[list[torch.Tensor]], torch.optim.Optimizer]]] = {
    "sgd": (Choice("sgd", {"lr": 0.1}), lambda p: torch.optim.SGD(p, 0.1)),
    "momentum": (Choice("sgd", {"lr": 0.05, "momentum": 0.9}), lambda p: torch.optim.SGD(p, 0.05, 0.9)),
    "nesterov": (
        Choice("sgd", {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
        lambda p: torch.optim.SGD(p, 0.05, 0.9, nesterov=True, weight_decay=0.1),
    ),
    "adam": (
        Choice("adam", {"lr": 0.1, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-3}),
        lambda p: torch.optim.Adam(p, 0.1, (0.8, 0.95), 1e-3),
    ),
    "adam as it is": (Choice("adam"), lambda p: torch.optim.Adam(p)),
    "adamw": (Choice("adamw", {"learning_rate": 0.1}), lambda p: torch.optim.AdamW(p, 0.1)),
}


@pytest.mark.parametrize(("choice", "make"), OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_optimizers_are_those_of_pytorch_to_the_bit(choice: Choice, make: Any, session: Session) -> None:
    ours, theirs = new_weights(), new_weights()
    losses, optimizer = [], make([theirs])
    for _ in range(12):
        optimizer.zero_grad()
        loss = squared(theirs)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert train(ours, optimizer=choice).losses == losses
    assert torch.equal(ours, theirs)


def pytorch_rates(make: Callable[[torch.optim.Optimizer], Any], epochs: int) -> list[float]:
    optimizer = torch.optim.SGD([torch.zeros(1)], 0.5)
    scheduler, rates = make(optimizer), []
    for _ in range(epochs):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


SCHEDULES: dict[str, tuple[Choice, list[float]]] = {
    "step": (
        Choice("step", {"step_size": 3, "gamma": 0.5}),
        pytorch_rates(lambda o: torch.optim.lr_scheduler.StepLR(o, 3, 0.5), 10),
    ),
    "exponential": (
        Choice("exponential"),
        pytorch_rates(lambda o: torch.optim.lr_scheduler.ExponentialLR(o, 0.95), 10),
    ),
    "cosine": (Choice("cosine"), pytorch_rates(lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 10), 10)),
    "cosine to a rate": (
        Choice("cosine", {"t_max": 4, "eta_min": 0.1}),
        pytorch_rates(lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 4, 0.1), 10),
    ),
    "linear": (Choice("linear"), pytorch_rates(lambda o: torch.optim.lr_scheduler.LinearLR(o, 1.0, 0.0, 10), 10)),
    "warmup": (Choice("warmup", {"epochs": 4}), [0.1, 0.2, 0.3, 0.4, *[0.5] * 6]),
    "warmup before": (Choice("step", {"warmup": 1, "step_size": 4}), [0.25, *[0.5] * 4, *[0.05] * 4, 0.005]),
}


@pytest.mark.parametrize(("choice", "want"), SCHEDULES.values(), ids=SCHEDULES)
def test_rates(choice: Choice, want: list[float], session: Session) -> None:
    history = train(new_weights(), optimizer=Choice("sgd", {"lr": 0.5}), scheduler=choice, epochs=10)
    assert [epoch.learning_rate for epoch in history.epochs] == pytest.approx(want)


def test_gradients_are_clipped_as_pytorch_does(session: Session) -> None:
    ours, theirs = new_weights(), new_weights()
    norms, optimizer = [], torch.optim.SGD([theirs], 0.1)
    for _ in range(12):
        optimizer.zero_grad()
        squared(theirs).backward()
        norms.append(torch.nn.utils.clip_grad_norm_([theirs], 0.3).item())
        optimizer.step()
    assert [epoch.gradient_norm for epoch in train(ours, clip=0.3).epochs] == norms
    assert torch.equal(ours, theirs)


def test_an_epoch_of_batches_takes_every_example_once(session: Session) -> None:
    w, seen = new_weights(), list[list[float]]()

    def step(epoch: int, x: torch.Tensor, y: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
        assert scale.tolist() == [1.0, 2.0]
        seen.append(y.tolist())
        assert all(X[Y.tolist().index(target)].equal(row) for row, target in zip(x, y.tolist(), strict=True))
        return squared(w, x, y)

    words = {"optimizer": Choice("sgd"), "epochs": 3, "batch": 2, "seed": 7}
    learn(step, {"w": w}, read_options(words), {"x": X, "y": Y, "scale": torch.tensor([1.0, 2.0])})
    assert [len(batch) for batch in seen] == [2, 2, 1] * 3
    epochs = [[*seen[at], *seen[at + 1], *seen[at + 2]] for at in (0, 3, 6)]
    assert all(sorted(epoch) == sorted(Y.tolist()) for epoch in epochs)
    assert epochs[0] != epochs[1]


def test_a_seed_repeats_the_training(session: Session) -> None:
    def losses(seed: int) -> list[float]:
        w = new_weights()
        words = {"optimizer": Choice("sgd", {"lr": 0.1}), "epochs": 4, "batch": 2, "seed": seed}
        return learn(lambda epoch, x, y: squared(w, x, y), {"w": w}, read_options(words), {"x": X, "y": Y}).losses

    assert losses(1) == losses(1) != losses(2)


def test_training_stops_when_nothing_improves(session: Session) -> None:
    losses = iter([4.0, 3.0, 3.5, 3.0, 2.0, 2.5, 2.5, 2.5, 1.0])
    w = new_weights()
    options = read_options({"optimizer": Choice("sgd", {"lr": 0.0}), "epochs": 20, "patience": 3})
    history = learn(lambda epoch: next(losses) + 0 * w.sum(), {"w": w}, options)
    assert history.losses == [4.0, 3.0, 3.5, 3.0, 2.0, 2.5, 2.5, 2.5]


def test_small_steps_of_float16_add_up_in_their_masters(session: Session) -> None:
    w = torch.tensor([1.0], dtype=torch.float16, requires_grad=True)
    options = read_options({"optimizer": Choice("sgd", {"lr": 1e-4}), "epochs": 100})
    learn(lambda epoch: w.sum(), {"w": w}, options)
    assert w.item() == pytest.approx(0.99, abs=5e-4)  # each step alone is less than half of float16's precision there


def test_small_gradients_of_float16_do_not_vanish(session: Session) -> None:
    w = torch.tensor([1.0], dtype=torch.float16, requires_grad=True)
    options = read_options({"optimizer": Choice("sgd", {"lr": 1e5}), "epochs": 1})
    learn(lambda epoch: (w * 1e-4).sum() * 1e-4, {"w": w}, options)
    assert w.item() == pytest.approx(1 - 1e5 * 1e-8, abs=1e-3)


def test_the_first_step_of_float16_is_not_lost_to_an_overflow(session: Session) -> None:
    w = torch.tensor([1.0], dtype=torch.float16, requires_grad=True)
    learn(
        lambda epoch: (w * 1000).sum(), {"w": w}, read_options({"optimizer": Choice("sgd", {"lr": 1e-3}), "epochs": 1})
    )
    assert w.item() == pytest.approx(0.0, abs=1e-6)


def test_learnable_tensors_are_found_in_values(session: Session) -> None:
    first, second, third = (torch.ones(2, requires_grad=True) for _ in range(3))
    values = {"a": first, "net": {"w": second, "b": torch.ones(2)}, "layers": [third, first]}
    options = read_options({"optimizer": Choice("sgd", {"lr": 1.0}), "epochs": 1})
    learn(lambda epoch: first.sum() + second.sum() + third.sum(), values, options)
    assert [tensor.tolist() for tensor in (first, second, third)] == [[0.0, 0.0]] * 3


WRONG: dict[str, tuple[dict[str, Any], Any, str, str | None]] = {
    "an option": ({"epoch": 3}, codes.UNKNOWN_OPTION, "`learn` has no option `epoch`", "Did you mean `epochs`?"),
    "an optimizer": ({"optimizer": Choice("adm")}, codes.UNKNOWN_OPTION, "no optimizer `adm`", "Did you mean `adam`?"),
    "a scheduler": (
        {"scheduler": Choice("cosin")}, codes.UNKNOWN_OPTION, "no scheduler `cosin`", "Did you mean `cosine`?"
    ),
    "a setting": (
        {"optimizer": Choice("sgd", {"momentun": 0.9})}, codes.UNKNOWN_OPTION, "`momentun`", "Did you mean `momentum`?"
    ),
    "a rate": ({"optimizer": Choice("sgd", {"lr": -1})}, codes.WRONG_ARGUMENTS, "Invalid learning rate", None),
    "text": ({"optimizer": Choice("sgd", {"lr": "a"})}, codes.WRONG_TYPE, "this takes a number, not a string", None),
    "nesterov alone": (
        {"optimizer": Choice("sgd", {"nesterov": True})}, codes.WRONG_ARGUMENTS, "requires a momentum", None
    ),
    "no epochs": ({"epochs": 0}, codes.WRONG_ARGUMENTS, "`epochs` is 1 or more, not 0", None),
    "half a batch": ({"batch": 0.5}, codes.WRONG_TYPE, "this takes an int", None),
    "a clip": ({"clip": 0}, codes.WRONG_ARGUMENTS, "`clip` is more than 0, not 0.0", None),
    "no step size": ({"scheduler": Choice("step", {"step_size": 0})}, codes.WRONG_ARGUMENTS, "scheduler step", None),
    "verbose": ({"verbose": 1}, codes.WRONG_ARGUMENTS, "`verbose` is true or false, not an int", None),
    "a file elsewhere": ({"checkpoint": "/x.safetensors"}, codes.CANNOT_WRITE, "outside the folder", "Allow it"),
    "a picture": ({"plot": "x.tl"}, codes.CANNOT_WRITE, "cannot draw a picture", ".png"),
    "nothing to divide": ({"batch": 2}, codes.WRONG_ARGUMENTS, "`batch` divides", None),
}  # fmt: skip


@pytest.mark.parametrize(("words", "code", "message", "help"), WRONG.values(), ids=WRONG)
def test_wrong_options(words: dict[str, Any], code: Any, message: str, help: str | None, session: Session) -> None:
    with pytest.raises(TensorLogicError) as caught:
        train(new_weights(), **words)
    (found,) = caught.value.diagnostics
    assert (found.code, message in found.message) == (code, True), found
    assert (help or "") in (found.help or "")


def test_epochs_and_an_optimizer_are_needed(session: Session) -> None:
    with pytest.raises(SourceError, match="`learn` needs `epochs`"):
        read_options({"optimizer": Choice("adam")})


OBJECTIVES: dict[str, tuple[Callable[[torch.Tensor], Any], str]] = {
    "not a number": (lambda w: w * 2, "an objective is one number, not a float32[2]"),
    "nothing learnable": (lambda w: X.sum(), "the objective depends on no learnable tensor"),
    "a string": (lambda w: "a", "not a string"),
    "not finite": (lambda w: (w * 0).log().sum(), "the objective became -inf"),
}


@pytest.mark.parametrize(("objective", "message"), OBJECTIVES.values(), ids=OBJECTIVES)
def test_wrong_objectives(objective: Any, message: str, session: Session) -> None:
    w = new_weights()
    with pytest.raises(SourceError) as caught:
        learn(lambda epoch: objective(w), {"w": w}, read_options({"optimizer": Choice("sgd"), "epochs": 2}))
    assert message in str(caught.value)


def test_without_learnable_tensors_there_is_nothing_to_train(session: Session) -> None:
    with pytest.raises(SourceError, match="no learnable tensor is in reach"):
        learn(lambda epoch: X.sum(), {"x": X}, read_options({"optimizer": Choice("sgd"), "epochs": 2}))
