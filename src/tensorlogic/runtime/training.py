"""Learning in a running program: what compiled code says in plain data, as calls of `learning`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from tensorlogic.errors import SourceError
from tensorlogic.errors.codes import WRONG_SHAPE
from tensorlogic.runtime.embeddings import Embedding
from tensorlogic.runtime.kinds import kind
from tensorlogic.runtime.lazy import learning, torch
from tensorlogic.runtime.session import CURRENT


def enlist(value: Any, name: str, unit: int) -> Any:
    """Let the program be known to have this learnable tensor or embedding; `unit` is the number of its file."""
    CURRENT.get().learnables[name, unit] = value
    return value


def update(learnable: torch.Tensor | Embedding, value: Any) -> None:
    """Give a learnable tensor other numbers, which have no gradient yet; it stays the one that is trained."""
    tensor = learnable.table if isinstance(learnable, Embedding) else learnable
    new = torch.as_tensor(value.table if isinstance(value, Embedding) else value)
    if new.ndim and new.shape != tensor.shape:
        raise SourceError(WRONG_SHAPE, f"{kind(new)} does not fit the learnable {kind(tensor)}")
    with torch.no_grad():
        tensor.copy_(new)
    tensor.grad = None


def choice(name: str, *settings: Any) -> Any:
    """``adam(lr: 0.01)``: a name, then names and values of settings in turn."""
    return learning.Choice(name, dict(zip(settings[::2], settings[1::2], strict=True)))


def options(*words: Any) -> Any:
    """The options of a ``learn`` block: names and values in turn."""
    return learning.read_options(dict(zip(words[::2], words[1::2], strict=True)))


def learn(step: Callable[..., Any], options: Any, parameters: Mapping[str, Any], data: Mapping[str, Any]) -> None:
    """Train the learnable tensors among `parameters` that the objective, which is what `step` gives, depends on."""
    learning.learn(step, _tables(parameters), options, data)


def by_hand(options: Any, parameters: Mapping[str, Any]) -> AbstractContextManager[Any]:
    """What surrounds a ``learn`` block without an objective: each ``backward`` in it makes a step."""
    hand: AbstractContextManager[Any] = learning.by_hand(_tables(parameters), options)
    return hand


def _tables(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.table if isinstance(value, Embedding) else value for name, value in parameters.items()}
