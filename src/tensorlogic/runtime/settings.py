"""The words that stand in ``learn``, ``embedding`` and ``infer``: what can be written there, and what each is for."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from tensorlogic.lang.brackets import FARTHEST, Bracket, open_brackets
from tensorlogic.lang.expressions import METHODS
from tensorlogic.lang.learning import EMBEDDED, OPTIONS
from tensorlogic.runtime.display import nested


class Setting(NamedTuple):
    """A word that can be written at a place."""

    name: str
    form: str
    """How it is written with what belongs to it."""
    says: str
    """What it is for."""
    takes: bool
    """Whether a colon and a value follow."""

    @property
    def text(self) -> str:
        """What is written of it first."""
        return f"{self.name}: " if self.takes else self.name


def settings_at(before: str) -> list[Setting]:
    """The settings, or the values of one, that can stand behind a text; a word may have been begun."""
    brackets = open_brackets(before)
    if _INFER.search(before[-FARTHEST:]):
        return list(_plain(METHODS))
    if not brackets:
        return []
    for pattern, find in _PLACES:
        if (found := pattern.search(brackets[-1].before + brackets[-1].mark)) is not None:
            return list(find(found, brackets))
    return []


def setting(name: str) -> Setting | None:
    """An option of ``learn``, an optimizer or a scheduler; None for what is none."""
    known = (*map(_choices, ("optimizer", "scheduler")),)
    named = [each for functions in known for each in _of_functions(functions)]
    return next((each for each in (*_options(), *named) if each.name == name), None)


def _plain(names: Any) -> Iterator[Setting]:
    return (Setting(name, name, "", False) for name in names)


def _of_functions(functions: Mapping[str, Callable[..., Any]]) -> Iterator[Setting]:
    for name, function in functions.items():
        given = ", ".join(f"{p.name}: {_default(p)}" for p in inspect.signature(function).parameters.values())
        yield Setting(name, f"{name}({given})", inspect.getdoc(function) or "", False)


def _default(parameter: inspect.Parameter) -> str:
    return "…" if parameter.default is None else nested(parameter.default)


def _learning(found: re.Match[str], brackets: list[Bracket]) -> Iterator[Setting]:
    """Between the braces of ``learn``."""
    word = _VALUE.search(brackets[-1].behind)
    if word is not None:
        yield from _of_functions(_choices(word[1]))
    elif _BEGIN.search(brackets[-1].behind):
        yield from _options()


def _options() -> Iterator[Setting]:
    yield Setting("objective", "objective: …", "One number, which is to become small.", True)
    yield from (Setting(name, f"{name}: …", says, True) for name, says in OPTIONS.items())


def _choices(word: str) -> Mapping[str, Callable[..., Any]]:
    from tensorlogic.runtime.learning.optimizers import OPTIMIZERS
    from tensorlogic.runtime.learning.schedulers import SCHEDULERS

    choices: dict[str, Mapping[str, Callable[..., Any]]] = {"optimizer": OPTIMIZERS, "scheduler": SCHEDULERS}
    return choices.get(word, {})


def _of_a_choice(found: re.Match[str], brackets: list[Bracket]) -> Iterator[Setting]:
    """Between the parentheses of an optimizer or a scheduler."""
    chosen = _choices(found["word"]).get(found["name"])
    if chosen is not None and not _VALUE.search(brackets[-1].behind):
        for parameter in inspect.signature(chosen).parameters.values():
            yield Setting(parameter.name, f"{parameter.name}: {_default(parameter)}", "", True)


def _embedding(found: re.Match[str], brackets: list[Bracket]) -> Iterator[Setting]:
    """Between the braces of an embedding."""
    from tensorlogic.runtime.embeddings import STARTS

    word = _VALUE.search(brackets[-1].behind)
    if word is None:
        what, _ = EMBEDDED[found["word"]]
        yield from (Setting(name, name, "", True) for name in (what, "dimension", "init"))
    elif word[1] == "init":
        yield from _plain(STARTS)


_INFER: Final = re.compile(r"\binfer\s+(?:\{\s*(?:[^{}]*[?,]\s*)?)?\w*$")
_VALUE: Final = re.compile(r"\b(\w+)[ \t]*:\s*\w*$")
"""The value of a setting, which has been begun at most."""
_BEGIN: Final = re.compile(r"(?:^|[,;\n)}])[ \t]*\w*$")
"""Where a setting or a statement begins."""
_PLACES: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str], list[Bracket]], Iterator[Setting]]], ...]] = (
    (re.compile(r"\blearn\s*\{$"), _learning),
    (re.compile(r"\b(?P<word>optimizer|scheduler)\s*:\s*(?P<name>\w+)\s*\($"), _of_a_choice),
    (re.compile(r"\b(?P<word>embedding|relation_embedding)\s+\w+\s*\{$"), _embedding),
)
"""What can be written behind an opening bracket, by the text up to it."""
