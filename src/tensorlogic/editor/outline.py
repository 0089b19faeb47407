"""The declarations of a file, as an editor's outline shows them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch
from typing import NamedTuple

from tensorlogic.lang import Span, tree


class Entry(NamedTuple):
    """A declaration: its kind is a word of the language, or ``field``, ``method`` or ``variable``."""

    name: str
    kind: str
    span: Span
    named: Span
    """Where its name stands."""
    inside: tuple[Entry, ...] = ()


def outline(program: tree.Program) -> list[Entry]:
    """The declarations of the top level, each variable where it stands first."""
    entries = [entry for statement in program.statements for entry in _entries(statement)]
    variables = {entry.name: entry for entry in reversed(entries) if entry.kind == "variable"}
    return [entry for entry in entries if entry.kind != "variable" or entry is variables[entry.name]]


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
