"""Checkpoints: all that training needs to go on to the same bits, in one SafeTensors file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tensorlogic.errors import SourceError
from tensorlogic.errors.codes import WRONG_STATE
from tensorlogic.formats.replacing import replacing
from tensorlogic.runtime.kinds import kind
from tensorlogic.runtime.lazy import is_tensor, torch
from tensorlogic.runtime.learning.history import Epoch, History
from tensorlogic.runtime.learning.stepping import Stepper
from tensorlogic.runtime.session import CURRENT

if TYPE_CHECKING:
    from tensorlogic.models.safetensors import SafeTensorsModel

_KEY: Final = "tensorlogic.training"
"""Where the metadata of the file has what is not a tensor. Parameters have their own names in the file."""
_MASTER, _STATE, _ORDER, _RANDOM, _EPOCHS = "master/", "optimizer/", "run/order", "run/random", "run/epochs"
_SCALE: Final = ("scale", "good_steps", "proven")
"""What weights know of the scale of the loss."""


@dataclass
class Position:
    """How far training has come."""

    epoch: int = 0
    """The epochs that are complete."""
    steps: int = 0
    """The steps of the next epoch that are done."""
    total: float = 0.0
    """The sum of the losses of their examples."""
    examples: int = 0
    """The number of those."""
    order: torch.Tensor | None = None
    """The order of all examples in that epoch."""


def write(path: Path, name: str, stepper: Stepper, position: Position, history: History) -> None:
    """Write a checkpoint with the optimizer called `name`, whole or not at all."""
    from safetensors.torch import save_file

    said = {
        "optimizer": name,
        "position": {n: value for n, value in vars(position).items() if n != "order"},
        "scale": [getattr(stepper.weights, name) for name in _SCALE],
        "history": [history.best, history.waited],
    }
    tensors = {name: tensor.detach().contiguous() for name, tensor in _tensors(stepper, position, history).items()}
    with replacing(path) as temporary:
        save_file(tensors, temporary, metadata={_KEY: json.dumps(said)})


def _tensors(stepper: Stepper, position: Position, history: History) -> dict[str, torch.Tensor]:
    weights = stepper.weights
    order = {} if position.order is None else {_ORDER: position.order}
    return {
        **weights.parameters,
        **{_MASTER + name: master for name, master in weights.masters.items()},
        **{_STATE + name: value for name, value in _states(stepper).items()},
        **order,
        _RANDOM: CURRENT.get().generator.get_state(),
        _EPOCHS: torch.tensor(history.epochs, dtype=torch.float64).reshape(-1, len(Epoch._fields)),
    }


def _states(stepper: Stepper) -> dict[str, torch.Tensor]:
    """What the optimizer keeps of each tensor, as ``w/exp_avg``."""
    kept = stepper.optimizer.state
    return {
        f"{name}/{key}": value
        for name, tensor in stepper.weights.trained.items()
        for key, value in kept.get(tensor, {}).items()
        if is_tensor(value)
    }


def read(path: Path, name: str, stepper: Stepper, history: History) -> Position:
    """Take up a checkpoint: weights, optimizer, random numbers and history become what they were.

    Errors: the file is damaged, is none of these, or is of other parameters or of another optimizer.
    """
    from tensorlogic.models.safetensors import SafeTensorsModel

    file = SafeTensorsModel(path)
    said = _said(file, path)
    if said["optimizer"] != name:
        raise _refusal(path, f"was trained with {said['optimizer']}, not {name}")
    stored = {key: file.get_tensor(key, "torch") for key in file.tensors}
    _check(path, stored, stepper)
    _restore(stored, stepper)
    for attribute, value in zip(_SCALE, said["scale"], strict=True):
        setattr(stepper.weights, attribute, value)
    history.best, history.waited = said["history"]
    history.epochs[:] = [Epoch(*row) for row in stored[_EPOCHS].tolist()]
    CURRENT.get().generator.set_state(stored[_RANDOM])
    return Position(**said["position"], order=stored.get(_ORDER))


def _said(file: SafeTensorsModel, path: Path) -> dict[str, Any]:
    try:
        said: dict[str, Any] = json.loads(file.metadata.user_defined[_KEY])
    except (KeyError, ValueError):
        raise _refusal(path, "is no checkpoint of training") from None
    return said


def _check(path: Path, stored: dict[str, torch.Tensor], stepper: Stepper) -> None:
    had = {name: kind(tensor) for name, tensor in stored.items() if "/" not in name}
    have = {name: kind(tensor) for name, tensor in stepper.weights.parameters.items()}
    for name in had | have:
        if had.get(name) != have.get(name):
            here, there = (f"`{name}` as {k[name]}" if name in k else f"no `{name}`" for k in (have, had))
            raise _refusal(path, f"has {there}, and the program {here}")


def _restore(stored: dict[str, torch.Tensor], stepper: Stepper) -> None:
    weights = stepper.weights
    with torch.no_grad():
        for name, parameter in weights.parameters.items():
            parameter.copy_(stored[name])
        for name, master in weights.masters.items():
            master.copy_(stored[_MASTER + name])
    for name, tensor in weights.trained.items():
        prefix = f"{_STATE}{name}/"
        state = {key.removeprefix(prefix): value for key, value in stored.items() if key.startswith(prefix)}
        if state:
            stepper.optimizer.state[tensor] = state


def _refusal(path: Path, why: str) -> SourceError:
    help = "Name another file, or remove this one to begin anew."
    return SourceError(WRONG_STATE, f"{path.name} {why}", help=help)
