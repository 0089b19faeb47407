"""Expressions: a table of operators and their binding powers, climbed from the left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from tensorlogic.errors.codes import UNEXPECTED_TOKEN
from tensorlogic.lang import tree
from tensorlogic.lang.cursor import Layout, UnparsableError
from tensorlogic.lang.patterns import Patterns
from tensorlogic.lang.source import Span

METHODS: Final = ("forward", "backward", "gradient", "symbolic")
"""The ways to infer."""
OR, AND, NOT, COMPARISON, CAST, SUM, PRODUCT, MATRIX, SIGN, POWER, POSTFIX = range(10, 120, 10)


class Infix(NamedTuple):
    """How an expression goes on after an operand: the binding power, and what reads the rest.

    It is given the operand, and where the expression begins: before a parenthesis, if there is one.
    """

    power: int
    parse: Callable[[Expressions, tree.Expression, Span], tree.Expression]
    operator: str = ""


class Expressions(Patterns):
    """The part of the parser that reads expressions."""

    def expression(self, minimum: int = 0) -> tree.Expression:
        """An expression of operators that bind tighter than `minimum`."""
        self.descend()
        start = self.token.span
        left = self._operand()
        while (infix := self._infix(minimum)) is not None:
            left = infix.parse(self, left, start)
        self.ascend()
        return left

    def head(self) -> tree.Expression:
        """An expression that a block follows."""
        outside, self.layout = self.layout, self.layout._replace(braces=False)
        value = self.expression()
        self.layout = outside
        return value

    def _infix(self, minimum: int) -> Infix | None:
        """What the next token does to the operand before it, unless that binds too loosely or is over."""
        infix = INFIX.get(self.token.kind)
        if infix is None or infix.power <= minimum:
            return None
        over = self.token.first and not self.layout.joined and self.token.kind in STATEMENT_STARTS
        return None if over else infix

    def _operand(self) -> tree.Expression:
        read = OPERANDS.get(self.token.kind)
        if read is None:
            self.unexpected("an expression", "Write `or` or `||`." if self.token.kind == "|" else None)
        return read(self)

    def _literal(self) -> tree.Expression:
        token = self.advance()
        return tree.Literal(token.span, token.value)

    def _boolean(self) -> tree.Expression:
        token = self.advance()
        return tree.Literal(token.span, token.kind == "true")

    def _named(self) -> tree.Expression:
        if self.token.value == "query" and self.peek().kind == "name" and not self.peek().first:
            return self._query()
        if self.token.value == "infer" and self.peek().value in METHODS and self.peek(2).kind == "name":
            start = self.advance().span
            inference = self.inference()
            return tree.Inferred(self.since(start), inference)
        if self._begins_type():
            return self._of_type()
        return self.name()

    def _query(self) -> tree.Expression:
        start = self.advance().span
        return self.asked(self.atom(), start)

    def atom(self) -> tree.Call:
        """A relation with its terms, such as ``Parent(X, alice)``."""
        name = self.name("the name of a relation")
        self.expect("(")
        terms = self.separated(")", self._argument)
        return tree.Call(self.since(name.span), name, tuple(terms))

    def asked(self, atom: tree.Call, start: Span) -> tree.Query:
        """A query of an atom that has been read, with what its answers must fulfil."""
        self.accept("?")
        where = None
        if self.token.value == "where" and self.token.kind == "name" and (self.layout.joined or not self.token.first):
            self.advance()
            where = self.expression()
        return tree.Query(self.since(start), atom, where)

    def inference(self) -> tree.Inference:
        """A method and a query: ``forward P(a, X)?``."""
        start = self.token.span
        if self.token.value not in METHODS:
            self.unexpected("forward, backward, gradient or symbolic")
        method = str(self.advance().value)
        atom = self.atom()
        query = self.asked(atom, atom.span)
        return tree.Inference(self.since(start), method, query)

    def whole(self, inference: tree.Inference) -> tree.Inference:
        """The inference that a statement ends with."""
        query = self.conditioned(inference.query)
        assert isinstance(query, tree.Query)
        return tree.Inference(self.since(inference.span), inference.method, query)

    def conditioned(self, value: tree.Expression) -> tree.Expression:
        """The value that a statement ends with; behind ``where``, commas may join conditions."""
        if isinstance(value, tree.Inferred):
            return tree.Inferred(self.since(value.span), self.whole(value.inference))
        while isinstance(value, tree.Query) and value.where is not None and self.accept(","):
            right = self.expression(AND)
            where = tree.Binary(self.since(value.where.span), "and", value.where, right)
            value = tree.Query(self.since(value.span), value.atom, where)
        return value

    def _asks(self, atom: tree.Expression, start: Span) -> tree.Expression:
        if not isinstance(atom, tree.Call) or not isinstance(atom.callee, tree.Name):
            self.unexpected("the end of the expression", "Only a relation is asked for: Parent(alice, X)?")
        return self.asked(atom, start)

    def _begins_type(self) -> bool:
        """Whether a type begins here that a function or a value of it is taken from: ``Box<int>::new``."""
        behind = 1 if self.peek().kind != "<" else self._behind_arguments()
        token = self.peek(behind) if behind else self.token
        opens = token.kind == "{" and self.layout.braces and not token.first
        return opens or token.kind == "::"

    def _behind_arguments(self) -> int:
        """How far ahead the arguments of a type are over; 0 if the angle bracket is not that of a type."""
        depth, ahead = 0, 1
        while (kind := self.peek(ahead).kind) in ARGUMENTS:
            depth += (kind == "<") - (kind == ">")
            ahead += 1
            if depth == 0:
                return ahead
        return 0

    def _of_type(self) -> tree.Expression:
        owner = self.type_name()
        if self.accept("::"):
            name = self.name("the name of a function")
            return tree.Path(self.since(owner.span), tree.Name(owner.span, owner.name), name)
        self.advance()
        fields = self.separated("}", self._field)
        return tree.StructLiteral(self.since(owner.span), owner, tuple(fields))

    def _field(self) -> tree.Argument:
        name = self.name("the name of a field")
        value = self.expression() if self.accept(":") else name
        return tree.Argument(self.since(name.span), name, value)

    def _match(self) -> tree.Expression:
        start = self.advance().span
        value = self.head()
        self.expect("{")
        outside, self.layout = self.layout, Layout()
        arms: list[tree.Arm] = []
        while self.token.kind != "}":
            if arms and not self.accept(",") and not self.token.first and not isinstance(arms[-1].body, tree.Block):
                self.unexpected("`,` or `}`")
            if self.token.kind != "}":
                arms.append(self._arm())
        self.close("}", "", outside)
        return tree.Match(self.since(start), value, tuple(arms))

    def _arm(self) -> tree.Arm:
        start = self.token.span
        pattern = self.pattern()
        guard = self.expression() if self.accept("if") else None
        self.expect("=>")
        return tree.Arm(self.since(start), pattern, guard, self.arm_body())

    def arm_body(self) -> tree.Expression | tree.Block:
        """What stands behind the arrow of an arm."""
        raise NotImplementedError

    def _conditional(self) -> tree.Expression:
        start = self.advance().span
        condition = self.head()
        then = self._braced()
        self.expect("else")
        otherwise = self._conditional() if self.token.kind == "if" else self._braced()
        return tree.Conditional(self.since(start), condition, then, otherwise)

    def _braced(self) -> tree.Expression:
        self.expect("{")
        outside, self.layout = self.layout, Layout()
        value = self.expression()
        self.close("}", "", outside)
        return value

    def _array(self) -> tree.Expression:
        opening = self.advance()
        items = self.separated("]", self.expression)
        return tree.Array(self.since(opening.span), tuple(items))

    def _group(self) -> tree.Expression:
        self.advance()
        outside, self.layout = self.layout, Layout(joined=True)
        inner = self.expression()
        self.close(")", "", outside)
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
        if self.token.kind == "name" and self.peek().kind in (":", "="):  # the latter as in Python
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
    "match": Expressions._match,
    "if": Expressions._conditional,
}
ARGUMENTS: Final = frozenset({"name", ",", "<", ">", "[", "]", "integer", "?"})
"""What stands between the angle brackets of a type."""

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
    "?": Infix(POSTFIX, Expressions._asks),
}
STATEMENT_STARTS: Final = frozenset("-([")
"""What could go on with an expression, but at the start of a line begins a new statement."""
