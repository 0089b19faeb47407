"""Expressions: a table of operators and their binding powers, climbed from the left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, TypeVar

from tensorlogic.errors.codes import UNEXPECTED_TOKEN, UNSUPPORTED_SYNTAX
from tensorlogic.lang import tree
from tensorlogic.lang.cursor import Cursor, UnparsableError
from tensorlogic.lang.source import Span

Item = TypeVar("Item")

OR, AND, NOT, COMPARISON, CAST, SUM, PRODUCT, MATRIX, SIGN, POWER, POSTFIX = range(10, 120, 10)

LATER: Final = frozenset(
    {"entity", "relation", "query", "embedding", "learn", "no_grad"}
    | {"struct", "impl", "match", "test", "bench", "python"}
)
"""Words that will begin constructs of their own; until then, and wherever else they stand, they are names."""


class Infix(NamedTuple):
    """How an expression goes on after an operand: the binding power, and what reads the rest.

    It is given the operand, and where the expression begins: before a parenthesis, if there is one.
    """

    power: int
    parse: Callable[[Expressions, tree.Expression, Span], tree.Expression]
    operator: str = ""


class Expressions(Cursor):
    """The part of the parser that reads expressions and types."""

    def expression(self, minimum: int = 0) -> tree.Expression:
        """An expression of operators that bind tighter than `minimum`."""
        self.descend()
        start = self.token.span
        left = self._operand()
        while (infix := self._infix(minimum)) is not None:
            left = infix.parse(self, left, start)
        self.ascend()
        return left

    def name(self, what: str = "a name") -> tree.Name:
        """A name."""
        token = self.expect("name", what)
        return tree.Name(token.span, str(token.value))

    def type_name(self) -> tree.Type:
        """A type, such as ``int`` or ``float16[2, n]``."""
        name = self.expect("name", "a type")
        dimensions = None
        if self.token.kind == "[" and (self.joined or not self.token.first):
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
        outside, self.joined = self.joined, True
        items: list[Item] = []
        while self.token.kind != closing:
            items.append(item())
            if not self.accept(","):
                break
        self._close(closing, "`,` or ", outside)
        return items

    def _close(self, closing: str, otherwise: str, outside: bool) -> None:
        if self.token.kind != closing:
            self.unexpected(f"{otherwise}`{closing}`")
        self.joined = outside
        self.advance()

    def _infix(self, minimum: int) -> Infix | None:
        """What the next token does to the operand before it, unless that binds too loosely or is over."""
        infix = INFIX.get(self.token.kind)
        if infix is None or infix.power <= minimum:
            return None
        over = self.token.first and not self.joined and self.token.kind in STATEMENT_STARTS
        return None if over else infix

    def _operand(self) -> tree.Expression:
        read = OPERANDS.get(self.token.kind)
        if read is None:
            self.unexpected("an expression")
        return read(self)

    def _literal(self) -> tree.Expression:
        token = self.advance()
        return tree.Literal(token.span, token.value)

    def _boolean(self) -> tree.Expression:
        token = self.advance()
        return tree.Literal(token.span, token.kind == "true")

    def _named(self) -> tree.Expression:
        if self.token.value in LATER and not self.peek().first and self.peek().kind in ("name", "{"):
            message = f"`{self.token.value}` is not in the language yet"
            self.problems.report(UNSUPPORTED_SYNTAX, message, self.token.span)
            raise UnparsableError
        return self.name()

    def _array(self) -> tree.Expression:
        opening = self.advance()
        items = self.separated("]", self.expression)
        return tree.Array(self.since(opening.span), tuple(items))

    def _group(self) -> tree.Expression:
        self.advance()
        outside, self.joined = self.joined, True
        inner = self.expression()
        self._close(")", "", outside)
        return inner

    def _prefix(self) -> tree.Expression:
        token = self.advance()
        operand = self.expression(NOT if token.kind == "not" else SIGN)
        return tree.Unary(self.since(token.span), token.kind, operand)

    def _binary(self, left: tree.Expression, start: Span) -> tree.Binary:
        infix = INFIX[self.advance().kind]
        to_the_right = infix.power == POWER
        right = self.expression(infix.power - to_the_right)
        return tree.Binary(self.since(start), infix.operator, left, right)

    def _comparison(self, left: tree.Expression, start: Span) -> tree.Expression:
        comparison = self._binary(left, start)
        following = self._infix(NOT)
        if following is not None and following.power == COMPARISON:
            self.problems.report(
                UNEXPECTED_TOKEN,
                "comparisons do not chain",
                self.token.span,
                "Join two comparisons with `and`, or put one between parentheses.",
            )
            raise UnparsableError
        return comparison

    def _cast(self, operand: tree.Expression, start: Span) -> tree.Expression:
        self.advance()
        type_name = self.type_name()
        return tree.Cast(self.since(start), operand, type_name)

    def _member(self, value: tree.Expression, start: Span) -> tree.Expression:
        self.advance()
        name = self.name("the name of a member")
        return tree.Member(self.since(start), value, name)

    def _call(self, callee: tree.Expression, start: Span) -> tree.Expression:
        self.advance()
        arguments = self.separated(")", self._argument)
        return tree.Call(self.since(start), callee, tuple(arguments))

    def _index(self, value: tree.Expression, start: Span) -> tree.Expression:
        opening = self.advance()
        indices = self.separated("]", self._subscript)
        if not indices:
            self.problems.report(UNEXPECTED_TOKEN, "an index is missing", self.since(opening.span))
        return tree.Index(self.since(start), value, tuple(indices))

    def _argument(self) -> tree.Argument:
        start, option = self.token.span, None
        if self.token.kind == "name" and self.peek().kind == ":":
            option = self.name()
            self.advance()
        value = self.expression()
        return tree.Argument(self.since(start), option, value)

    def _subscript(self) -> tree.Expression:
        first = self.token.span
        start = None if self.token.kind == ":" else self.expression()
        if start is not None and self.token.kind != ":":
            return start
        self.advance()
        stop = None if self.token.kind in (",", "]") else self.expression()
        return tree.Slice(self.since(first), start, stop)


OPERANDS: Final[dict[str, Callable[[Expressions], tree.Expression]]] = {
    "integer": Expressions._literal,
    "float": Expressions._literal,
    "text": Expressions._literal,
    "true": Expressions._boolean,
    "false": Expressions._boolean,
    "name": Expressions._named,
    "[": Expressions._array,
    "(": Expressions._group,
    "-": Expressions._prefix,
    "!": Expressions._prefix,
    "not": Expressions._prefix,
}

_LEVELS: Final = {
    OR: {"or": "or", "||": "or"},
    AND: {"and": "and", "&&": "and"},
    SUM: {"+": "+", "-": "-"},
    PRODUCT: {"*": "*", "/": "/", "%": "%", "⊙": "*"},
    MATRIX: {"@": "@"},
    POWER: {"**": "**", "⊗": "⊗"},
}
INFIX: Final[dict[str, Infix]] = {
    **{
        token: Infix(power, Expressions._binary, operator)
        for power, operators in _LEVELS.items()
        for token, operator in operators.items()
    },
    **{token: Infix(COMPARISON, Expressions._comparison, token) for token in ("==", "!=", "<", "<=", ">", ">=", "≈")},
    "as": Infix(CAST, Expressions._cast),
    ".": Infix(POSTFIX, Expressions._member),
    "(": Infix(POSTFIX, Expressions._call),
    "[": Infix(POSTFIX, Expressions._index),
}
STATEMENT_STARTS: Final = frozenset("-([")
"""What could go on with an expression, but at the start of a line begins a new statement."""
