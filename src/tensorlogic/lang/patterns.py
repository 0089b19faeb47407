"""The patterns of ``match``."""

from __future__ import annotations

from tensorlogic.lang import tree
from tensorlogic.lang.names import Names


class Patterns(Names):
    """The part of the parser that reads patterns."""

    def pattern(self) -> tree.Pattern:
        """A pattern, or several between ``|``."""
        start = self.token.span
        patterns = [self._single_pattern()]
        while self.accept("|"):
            patterns.append(self._single_pattern())
        return patterns[0] if len(patterns) == 1 else tree.Alternatives(self.since(start), tuple(patterns))

    def _single_pattern(self) -> tree.Pattern:
        token = self.token
        if token.kind == "name":
            name = self.name()
            if name.id == "_":
                return tree.Wildcard(name.span)
            return self._struct_pattern(name) if self.accept("{") else name
        if token.kind in ("text", "true", "false"):
            self.advance()
            return tree.Literal(token.span, str(token.value) if token.kind == "text" else token.kind == "true")
        return self._number_pattern()

    def _number_pattern(self) -> tree.Pattern:
        start = self.token.span
        sign = -1 if self.accept("-") else 1
        if self.token.kind not in ("integer", "float"):
            self.unexpected("a pattern", "A pattern is a value, a name, `_`, or a struct with patterns of its fields.")
        value = self.advance().value
        assert isinstance(value, int | float)
        return tree.Literal(self.since(start), sign * value)

    def _struct_pattern(self, name: tree.Name) -> tree.Pattern:
        self.descend()
        fields = self.separated("}", self._field_pattern)
        self.ascend()
        return tree.StructPattern(self.since(name.span), name, tuple(fields))

    def _field_pattern(self) -> tree.FieldPattern:
        name = self.name("the name of a field")
        pattern = self.pattern() if self.accept(":") else name
        return tree.FieldPattern(self.since(name.span), name, pattern)
