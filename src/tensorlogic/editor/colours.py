"""What the names of a program are, for an editor that colours them: more than their spelling shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Final, NamedTuple

from tensorlogic.editor.documents import Document
from tensorlogic.lang import Analysis, Span, checked, tree
from tensorlogic.lang.knowledge import VARIABLE
from tensorlogic.lang.occurrences import Field, Occurrence

KINDS: Final = {
    checked.Variable: "variable",
    checked.Function: "function",
    checked.Builtin: "function",
    checked.Struct: "struct",
    checked.Entity: "enum",
    checked.Relation: "interface",
    Field: "property",
}
"""What symbols are in the words of the protocol, and so of themes."""
TYPES: Final = (*dict.fromkeys(KINDS.values()), "method", "parameter", "enumMember")
MODIFIERS: Final = ("declaration", "defaultLibrary", "learnable")


class Colour(NamedTuple):
    """What a stretch of the text is."""

    span: Span
    type: str
    modifiers: tuple[str, ...] = ()


def colours(document: Document) -> list[Colour]:
    """The names of a file, in order: those that mean something, variables and constants of clauses, settings."""
    analysis = document.analysis
    if analysis is None:
        return []
    names = (name for name in analysis.names if name.span.start < name.span.end)
    found = [*_unnamed(analysis), *(_named(name, analysis) for name in names)]
    return sorted({colour.span: colour for colour in found}.values())


def _named(name: Occurrence, analysis: Analysis) -> Colour:
    symbol = name.symbol
    is_method = isinstance(symbol, checked.Function) and "::" in symbol.name
    modifiers = {
        "declaration": name.declares,
        "defaultLibrary": isinstance(symbol, checked.Builtin),
        "learnable": symbol in analysis.learnables,
    }
    holding = tuple(modifier for modifier, holds in modifiers.items() if holds)
    return Colour(name.span, "method" if is_method else KINDS[type(symbol)], holding)


def _unnamed(analysis: Analysis) -> Iterator[Colour]:
    """The names that mean nothing outside of their clause or block. Trees may be deep: nothing here recurses."""
    relations = {name.span: name.symbol for name in analysis.names if isinstance(name.symbol, checked.Relation)}
    waiting: list[tree.Node] = list(analysis.tree.statements)
    while waiting:
        node = waiting.pop()
        if isinstance(node, _CLAUSES) or _is_fact(node, relations):
            yield from _of_clause(node, relations)
        elif isinstance(node, tree.Equation):
            yield from (Colour(name.span, "parameter") for name in _plain_names(node))
        else:
            yield from _of_words(node)
            waiting += _parts(node)


_CLAUSES: Final = (tree.Rule, tree.Query, tree.Explain)
_Relations = dict[Span, checked.Relation]


def _is_fact(node: tree.Node, relations: _Relations) -> bool:
    return isinstance(node, tree.Evaluate) and isinstance(node.value, tree.Call) and node.value.callee.span in relations


def _of_clause(node: tree.Node, relations: _Relations) -> Iterator[Colour]:
    """The variables and constants of a fact, a rule or a question."""
    called = (relations.get(each.callee.span) for each in _nodes(node) if isinstance(each, tree.Call))
    parameters = {name for relation in called if relation is not None for name, _ in relation.parameters}
    for name in _plain_names(node):
        is_variable = VARIABLE.fullmatch(name.id) or name.id == "_" or name.id in parameters
        yield Colour(name.span, "parameter" if is_variable else "enumMember")


def _of_words(node: tree.Node) -> Iterator[Colour]:
    """Names of entities where they are declared, settings, and what the language names in their place."""
    match node:
        case tree.Members(names=names):
            yield from (Colour(name.span, "enumMember") for name in names)
        case tree.Learn(settings=settings) | tree.Embedding(settings=settings):
            for setting in settings:
                yield from _of_setting(setting)


def _of_setting(setting: tree.Argument) -> Iterator[Colour]:
    """A setting, whose value may be ``xavier``, or ``adam(lr: 0.01)``."""
    call = setting.value if isinstance(setting.value, tree.Call) else None
    chosen = setting.value if call is None else call.callee
    if isinstance(chosen, tree.Name):
        yield Colour(chosen.span, "function", _OURS)
    for each in (setting, *(() if call is None else call.arguments)):
        if each.name is not None:
            yield Colour(each.name.span, "property", _OURS)


_OURS: Final = ("defaultLibrary",)


def _plain_names(node: tree.Node) -> Iterator[tree.Name]:
    """The names in a part that are no members, options or functions."""
    others = {id(each) for part in _nodes(node) for each in _other_names(part)}
    return (each for each in _nodes(node) if isinstance(each, tree.Name) and id(each) not in others)


def _other_names(node: tree.Node) -> tuple[tree.Node | None, ...]:
    match node:
        case tree.Member(name=name) | tree.Argument(name=name) | tree.Call(callee=tree.Name() as name):
            return (name,)
    return ()


def _nodes(node: tree.Node) -> Iterator[tree.Node]:
    """A part of the program, and all parts inside it."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        yield each
        waiting += _parts(each)


def _parts(node: tree.Node) -> Iterator[tree.Node]:
    for each in fields(node):
        value = getattr(node, each.name)
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, tree.Node):
                yield part
