"""The declarations of a file, as an editor's outline shows them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch
from typing import Final, NamedTuple

from tensorlogic.lang import Span, tree
from tensorlogic.lang.equations import target_name
from tensorlogic.lang.relations import entity_name


class Entry(NamedTuple):
    """A declaration: its kind is a word of the language, or ``field``, ``member``, ``method`` or ``variable``."""

    name: str
    kind: str
    span: Span
    named: Span
    """Where its name stands."""
    inside: tuple[Entry, ...] = ()


_ONCE: Final = ("variable", "relation")
"""The kinds of entries that are made by what gives a name its meaning, again and again."""


def outline(program: tree.Program) -> list[Entry]:
    """The declarations of the top level, each variable and relation where it stands first."""
    entries = [entry for statement in program.statements for entry in _entries(statement)]
    first = {entry.name: entry for entry in reversed(entries) if entry.kind in _ONCE}
    return [entry for entry in entries if entry.kind not in _ONCE or entry is first[entry.name]]


@singledispatch
def _entries(statement: tree.Statement) -> Iterator[Entry]:
    yield from ()


@_entries.register
def _function(node: tree.Function) -> Iterator[Entry]:
    yield Entry(node.name.id, "fn", node.span, node.name.span)


@_entries.register
def _struct(node: tree.Struct) -> Iterator[Entry]:
    fields = tuple(Entry(f.name, "field", f.span, f.span.first(len(f.name))) for f in node.fields)
    yield Entry(node.name.id, "struct", node.span, node.name.span, fields)


@_entries.register
def _impl(node: tree.Impl) -> Iterator[Entry]:
    methods = tuple(Entry(m.name.id, "method", m.span, m.name.span) for m in node.methods)
    yield Entry(f"impl {node.type.name}", "impl", node.span, node.type.span, methods)


@_entries.register
def _entity(node: tree.Entity) -> Iterator[Entry]:
    names = () if node.members is None else node.members.names
    members = tuple(Entry(entity_name(name), "member", name.span, name.span) for name in names)
    yield Entry(node.name.id, "entity", node.span, node.name.span, members)


@_entries.register
def _relation(node: tree.Relation) -> Iterator[Entry]:
    yield Entry(node.name.id, "relation", node.span, node.name.span)


@_entries.register
def _rule(node: tree.Rule) -> Iterator[Entry]:
    if isinstance(node.head.callee, tree.Name):
        yield Entry(node.head.callee.id, "relation", node.span, node.head.callee.span)


@_entries.register
def _equation(node: tree.Equation) -> Iterator[Entry]:
    name = target_name(node)
    yield Entry(name.id, "variable", node.span, name.span)


@_entries.register
def _embedding(node: tree.Embedding) -> Iterator[Entry]:
    yield Entry(node.name.id, "embedding", node.span, node.name.span)


@_entries.register
def _tensor(node: tree.Tensor) -> Iterator[Entry]:
    yield Entry(node.name.id, "variable", node.span, node.name.span)


@_entries.register
def _assign(node: tree.Assign) -> Iterator[Entry]:
    if isinstance(node.target, tree.Name):
        yield Entry(node.target.id, "variable", node.span, node.target.span)


@_entries.register
def _trial(node: tree.Trial) -> Iterator[Entry]:
    yield Entry(f"{node.word} {node.name.id}", node.word, node.span, node.name.span)


@_entries.register
def _main(node: tree.Main) -> Iterator[Entry]:
    yield Entry("main", "main", node.span, node.span.first(len("main")))
