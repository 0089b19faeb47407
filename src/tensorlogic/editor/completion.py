"""What can be written at a place of a program."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from tensorlogic.editor.calls import call_around, parameters
from tensorlogic.editor.describing import declaration
from tensorlogic.editor.documents import SIGNATURES, Document, Meaning
from tensorlogic.editor.drift import carried
from tensorlogic.lang import Source, checked, types
from tensorlogic.lang.brackets import FARTHEST
from tensorlogic.lang.holding import field_struct
from tensorlogic.lang.lexer import KEYWORDS
from tensorlogic.lang.occurrences import Field
from tensorlogic.lang.parser import DECLARED_BY
from tensorlogic.runtime.settings import settings_at

_TEXTS: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"')
_BEHIND_TYPE: Final = re.compile(r"([A-Za-z_]\w*)(?:<[^<>]*>)?::\w*$")
_BEHIND_DOT: Final = re.compile(r"(?<![\w.])([A-Za-z_][\w.]*)\.\w*$")
_DOT: Final = re.compile(r"[\w)\]]\.[A-Za-z_]*$")
_NUMBER: Final = re.compile(r"(?<![\w.])\d+\.\d*$")


class Proposal(NamedTuple):
    """Something that can be written."""

    text: str
    kind: str
    """``variable``, ``function``, ``struct``, ``entity``, ``relation``, ``field``, ``option``, ``choice``, ``keyword``,
    ``type`` or ``builtin``."""
    detail: str = ""


def proposals(source: Source, offset: int, sound: Document) -> list[Proposal]:
    """What can be written at an offset of a text; `sound` is its newest state that could be parsed."""
    line, column = source.position(offset)
    before = source.line(line)[:column]
    plain = _TEXTS.sub("", before)
    if '"' in plain or "//" in plain or _NUMBER.search(plain):
        return []
    names = visible(source, offset, sound)
    if behind := _BEHIND_TYPE.search(before):
        return list(_functions_of(behind[1], names))
    if behind := _BEHIND_DOT.search(before):
        return list(_members(behind[1].split("."), sound, names))
    if _DOT.search(before):
        return list(_called_behind_dot(names))
    written = [*_settings(source, offset), *_members_of_entities(source, offset, names)]
    return [*written, *_options(source, offset, names), *map(_named, names.values()), *_BUILTINS, *_WORDS]


def visible(source: Source, offset: int, sound: Document) -> dict[str, Meaning]:
    """What names mean at an offset of a text; `sound` is its newest state that could be parsed."""
    if sound.analysis is None:
        return {}
    at = carried(offset, source.text, sound.source.text)
    scopes = [(v, scope) for v, scope in sound.analysis.scopes.items() if scope.start <= at <= scope.end]
    inner_last = sorted(scopes, key=lambda each: (each[1].start, each[0].declared))
    seen = [v for v, _ in inner_last if v.unit is not None or v.declared <= at]
    return {**sound.analysis.exports, **{variable.name: variable for variable in seen}}


def _named(symbol: Meaning) -> Proposal:
    kind = type(symbol).__name__.lower()
    return Proposal(symbol.name.rpartition("::")[2], kind, declaration(symbol))


def _functions_of(owner: str, visible: dict[str, Meaning]) -> Iterator[Proposal]:
    struct = visible.get(owner)
    if isinstance(struct, checked.Struct):
        yield from map(_named, struct.methods.values())
    for name in SIGNATURES:
        of, _, function = name.partition("::")
        if function and of == owner:
            yield Proposal(function, "builtin", str(SIGNATURES[name]))


def _members(path: list[str], document: Document, visible: dict[str, Meaning]) -> Iterator[Proposal]:
    """The members of the value that a path of names leads to; of one that is not known, what can be called on it."""
    struct = _struct(path, document, visible)
    if struct is None:
        yield from _called_behind_dot(visible)
        return
    for field in struct.fields:
        yield _named(Field(struct, field.name))
    yield from map(_named, struct.methods.values())


def _struct(path: list[str], document: Document, visible: dict[str, Meaning]) -> checked.Struct | None:
    first, *rest = path
    variable = visible.get(first)
    if not isinstance(variable, checked.Variable) or document.analysis is None:
        return None
    struct = document.analysis.held.get(variable)
    for name in rest:
        struct = field_struct(struct, name)
    return struct


def _called_behind_dot(visible: dict[str, Meaning]) -> Iterator[Proposal]:
    """``x.f(a)`` is ``f(x, a)``."""
    yield from (_named(each) for each in visible.values() if isinstance(each, checked.Function))
    yield from (each for each in _BUILTINS if each.kind == "builtin")


def _settings(source: Source, offset: int) -> Iterator[Proposal]:
    """The words of ``learn``, embeddings and ``infer``."""
    for each in settings_at(source.text[max(0, offset - FARTHEST) : offset]):
        yield Proposal(each.text, "option" if each.takes else "choice", each.form)


def _members_of_entities(source: Source, offset: int, visible: dict[str, Meaning]) -> Iterator[Proposal]:
    """The entities that a relation can hold of in the place that is being written."""
    call = call_around(source, offset)
    symbol = None if call is None else visible.get(call.name)
    if call is not None and isinstance(symbol, checked.Relation):
        for _, kind in symbol.parameters[call.argument : call.argument + 1]:
            entity = visible.get(kind or "")
            if isinstance(entity, checked.Entity):
                yield from (Proposal(member, "choice", entity.name) for member in entity.members or ())


def _options(source: Source, offset: int, visible: dict[str, Meaning]) -> Iterator[Proposal]:
    call = call_around(source, offset)
    if call is None or isinstance(visible.get(call.name), checked.Relation):
        return
    if (signature := parameters(call.name, visible)) is not None:
        names = (*signature.required, *signature.optional, *signature.named)
        yield from (Proposal(f"{name}: ", "option", str(signature)) for name in names)


_BUILTINS: Final = tuple(Proposal(name, "builtin") for name in SIGNATURES if "::" not in name)
_WORDS: Final = (
    *(Proposal(word, "keyword") for word in sorted({*KEYWORDS, *DECLARED_BY})),
    *(Proposal(name, "type") for name in dict.fromkeys(types.NAMES)),
)
