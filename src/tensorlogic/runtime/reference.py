"""What the builtins and the words of the language are, as the reference page, editors and the prompt show it."""

from __future__ import annotations

import inspect
from typing import Any, NamedTuple

from tensorlogic.lang.words import WORDS
from tensorlogic.runtime.builtins import CONSTANTS, FUNCTIONS
from tensorlogic.runtime.calls import Function
from tensorlogic.runtime.display import nested
from tensorlogic.runtime.kinds import NAMES, kind


class Reference(NamedTuple):
    """One builtin, or one word of the language."""

    name: str
    signature: str
    """As a declaration of the language says it: ``softmax(x, axis: int = -1) -> tensor``.

    A parameter without a type takes several kinds of values, ``axis?`` can be left out, and ``others…`` takes any
    number of values, so that what follows it is given by name.
    """
    docstring: str
    family: str
    """The file of `tensorlogic.runtime.builtins` that it stands in, or ``constants`` or ``words``."""
    other_names: tuple[str, ...] = ()

    def __str__(self) -> str:
        also = f"Also: {', '.join(self.other_names)}" if self.other_names else ""
        return "\n\n".join(part for part in (self.signature, self.docstring, also) if part)


def describe(name: str) -> Reference | None:
    """The builtin of a name, which may be one of its other names, or else the word of the language."""
    if (function := FUNCTIONS.get(name)) is not None:
        others = tuple(other for other, same in FUNCTIONS.items() if same is function and other != name)
        family = function.__module__.rpartition(".")[2]
        return Reference(name, _signature(name, function), inspect.getdoc(function) or "", family, others)
    if name in CONSTANTS:
        value = CONSTANTS[name]
        docstring = inspect.getdoc(value) if hasattr(value, "__tl_members__") else None
        return Reference(name, f"{name}: {_kind(kind(value))}", docstring or f"{nested(value)}.", "constants")
    if (word := WORDS.get(name)) is not None:
        return Reference(name, word.form, word.says, "words")
    return None


def every() -> list[Reference]:
    """All builtins, each once and under its main name, in the order of the table."""
    names: dict[Function, str] = {}
    for name, function in FUNCTIONS.items():
        if function not in names or name == _plain(function.__name__):
            names[function] = name
    return [found for name in (*names.values(), *CONSTANTS) if (found := describe(name)) is not None]


def _signature(name: str, function: Function) -> str:
    signature = inspect.signature(function)
    parameters = ", ".join(_parameter(p, function) for p in signature.parameters.values())
    result = _type(signature.return_annotation, function)
    return f"{name}({parameters})" + (f" -> {result}" if result else "")


def _parameter(parameter: inspect.Parameter, function: Function) -> str:
    name = _plain(parameter.name)
    if parameter.kind is parameter.VAR_POSITIONAL:
        return f"{name}…"
    if parameter.kind is parameter.VAR_KEYWORD:
        return f"{name}: …"
    declared = _type(parameter.annotation, function)
    typed = ("?" if parameter.default is None else "") + (f": {declared}" if declared else "")
    return name + typed + ("" if parameter.default in (parameter.empty, None) else f" = {nested(parameter.default)}")


def _type(annotation: Any, function: Function) -> str:
    """What a Python annotation says in the words of the language; nothing for one that takes anything."""
    if annotation is inspect.Signature.empty:
        return ""
    plain = annotation.removesuffix(" | None").partition("[")[0]
    return "" if function.__globals__.get(plain) is Any else _kind(plain.rpartition(".")[2])


def _plain(name: str) -> str:
    """The name without the ``_`` that keeps it apart from one of Python's."""
    return name.rstrip("_")


def _kind(name: str) -> str:
    return {"None": "void", **NAMES}.get(name, name)
