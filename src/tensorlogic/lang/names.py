"""Names, types and lists: what all parts of the parser read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tensorlogic.lang import tree, types
from tensorlogic.lang.cursor import Cursor, Layout

Item = TypeVar("Item")


class Names(Cursor):
    """The part of the parser that reads names and types."""

    def name(self, what: str = "a name") -> tree.Name:
        """A name."""
        token = self.expect("name", what)
        return tree.Name(token.span, str(token.value))

    def type_name(self) -> tree.Type:
        """A type, such as ``int``, ``float16[2, n]`` or ``Box<float>``."""
        name = self.expect("name", "a type")
        if name.value not in types.NAMES and self.accept("<"):
            arguments = self.separated(">", self.type_name)
            return tree.Type(self.since(name.span), str(name.value), None, tuple(arguments))
        dimensions = None
        if self.token.kind == "[" and (self.layout.joined or not self.token.first):
            self.advance()
            dimensions = tuple(self.separated("]", self._dimension))
        return tree.Type(self.since(name.span), str(name.value), dimensions)

    def _dimension(self) -> int | str | None:
        if self.accept("?"):
            return None
        if token := self.accept("integer"):
            return int(token.value)
        return str(self.expect("name", "a dimension: a number, a name or ?").value)

    def separated(self, closing: str, item: Callable[[], Item]) -> list[Item]:
        """Items between commas up to a closing bracket, inside which newlines mean nothing."""
        outside, self.layout = self.layout, Layout(joined=True)
        items: list[Item] = []
        while self.token.kind != closing:
            items.append(item())
            if not self.accept(","):
                break
        self.close(closing, "`,` or ", outside)
        return items

    def close(self, closing: str, otherwise: str, outside: Layout) -> None:
        """Read a closing bracket, and go on in the layout outside."""
        if self.token.kind != closing:
            self.unexpected(f"{otherwise}`{closing}`")
        self.layout = outside
        self.advance()
