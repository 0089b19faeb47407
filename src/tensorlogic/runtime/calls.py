"""Calls of Python functions with arguments that a program chose."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tensorlogic.errors import SourceError
from tensorlogic.lang.emit import parameter_name
from tensorlogic.lang.inference.rules import by_annotation
from tensorlogic.lang.signatures import Signature
from tensorlogic.runtime.registry import NATIVE, RULES

Function = Callable[..., Any]


def call(function: Function, arguments: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """Call a builtin, a function of the program or a method; arguments that do not fit are explained."""
    named = {parameter_name(n): v for n, v in options.items()} if is_compiled(function) else options
    try:
        return function(*arguments, **named)
    except TypeError as error:
        trace = error.__traceback__
        inside = trace is not None and trace.tb_next is not None
        wrong = None if inside else misfit(function, len(arguments), list(options))
        if wrong is None:
            raise
        raise wrong from None


def misfit(function: Function, values: int, options: Sequence[str]) -> SourceError | None:
    """The error for a call of so many values and these options, if they do not fit the function."""
    wrong = signature(function).mismatch(values, options)
    return None if wrong is None else SourceError(wrong.code, wrong.message, help=wrong.help)


def signature(function: Function) -> Signature:
    """What a Python function takes, in the names that the program knows."""
    kinds: dict[inspect._ParameterKind, list[inspect.Parameter]] = {}
    for parameter in inspect.signature(function).parameters.values():
        kinds.setdefault(parameter.kind, []).append(parameter)
    positional = [
        *kinds.get(inspect.Parameter.POSITIONAL_ONLY, ()),
        *kinds.get(inspect.Parameter.POSITIONAL_OR_KEYWORD, ()),
    ]
    return Signature(
        _plain(function.__name__),
        tuple(_plain(p.name) for p in positional if p.default is p.empty),
        tuple(_plain(p.name) for p in positional if p.default is not p.empty),
        tuple(_plain(p.name) for p in kinds.get(inspect.Parameter.KEYWORD_ONLY, ())),
        inspect.Parameter.VAR_POSITIONAL in kinds,
        inspect.Parameter.VAR_KEYWORD in kinds,
    )


class Signatures(Mapping[str, Signature]):
    """What functions take, by name, worked out when it is asked for."""

    def __init__(self, functions: Mapping[str, Function]) -> None:
        self._functions = functions
        self._found: dict[str, Signature] = {}

    def __getitem__(self, name: str) -> Signature:
        if name not in self._found:
            function = self._functions[name]
            rule = RULES.get(function) or by_annotation(function.__annotations__.get("return"))
            self._found[name] = signature(function)._replace(name=name, result=rule, native=NATIVE.get(function))
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._functions)

    def __len__(self) -> int:
        return len(self._functions)


def is_compiled(function: Function) -> bool:
    """Whether a Python function is one of the program's own."""
    return "·" in getattr(function, "__name__", "")


def _plain(name: str) -> str:
    """The name without the suffix that the compiler gave it, or that keeps it apart from Python's own."""
    return name.partition("·")[0].rstrip("_")
