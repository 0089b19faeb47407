"""Expressions as text, with the parentheses that they need."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import singledispatchmethod
from typing import Final

from tensorlogic.lang import tree
from tensorlogic.lang.expressions import CAST, COMPARISON, INFIX, NOT, POSTFIX, POWER, SIGN
from tensorlogic.lang.source import Source

WIDTH: Final = 100
INDENT: Final = "    "
_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


class Expressions:
    """Prints expressions, from a source as its numbers and strings are written there."""

    def __init__(self, source: Source | None) -> None:
        self._source = source

    @singledispatchmethod
    def text(self, node: tree.Node, margin: str) -> str:
        """A node as text; lines after the first begin with `margin`."""
        raise NotImplementedError(type(node).__name__)

    def within(self, node: tree.Expression, minimum: int, margin: str) -> str:
        """An operand, in parentheses unless it binds tighter than `minimum`."""
        text = self.text(node, margin)
        return text if _power(node) > minimum else f"({text})"

    def head(self, node: tree.Expression, margin: str) -> str:
        """An expression that a block follows: a struct in it would be taken for the block."""
        text = self.text(node, margin)
        return f"({text})" if _has_struct(node) else text

    def listed(self, opening: str, items: Iterable[str], closing: str, margin: str) -> str:
        """Items between brackets, each on a line of its own where they are too long for one."""
        listed = list(items)
        line = f"{opening}{', '.join(listed)}{closing}"
        if "\n" not in line and len(margin) + len(line) <= WIDTH:
            return line
        return self.broken(opening, listed, closing, margin)

    def broken(self, opening: str, items: Iterable[str], closing: str, margin: str) -> str:
        """Items between brackets, each on a line of its own."""
        return opening + "".join(f"\n{margin}{INDENT}{item}," for item in items) + f"\n{margin}{closing}"

    @text.register
    def _(self, node: tree.Literal, margin: str) -> str:
        if self._source is not None:
            return self._source.text[node.span.start : node.span.end]
        return literal(node.value)

    @text.register
    def _(self, node: tree.Array, margin: str) -> str:
        return self.listed("[", self._items(node.items, margin), "]", margin)

    def _items(self, nodes: Iterable[tree.Node], margin: str) -> Iterable[str]:
        return (self.text(node, margin + INDENT) for node in nodes)

    @text.register
    def _(self, node: tree.Name, margin: str) -> str:
        return node.id

    @text.register
    def _(self, node: tree.Unary, margin: str) -> str:
        word = "not " if node.operator == "not" else node.operator
        return word + self.within(node.operand, _power(node) - 1, margin)

    @text.register
    def _(self, node: tree.Binary, margin: str) -> str:
        power = _power(node)
        to_the_right = power == POWER
        left = self.within(node.left, power if to_the_right or power == COMPARISON else power - 1, margin)
        if node.operator == "<" and isinstance(node.left, tree.Cast):
            left = f"({left})"  # what follows the name of a type in angle brackets is its arguments
        if isinstance(node.right, tree.Unary) and node.right.operator != "not":
            right = self.text(node.right, margin)
        else:
            right = self.within(node.right, power - 1 if to_the_right else power, margin)
        return f"{left} {node.operator} {right}"

    @text.register
    def _(self, node: tree.Cast, margin: str) -> str:
        return f"{self.within(node.operand, CAST - 1, margin)} as {self.text(node.type, margin)}"

    @text.register
    def _(self, node: tree.Member, margin: str) -> str:
        return f"{self.within(node.object, POSTFIX - 1, margin)}.{node.name.id}"

    @text.register
    def _(self, node: tree.Slice, margin: str) -> str:
        start, stop = ("" if end is None else self.text(end, margin) for end in (node.start, node.stop))
        return f"{start}:{stop}"

    @text.register
    def _(self, node: tree.Index, margin: str) -> str:
        return self.listed(
            self.within(node.object, POSTFIX - 1, margin) + "[", self._items(node.indices, margin), "]", margin
        )

    @text.register
    def _(self, node: tree.Argument, margin: str) -> str:
        name = "" if node.name is None else f"{node.name.id}: "
        return name + self.text(node.value, margin)

    @text.register
    def _(self, node: tree.Call, margin: str) -> str:
        callee = self.within(node.callee, POSTFIX - 1, margin)
        return self.listed(f"{callee}(", self._items(node.arguments, margin), ")", margin)

    @text.register
    def _(self, node: tree.Path, margin: str) -> str:
        return f"{node.owner.id}::{node.name.id}"

    @text.register
    def _(self, node: tree.StructLiteral, margin: str) -> str:
        name = self.text(node.type, margin)
        if not node.fields:
            return f"{name} {{}}"
        line = f"{name} {{ {', '.join(self._items(node.fields, margin))} }}"
        if "\n" not in line and len(margin) + len(line) <= WIDTH:
            return line
        return self.broken(f"{name} {{", self._items(node.fields, margin), "}", margin)

    @text.register
    def _(self, node: tree.Conditional, margin: str) -> str:
        line = self._conditional(node, margin, " ", " ")
        if "\n" not in line and len(margin) + len(line) <= WIDTH:
            return line
        return self._conditional(node, margin, f"\n{margin}{INDENT}", f"\n{margin}")

    def _conditional(self, node: tree.Conditional, margin: str, opening: str, closing: str) -> str:
        inside = margin + INDENT
        otherwise = f"{{{opening}{self.text(node.otherwise, inside)}{closing}}}"
        if isinstance(node.otherwise, tree.Conditional):
            otherwise = self._conditional(node.otherwise, margin, opening, closing)
        then = f"{{{opening}{self.text(node.then, inside)}{closing}}}"
        return f"if {self.head(node.condition, margin)} {then} else {otherwise}"

    @text.register
    def _(self, node: tree.Query, margin: str) -> str:
        return f"query {self.asked(node, margin, '')}"

    @text.register
    def _(self, node: tree.Inference, margin: str) -> str:
        return f"{node.method} {self.asked(node.query, margin, '?')}"

    @text.register
    def _(self, node: tree.Inferred, margin: str) -> str:
        return f"infer {self.text(node.inference, margin)}"

    def asked(self, node: tree.Query, margin: str, mark: str) -> str:
        """An atom with `mark` behind it, and what its answers must fulfil."""
        where = "" if node.where is None else f" where {self.text(node.where, margin)}"
        return self.text(node.atom, margin) + mark + where

    @text.register
    def _(self, node: tree.Members, margin: str) -> str:
        return self.listed("{", self._items(node.names, margin), "}", margin)

    @text.register
    def _(self, node: tree.Type, margin: str) -> str:
        if node.arguments:
            return f"{node.name}<{', '.join(self.text(argument, margin) for argument in node.arguments)}>"
        if node.dimensions is None:
            return node.name
        return f"{node.name}[{', '.join('?' if d is None else str(d) for d in node.dimensions)}]"

    @text.register
    def _(self, node: tree.Wildcard, margin: str) -> str:
        return "_"

    @text.register
    def _(self, node: tree.Alternatives, margin: str) -> str:
        return " | ".join(self.text(pattern, margin) for pattern in node.patterns)

    @text.register
    def _(self, node: tree.StructPattern, margin: str) -> str:
        fields = ", ".join(self.text(field, margin) for field in node.fields)
        return f"{node.name.id} {{ {fields} }}" if fields else f"{node.name.id} {{}}"

    @text.register
    def _(self, node: tree.FieldPattern, margin: str) -> str:
        pattern = self.text(node.pattern, margin)
        return pattern if pattern == node.name.id else f"{node.name.id}: {pattern}"


def literal(value: int | float | bool | str) -> str:
    """A value as a program writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + "".join(_ESCAPES.get(character, character) for character in value) + '"'
    if isinstance(value, float) and math.isinf(value):
        return "1e999" if value > 0 else "-1e999"
    return repr(value)


def _power(node: tree.Expression) -> int:
    """How tight a node binds what it consists of."""
    if isinstance(node, tree.Binary):
        return INFIX[node.operator].power
    if isinstance(node, tree.Cast):
        return CAST
    if isinstance(node, tree.Unary):
        return NOT if node.operator == "not" else SIGN
    loose = isinstance(node, tree.Conditional | tree.Inferred) or (
        isinstance(node, tree.Query) and node.where is not None
    )
    return 0 if loose else POSTFIX


def _has_struct(node: tree.Expression) -> bool:
    """Whether the text of an expression has the braces of a struct that no bracket encloses."""
    match node:
        case tree.StructLiteral():
            return True
        case tree.Binary(left=left, right=right):
            return _has_struct(left) or _has_struct(right)
        case tree.Unary(operand=inner) | tree.Cast(operand=inner):
            return _has_struct(inner)
        case tree.Inferred(inference=inference):
            return _has_struct(inference.query)
        case tree.Query(where=inner) if inner is not None:
            return _has_struct(inner)
        case tree.Member(object=inner) | tree.Index(object=inner) | tree.Call(callee=inner):
            return _has_struct(inner)
    return False
