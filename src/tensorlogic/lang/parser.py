"""Tokens to a parsed tree: statements, by recursive descent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NoReturn

from tensorlogic.errors.codes import UNEXPECTED_TOKEN, UNSUPPORTED_SYNTAX
from tensorlogic.lang import tree
from tensorlogic.lang.cursor import UnparsableError
from tensorlogic.lang.expressions import Expressions
from tensorlogic.lang.source import Source

AUGMENTED: Final = {"+=": "+", "-=": "-", "*=": "*", "/=": "/"}


def parse(source: Source) -> tree.Program:
    """The parsed tree of a source, or a `SourceError` with everything that is wrong with its syntax."""
    return Parser(source).program()


class Parser(Expressions):
    """Reads statements; one that cannot be read is reported and skipped."""

    def program(self) -> tree.Program:
        """The whole file."""
        statements = self._statements("end")
        self.problems.raise_any()
        return tree.Program(self.problems.source, statements)

    def _statements(self, closing: str) -> tuple[tree.Statement, ...]:
        found = []
        while self.token.kind not in (closing, "end") and not self.problems.full:
            mark = self.mark()
            try:
                if not self.accept(";"):
                    found.append(self._statement())
            except UnparsableError:
                self.recover(mark)
        return tuple(found)

    def _statement(self) -> tree.Statement:
        self.descend()
        kind = self.token.kind
        if kind == "name":
            kind = self._leading_word()
        statement = STATEMENTS.get(kind, Parser._expression_statement)(self)
        self.ascend()
        return statement

    def _leading_word(self) -> str:
        """``main`` and ``tensor`` are names unless what follows makes them begin a declaration."""
        word, following = str(self.token.value), self.peek().kind
        return word if (word, following) in (("main", "{"), ("tensor", "name")) else "name"

    def _stray(self) -> NoReturn:
        self.problems.report(UNEXPECTED_TOKEN, "this `}` closes nothing", self.advance().span)
        raise UnparsableError

    def _block(self) -> tree.Block:
        opening = self.expect("{")
        outside, self.joined = self.joined, False
        statements = self._statements("}")
        self.expect("}", "`}` to close the block" if self.token.kind == "end" else None)
        self.joined = outside
        return tree.Block(self.since(opening.span), statements)

    def _expression_statement(self) -> tree.Statement:
        value = self.expression()
        if self.token.first and not self.joined:
            return tree.Evaluate(value.span, value)
        if self.token.kind in ("=", ":="):
            return self._assign(value)
        if self.token.kind in AUGMENTED:
            return self._augment(value)
        return tree.Evaluate(value.span, value)

    def _assign(self, target: tree.Expression) -> tree.Statement:
        checked = self._target(target)
        self.advance()
        value = self.expression()
        return tree.Assign(target.span.to(value.span), checked, None, value, declares=False)

    def _augment(self, target: tree.Expression) -> tree.Statement:
        checked = self._target(target)
        operator = AUGMENTED[self.advance().kind]
        value = self.expression()
        return tree.Augment(target.span.to(value.span), checked, operator, value)

    def _target(self, value: tree.Expression) -> tree.Name | tree.Index:
        if isinstance(value, tree.Name | tree.Index):
            return value
        help = "Only a name or an element, such as x[0], can be assigned to."
        self.problems.report(UNEXPECTED_TOKEN, "this cannot be assigned to", value.span, help)
        raise UnparsableError

    def _let(self) -> tree.Statement:
        start = self.advance().span
        name = self.name()
        type_name = self.type_name() if self.accept(":") else None
        if self.token.kind not in ("=", ":="):
            self.unexpected("`=`")
        self.advance()
        value = self.expression()
        return tree.Assign(start.to(value.span), name, type_name, value, declares=True)

    def _tensor(self) -> tree.Statement:
        start = self.advance().span
        name = self.name()
        self.expect(":")
        type_name = self.type_name()
        self._attribute()
        value = self.expression() if self.accept("=") else None
        return tree.Tensor(self.since(start), name, type_name, value)

    def _attribute(self) -> None:
        """``frozen`` is what a tensor is anyway; ``learnable`` needs learning."""
        if self.token.kind != "name" or self.token.first:
            return
        if self.token.value == "learnable":
            message = "`learnable` comes with learning, which is not in the language yet"
            self.problems.report(UNSUPPORTED_SYNTAX, message, self.token.span)
        if self.token.value in ("learnable", "frozen"):
            self.advance()

    def _if(self) -> tree.If:
        start = self.advance().span
        condition = self.expression()
        then = self._block()
        otherwise = self._else() if self.accept("else") else None
        return tree.If(self.since(start), condition, then, otherwise)

    def _else(self) -> tree.Block:
        if self.token.kind != "if":
            return self._block()
        self.descend()
        nested = self._if()
        self.ascend()
        return tree.Block(nested.span, (nested,))

    def _for(self) -> tree.Statement:
        start = self.advance().span
        variable = self.name()
        self.expect("in")
        iterable = self.expression()
        body = self._block()
        return tree.For(self.since(start), variable, iterable, body)

    def _while(self) -> tree.Statement:
        start = self.advance().span
        condition = self.expression()
        body = self._block()
        return tree.While(self.since(start), condition, body)

    def _loop(self) -> tree.Statement:
        start = self.advance().span
        body = self._block()
        return tree.While(self.since(start), None, body)

    def _jump(self) -> tree.Statement:
        token = self.advance()
        return tree.Jump(token.span, token.kind)

    def _return(self) -> tree.Statement:
        start = self.advance().span
        over = self.token.first or self.token.kind in ("}", ";", "end")
        value = None if over else self.expression()
        return tree.Return(self.since(start), value)

    def _function(self) -> tree.Statement:
        start = self.advance().span
        name = self.name("the name of the function")
        self.expect("(")
        parameters = self.separated(")", self._parameter)
        result = self.type_name() if self.accept("->") else None
        body = self._block()
        return tree.Function(self.since(start), name, tuple(parameters), result, body)

    def _parameter(self) -> tree.Parameter:
        name = self.name("a parameter")
        type_name = self.type_name() if self.accept(":") else None
        return tree.Parameter(self.since(name.span), name.id, type_name)

    def _import(self) -> tree.Statement:
        self.advance()
        path = self.expect("text", "the path of a file, between quotes")
        return tree.Import(path.span, str(path.value))

    def _main(self) -> tree.Statement:
        start = self.advance().span
        body = self._block()
        return tree.Main(self.since(start), body)


STATEMENTS: Final[dict[str, Callable[[Parser], tree.Statement]]] = {
    "{": Parser._block,
    "}": Parser._stray,
    "let": Parser._let,
    "tensor": Parser._tensor,
    "if": Parser._if,
    "for": Parser._for,
    "while": Parser._while,
    "loop": Parser._loop,
    "break": Parser._jump,
    "continue": Parser._jump,
    "return": Parser._return,
    "fn": Parser._function,
    "import": Parser._import,
    "main": Parser._main,
}
