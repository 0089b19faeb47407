"""The options of a ``learn`` block: words and plain values, checked before anything is trained."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from tensorlogic.errors import SourceError, first_line, nearest
from tensorlogic.errors.codes import UNKNOWN_OPTION, WRONG_ARGUMENTS
from tensorlogic.runtime.calls import misfit
from tensorlogic.runtime.convert import as_int, as_number
from tensorlogic.runtime.display import nested
from tensorlogic.runtime.kinds import kind, with_article
from tensorlogic.runtime.lazy import torch
from tensorlogic.runtime.learning.optimizers import OPTIMIZERS, SYNONYMS, Make
from tensorlogic.runtime.learning.schedulers import SCHEDULERS, Schedule, constant
from tensorlogic.runtime.session import CURRENT


class Choice(NamedTuple):
    """An optimizer or a scheduler by its name, with the settings that the program gives: ``adam(lr: 0.01)``."""

    name: str
    settings: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Options:
    """How to train."""

    optimizer: Choice
    epochs: int
    scheduler: Choice | None = None
    batch: int | None = None
    """Examples in a step; without, a step takes all."""
    seed: int | None = None
    """Where random numbers begin: those of the block, and the order of the examples."""
    clip: float | None = None
    """The largest norm of all gradients together; longer ones are made as short."""
    patience: int | None = None
    """After so many epochs without a smaller loss, training ends."""
    checkpoint: Path | None = None
    """A SafeTensors file that training goes on from, and is kept in."""
    verbose: bool = False
    """Whether to print a line for every epoch in place of a bar."""
    log: Path | None = None
    """A CSV file with a row for every epoch."""
    plot: Path | None = None
    """A picture of the loss."""

    def make(self, tensors: list[torch.Tensor]) -> torch.optim.Optimizer:
        """The optimizer of these tensors."""
        return _optimizer(self.optimizer)(tensors)

    def rate(self, epoch: int) -> float:
        """The learning rate of an epoch, which counts from 0."""
        return self.schedule(self.first_rate, epoch, self.epochs)

    @cached_property
    def schedule(self) -> Schedule:
        """What the learning rate is, by the epoch."""
        if self.scheduler is None:
            return constant
        made: Schedule = SCHEDULERS[self.scheduler.name](**self.scheduler.settings)
        return made

    @cached_property
    def first_rate(self) -> float:
        """The learning rate that the optimizer is given, or has by itself."""
        given: float = _optimizer(self.optimizer).keywords["lr"]  # type: ignore[attr-defined]
        return given


def read_options(words: Mapping[str, Any]) -> Options:
    """The options that the words of a block say; `optimizer` and `scheduler` are `Choice`s.

    Raises a `SourceError` for words and settings that there are not, with the nearest, and for values out of range.
    """
    for word in words:
        if word not in _READERS:
            raise _unknown(word, "`learn` has no option", _READERS)
    for word in ("optimizer", "epochs"):
        if word not in words:
            raise SourceError(WRONG_ARGUMENTS, f"`learn` needs `{word}`", help=f"Add {word}: {_EXAMPLES[word]}.")
    return Options(**{word: _READERS[word](word, value) for word, value in words.items()})


def _unknown(name: str, message: str, known: Mapping[str, Any]) -> SourceError:
    meant = nearest(name, known)
    help = f"There are {', '.join(known)}." if meant is None else f"Did you mean `{meant}`?"
    return SourceError(UNKNOWN_OPTION, f"{message} `{name}`", help=help)


def _count(word: str, value: Any, least: int = 1) -> int:
    count = as_int(value)
    if count < least:
        raise SourceError(WRONG_ARGUMENTS, f"`{word}` is {least} or more, not {count}")
    return count


def _positive(word: str, value: Any) -> float:
    number = float(as_number(value))
    if not number > 0:
        raise SourceError(WRONG_ARGUMENTS, f"`{word}` is more than 0, not {nested(number)}")
    return number


def _flag(word: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise SourceError(WRONG_ARGUMENTS, f"`{word}` is true or false, not {with_article(kind(value))}")


def _path(word: str, value: Any) -> Path:
    return CURRENT.get().writable(value)


def _picture(word: str, value: Any) -> Path:
    from tensorlogic.models.bench.plot import check_picture

    path = _path(word, value)
    check_picture(path)
    return path


def _choice(word: str, value: Choice, table: Mapping[str, Callable[..., Any]], test: Callable[[Choice], Any]) -> Choice:
    if value.name not in table:
        raise _unknown(value.name, f"there is no {word}", table)
    settings = {SYNONYMS.get(name, name): _setting(setting) for name, setting in value.settings.items()}
    if (wrong := misfit(table[value.name], 0, list(settings))) is not None:
        raise wrong
    choice = Choice(value.name, settings)
    try:
        test(choice)
    except (ValueError, TypeError, ArithmeticError) as error:
        raise SourceError(WRONG_ARGUMENTS, f"{word} {value.name}: {first_line(error)}") from None
    return choice


def _setting(value: Any) -> bool | int | float:
    return value if isinstance(value, bool) else as_number(value)


def _optimizer(choice: Choice) -> Make:
    return OPTIMIZERS[choice.name](**choice.settings)


def _test_optimizer(choice: Choice) -> None:
    _optimizer(choice)([torch.zeros(1)])


def _test_scheduler(choice: Choice) -> None:
    schedule = SCHEDULERS[choice.name](**choice.settings)
    if not all(schedule(1.0, epoch, 1) >= 0 for epoch in range(3)):
        raise ValueError("the learning rate becomes negative")


_READERS: Final[dict[str, Callable[[str, Any], Any]]] = {
    "optimizer": partial(_choice, table=OPTIMIZERS, test=_test_optimizer),
    "epochs": _count,
    "scheduler": partial(_choice, table=SCHEDULERS, test=_test_scheduler),
    "batch": _count,
    "seed": partial(_count, least=0),
    "clip": _positive,
    "patience": _count,
    "checkpoint": _path,
    "verbose": _flag,
    "log": _path,
    "plot": _picture,
}
"""How the value of each option is read."""
_EXAMPLES: Final = {"optimizer": "adam(lr: 0.01)", "epochs": "100"}
