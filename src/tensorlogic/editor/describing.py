"""What a name is, in words: its declaration, its type where that is known, and the comment above it."""

from __future__ import annotations

import re
from functools import singledispatch
from typing import Final

from tensorlogic.editor.documents import Document, Documents, Meaning
from tensorlogic.lang import Source, Span, checked
from tensorlogic.lang.brackets import FARTHEST
from tensorlogic.lang.inference.facts import Tensor
from tensorlogic.lang.occurrences import Field, Occurrence
from tensorlogic.runtime.reference import describe
from tensorlogic.runtime.settings import settings_at

_WORD: Final = re.compile(r"[A-Za-z_]\w*")
_TYPED: Final = re.compile(r"\s*:(?!=)")
"""A type that is written behind a name."""


def hover(document: Document, offset: int, documents: Documents) -> tuple[str, Span] | None:
    """What the name at an offset is, as Markdown, and where it stands; None where there is none."""
    name = next(document.at(offset), None)
    if name is None:
        return _of_setting(document.source.text, offset)
    return description(name, document, documents), name.span


def _of_setting(text: str, offset: int) -> tuple[str, Span] | None:
    """What a word of ``learn`` is, which is no name of the program."""
    word = next((found for found in _WORD.finditer(text) if found.start() <= offset <= found.end()), None)
    if word is None:
        return None
    for each in settings_at(text[max(0, word.start() - FARTHEST) : word.start()]):
        if each.name == word[0]:
            return _page(each.form, each.says), Span(*word.span())
    return None


def unwritten_types(document: Document) -> list[tuple[Span, str]]:
    """The types of tensors that are known where a name gets a value, and that the text does not say there."""
    if document.analysis is None or document.analysis.program is None:
        return []
    text, known = document.source.text, document.analysis.program.places
    tensors = ((span, str(fact)) for span, fact in sorted(known.items()) if isinstance(fact, Tensor))
    return [(span, type) for span, type in tensors if not _TYPED.match(text, span.end)]


def description(name: Occurrence, document: Document, documents: Documents) -> str:
    """What a name is, as Markdown."""
    if isinstance(name.symbol, checked.Builtin):
        return builtin(name.symbol.name) or ""
    place = documents.place(name.symbol, document)
    owner = None if place is None else documents.get(place.path)
    comment = "" if owner is None or place is None else _comment(owner.source, place.span)
    return _page(_declaration(name, document, owner, place and place.span), comment)


def builtin(name: str) -> str | None:
    """What a builtin is, as Markdown; None for what is none."""
    reference = describe(name)
    return None if reference is None else _page(reference.signature, reference.docstring)


def _page(code: str, text: str) -> str:
    return f"```tl\n{code}\n```" + (f"\n\n{text}" if text else "")


def _declaration(name: Occurrence, document: Document, owner: Document | None, span: Span | None) -> str:
    if not isinstance(name.symbol, checked.Variable):
        return declaration(name.symbol)
    found: list[str | None] = [] if document.analysis is None else [document.analysis.types.get(name.span)]
    if owner is not None and owner.analysis is not None and span is not None:
        struct = owner.analysis.held.get(name.symbol)
        found += [owner.analysis.types.get(span), None if struct is None else struct.name, _written_type(span, owner)]
    kind = next((each for each in found if each), None)
    trained = owner is not None and owner.analysis is not None and name.symbol in owner.analysis.learnables
    return name.symbol.name + (f": {kind}" if kind else "") + (" learnable" if trained else "")


def _written_type(span: Span, owner: Document) -> str | None:
    """The type that a parameter is declared with; a parameter stands at the same place as what calls name it by."""
    fields = (each.symbol for each in owner.at(span.start) if isinstance(each.symbol, Field))
    return next((str(type) for field in fields if (type := _type_of(field)) is not None), None)


@singledispatch
def declaration(symbol: Meaning) -> str:
    """A symbol as the program could declare it."""
    return symbol.name


@declaration.register
def _function(symbol: checked.Function) -> str:
    parameters = ", ".join(map(_parameter, symbol.parameters))
    return f"fn {symbol.name}({parameters})" + ("" if symbol.result is None else f" -> {symbol.result}")


@declaration.register(checked.Entity)
@declaration.register(checked.Relation)
def _relation(symbol: checked.Entity | checked.Relation) -> str:
    return symbol.declaration


@declaration.register
def _struct(symbol: checked.Struct) -> str:
    return f"struct {symbol.name} {{ {', '.join(map(_parameter, symbol.fields))} }}"


@declaration.register
def _field(symbol: Field) -> str:
    return f"{symbol.owner.name}.{_parameter(checked.Parameter(symbol.name, _type_of(symbol)))}"


def _parameter(parameter: checked.Parameter) -> str:
    return parameter.name if parameter.type is None else f"{parameter.name}: {parameter.type}"


def _type_of(field: Field) -> checked.Type | None:
    parts = field.owner.fields if isinstance(field.owner, checked.Struct) else field.owner.parameters
    return next((part.type for part in parts if part.name == field.name), None)


def _comment(source: Source, span: Span) -> str:
    """The lines of ``//`` right above a declaration; a parameter has none."""
    lines: list[str] = []
    number, column = source.position(span.start)
    if {"(", "{"} & set(source.line(number)[:column]):
        return ""
    while number > 1 and (line := source.line(number - 1).strip()).startswith("//"):
        lines.insert(0, line.lstrip("/").strip())
        number -= 1
    return "\n".join(lines)
