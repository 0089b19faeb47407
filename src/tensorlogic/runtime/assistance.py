"""What a prompt offers while an input is being written: ways to complete it, and help about names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, Final, NamedTuple

from tensorlogic.errors import TensorLogicError
from tensorlogic.lang import checked
from tensorlogic.lang.words import WORDS
from tensorlogic.runtime.builtins import CONSTANTS, FUNCTIONS
from tensorlogic.runtime.display import text
from tensorlogic.runtime.interactive import Interaction
from tensorlogic.runtime.kinds import kind
from tensorlogic.runtime.members import member, names_of
from tensorlogic.runtime.reference import describe
from tensorlogic.runtime.settings import setting, settings_at

_LONGEST: Final = 300
"""Of a variable's value, so many characters are shown."""


class Completions(NamedTuple):
    """What can stand in place of the text from `start` to where the cursor is."""

    start: int
    texts: tuple[str, ...]


def completions(interaction: Interaction, written: str) -> Completions:
    """The ways to go on behind a text: names, members behind a dot, fields and files between quotes."""
    for pattern, offer in _PLACES:
        if (found := pattern.search(written)) is not None:
            begun = found["begun"]
            fitting = {each for each in offer(interaction, found) if each.startswith(begun)}
            return Completions(len(written) - len(begun), tuple(sorted(fitting)))
    return Completions(len(written), ())


def help_about(interaction: Interaction, name: str) -> str | None:
    """What a name means: a declaration of the inputs so far, else a builtin or a word of the language."""
    symbol = interaction.declared.get(name)
    if isinstance(symbol, checked.Function):
        return _function(symbol)
    if isinstance(symbol, checked.Struct):
        return _struct(symbol)
    if isinstance(symbol, checked.Variable):
        return _variable(interaction, name)
    if isinstance(symbol, checked.Entity | checked.Relation):
        return symbol.declaration
    if (found := describe(name)) is not None:
        return str(found)
    if (word := setting(name)) is not None:
        return f"{word.form}\n\n{word.says}"
    owner, _, of = name.rpartition("::")
    struct = interaction.declared.get(owner)
    return _function(struct.methods[of]) if isinstance(struct, checked.Struct) and of in struct.methods else None


def _function(function: checked.Function) -> str:
    result = "" if function.result is None else f" -> {function.result}"
    return f"fn {function.name}({_parameters(function.parameters)}){result}"


def _parameters(parameters: tuple[checked.Parameter, ...]) -> str:
    return ", ".join(p.name if p.type is None else f"{p.name}: {p.type}" for p in parameters)


def _struct(struct: checked.Struct) -> str:
    fields = f"struct {struct.name} {{ {_parameters(struct.fields)} }}"
    return "\n".join([fields, *(_function(method) for method in struct.methods.values())])


def _variable(interaction: Interaction, name: str) -> str:
    try:
        value = interaction.value(name)
    except KeyError:
        return f"{name} has no value yet"
    shown = text(value)
    return f"{name}: {kind(value)} = {shown if len(shown) <= _LONGEST else shown[:_LONGEST] + '…'}"


def names(interaction: Interaction, found: re.Match[str] | None = None) -> Iterator[str]:
    """Everything that can be written as a name or a word."""
    plain = (name for name in FUNCTIONS if "::" not in name)
    settings = [] if found is None else [each.text for each in settings_at(found.string)]
    yield from chain(interaction.declared, plain, CONSTANTS, WORDS, settings)


def _members(interaction: Interaction, found: re.Match[str]) -> Iterator[str]:
    """The members of a value that is named, or is a member of one that is: nothing is called."""
    first, *others = found["object"].split(".")
    try:
        value: Any = interaction.value(first)
        for name in others:
            value = member(value, name)
    except (KeyError, TensorLogicError):
        return
    yield from names_of(value)


def _attributes(interaction: Interaction, found: re.Match[str]) -> Iterator[str]:
    """Those of them that can stand behind a dot."""
    return filter(str.isidentifier, _members(interaction, found))


def _of_a_type(interaction: Interaction, found: re.Match[str]) -> Iterator[str]:
    owner = found["object"]
    yield from (name for of, _, name in (each.partition("::") for each in FUNCTIONS) if of == owner and name)
    struct = interaction.declared.get(owner)
    yield from struct.methods if isinstance(struct, checked.Struct) else ()


def _files(interaction: Interaction, found: re.Match[str]) -> Iterator[str]:
    """The files that a path can go on to, in the folders that the program may read."""
    session = interaction.session
    prefix = found["begun"][: found["begun"].rfind("/") + 1]
    folder = (session.home if found["import"] else session.folder) / prefix
    if not session.may_read(str(folder)):
        return
    try:
        for path in folder.iterdir():
            yield f"{prefix}{path.name}{'/' if path.is_dir() else ''}"
    except OSError:
        return


_NAME: Final = r"[A-Za-z_][A-Za-z0-9_]*"
_PLACES: Final[tuple[tuple[re.Pattern[str], Callable[[Interaction, re.Match[str]], Iterator[str]]], ...]] = (
    (re.compile(rf'\b(?P<object>{_NAME}(?:\.{_NAME})*)\["(?P<begun>[^"\n]*)$'), _members),
    (re.compile(r'(?:\b(?P<import>import)\s+|\b(?:load|save)_\w+\(\s*(?:\w+\s*,\s*)?)"(?P<begun>[^"\0\n]*)$'), _files),
    (re.compile(r'^[^"\n]*(?:"[^"\n]*"[^"\n]*)*"(?P<begun>[^"\n]*)$'), lambda interaction, found: iter(())),
    (re.compile(rf"\b(?P<object>{_NAME}(?:\.{_NAME})*)\.(?P<begun>\w*)$"), _attributes),
    (re.compile(rf"\b(?P<object>{_NAME})::(?P<begun>\w*)$"), _of_a_type),
    (re.compile(rf"(?<![\w.])(?P<begun>{_NAME})$"), names),
)
"""What is offered where; the first place that fits holds."""
