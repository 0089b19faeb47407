"""What a builtin that failed was given, held against what its signature says that it takes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from types import FrameType, TracebackType
from typing import Any, Final, NamedTuple

from tensorlogic.runtime.convert import is_int, is_number
from tensorlogic.runtime.kinds import kind, with_article
from tensorlogic.runtime.registry import FUNCTIONS


class Given(NamedTuple):
    """The parameters of a builtin, and the values that they had when it failed."""

    parameters: Mapping[str, inspect.Parameter]
    values: Mapping[str, Any]

    def misfit(self) -> str | None:
        """What is wrong with the first value that is not of its parameter's type."""
        for name, value in self._told():
            wanted = _KINDS.get(str(self.parameters[name].annotation).removesuffix(" | None"))
            if wanted is not None and not wanted.fits(value):
                return f"`{name}` must be {with_article(wanted.name)}, not {with_article(kind(value))}"
        return None

    def kinds(self) -> str:
        """The kinds of the values: ``float32[2, 3], an int and a string``."""
        *others, last = [with_article(kind(value)) for _, value in self._told()] or ["no values"]
        return f"{', '.join(others)} and {last}" if others else last

    def _told(self) -> Iterator[tuple[str, Any]]:
        """The values that the program gave, where it did not leave them out."""
        for name, parameter in self.parameters.items():
            value = self.values.get(name, parameter.default)
            if parameter.kind is parameter.VAR_POSITIONAL:
                yield from ((name, each) for each in value)
            elif value is not parameter.default and parameter.kind is not parameter.VAR_KEYWORD:
                yield name, value


def given(trace: TracebackType | None) -> Given | None:
    """What the outermost builtin on the way to a failure was given."""
    codes = {function.__code__: function for function in FUNCTIONS.values()}
    while trace is not None:
        if (function := codes.get(trace.tb_frame.f_code)) is not None:
            return _given(function, trace.tb_frame)
        trace = trace.tb_next
    return None


def _given(function: Callable[..., Any], frame: FrameType) -> Given:
    return Given(inspect.signature(function).parameters, frame.f_locals)


class _Kind(NamedTuple):
    """What an annotation is called in the language, and whether a value can stand where it is written."""

    name: str
    fits: Callable[[Any], bool]


_KINDS: Final = {
    "int": _Kind("int", is_int),
    "float": _Kind("number", is_number),
    "bool": _Kind("bool", lambda value: isinstance(value, bool)),
    "str": _Kind("string", lambda value: isinstance(value, str)),
    "list[Any]": _Kind("list", lambda value: isinstance(value, list)),
    "dict[str, Any]": _Kind("record", lambda value: isinstance(value, dict)),
}
"""Annotations that say what a value must be; None only stands for what is left out, and is no value."""
