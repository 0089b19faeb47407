"""Tokens to a parsed tree: statements, by recursive descent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NoReturn

from tensorlogic.errors.codes import UNEXPECTED_TOKEN
from tensorlogic.lang import tree
from tensorlogic.lang.clauses import Clauses
from tensorlogic.lang.collection import uncollected
from tensorlogic.lang.cursor import Layout, UnparsableError
from tensorlogic.lang.source import Source

AUGMENTED: Final = {"+=": "+", "-=": "-", "*=": "*", "/=": "/"}


@uncollected
def parse(source: Source) -> tree.Program:
    """The parsed tree of a source, or a `SourceError` with everything that is wrong with its syntax."""
    return Parser(source).program()


class Parser(Clauses):
    """Reads statements; one that cannot be read is reported and skipped."""

    def program(self) -> tree.Program:
        """The whole file."""
        statements = self._statements("end")
        self.problems.raise_any()
        return tree.Program(self.problems.source, statements)

    def _statements(self, closing: str) -> tuple[tree.Statement, ...]:
        found: list[tree.Statement] = []
        while self.token.kind not in (closing, "end") and not self.problems.full:
            found += self.one_statement()
        return tuple(found)

    def one_statement(self) -> list[tree.Statement]:
        """The next statement; none where it is only a semicolon or cannot be read, which is reported."""
        mark = self.mark()
        try:
            return [] if self.accept(";") else [self._statement()]
        except UnparsableError:
            self.recover(mark)
            return []

    def _statement(self) -> tree.Statement:
        self.descend()
        kind = self.token.kind
        if kind == "name":
            kind = self._leading_word()
        statement = STATEMENTS.get(kind, Parser._expression_statement)(self)
        self.ascend()
        return statement

    def _leading_word(self) -> str:
        """Words such as ``main`` and ``tensor`` are names unless what follows makes them begin a declaration."""
        word, following = str(self.token.value), self.peek()
        return word if not following.first and following.kind in DECLARED_BY.get(word, ()) else "name"

    def _stray(self) -> NoReturn:
        self.problems.report(UNEXPECTED_TOKEN, "this `}` closes nothing", self.advance().span)
        raise UnparsableError

    def block(self) -> tree.Block:
        """Statements between braces."""
        opening = self.expect("{")
        outside, self.layout = self.layout, Layout()
        statements = self._statements("}")
        self.expect("}", "`}` to close the block" if self.token.kind == "end" else None)
        self.layout = outside
        return tree.Block(self.since(opening.span), statements)

    def arm_body(self) -> tree.Expression | tree.Block:
        """A value, a block, or a single ``break``, ``continue`` or ``return``."""
        if self.token.kind == "{":
            return self.block()
        if self.token.kind not in ("break", "continue", "return"):
            return self.expression()
        statement = self._statement()
        return tree.Block(statement.span, (statement,))

    def _expression_statement(self) -> tree.Statement:
        value = self.conditioned(self.expression())
        if self.token.kind == "<-":
            return self.clause(value)
        if self.token.first and not self.layout.joined:
            return tree.Evaluate(value.span, value)
        if (equation := self.projected(value)) is not None:
            return equation
        if self.token.kind in ("=", ":="):
            return self._assign(value)
        if self.token.kind in AUGMENTED:
            return self._augment(value)
        return tree.Evaluate(value.span, value)

    def _assign(self, target: tree.Expression) -> tree.Statement:
        checked = self._target(target)
        self.advance()
        value = self.conditioned(self.expression())
        return tree.Assign(target.span.to(value.span), checked, None, value, declares=False)

    def _augment(self, target: tree.Expression) -> tree.Statement:
        checked = self._target(target)
        operator = AUGMENTED[self.advance().kind]
        value = self.expression()
        return tree.Augment(target.span.to(value.span), checked, operator, value)

    def _target(self, value: tree.Expression) -> tree.Target:
        if isinstance(value, tree.Name | tree.Index | tree.Member):
            return value
        help = "Only a name, an element such as x[0] or a field such as x.name can be assigned to."
        self.problems.report(UNEXPECTED_TOKEN, "this cannot be assigned to", value.span, help)
        raise UnparsableError

    def _let(self) -> tree.Statement:
        start = self.advance().span
        name = self.name()
        type_name = self.type_name() if self.accept(":") else None
        if self.token.kind not in ("=", ":="):
            self.unexpected("`=`")
        self.advance()
        value = self.conditioned(self.expression())
        return tree.Assign(start.to(value.span), name, type_name, value, declares=True)

    def _tensor(self) -> tree.Statement:
        start = self.advance().span
        name = self.name()
        self.expect(":")
        type_name = self.type_name()
        attribute = self._attribute()
        value = self.expression() if self.accept("=") else None
        return tree.Tensor(self.since(start), name, type_name, attribute, value)

    def _attribute(self) -> str | None:
        """``frozen`` is what a tensor is anyway."""
        if self.token.kind != "name" or self.token.first:
            return None
        return str(self.advance().value) if self.token.value in ("learnable", "frozen") else None

    def _if(self) -> tree.If:
        start = self.advance().span
        condition = self.head()
        then = self.block()
        otherwise = self._else() if self.accept("else") else None
        return tree.If(self.since(start), condition, then, otherwise)

    def _else(self) -> tree.Block:
        if self.token.kind != "if":
            return self.block()
        self.descend()
        nested = self._if()
        self.ascend()
        return tree.Block(nested.span, (nested,))

    def _for(self) -> tree.Statement:
        start = self.advance().span
        variable = self.name()
        self.expect("in")
        iterable = self.head()
        body = self.block()
        return tree.For(self.since(start), variable, iterable, body)

    def _while(self) -> tree.Statement:
        start = self.advance().span
        condition = self.head()
        body = self.block()
        return tree.While(self.since(start), condition, body)

    def _loop(self) -> tree.Statement:
        start = self.advance().span
        body = self.block()
        return tree.While(self.since(start), None, body)

    def _jump(self) -> tree.Statement:
        token = self.advance()
        return tree.Jump(token.span, token.kind)

    def _return(self) -> tree.Statement:
        start = self.advance().span
        over = self.token.first or self.token.kind in ("}", ";", ",", "end")
        value = None if over else self.expression()
        return tree.Return(self.since(start), value)

    def _function(self) -> tree.Function:
        start = self.advance().span
        name = self.name("the name of the function")
        self.expect("(")
        parameters = self.separated(")", self.parameter)
        result = self.type_name() if self.accept("->") else None
        body = self.block()
        return tree.Function(self.since(start), name, tuple(parameters), result, body)

    def _struct(self) -> tree.Statement:
        start = self.advance().span
        name = self.name("the name of the struct")
        parameters = self._type_parameters()
        self.expect("{")
        outside, self.layout = self.layout, Layout()
        fields: list[tree.Parameter] = []
        while self.token.kind != "}":
            fields.append(self._typed_field())
            if not self.accept(",") and not self.token.first and self.token.kind != "}":
                self.unexpected("`,` or `}`")
        self.close("}", "", outside)
        return tree.Struct(self.since(start), name, parameters, tuple(fields))

    def _typed_field(self) -> tree.Parameter:
        name = self.name("the name of a field")
        self.expect(":")
        type_name = self.type_name()
        attribute = self._attribute()
        return tree.Parameter(self.since(name.span), name.id, type_name, attribute)

    def _type_parameters(self) -> tuple[tree.Name, ...]:
        return tuple(self.separated(">", self.name)) if self.accept("<") else ()

    def _impl(self) -> tree.Statement:
        start = self.advance().span
        parameters = self._type_parameters()
        type_name, trait = self.type_name(), None
        if self.accept("for"):
            trait, type_name = tree.Name(type_name.span, type_name.name), self.type_name()
        self.expect("{")
        outside, self.layout = self.layout, Layout()
        methods: list[tree.Function] = []
        while self.token.kind != "}":
            if self.token.kind != "fn":
                self.unexpected("`fn` or `}`")
            methods.append(self._function())
        self.close("}", "", outside)
        return tree.Impl(self.since(start), parameters, trait, type_name, tuple(methods))

    def _trial(self) -> tree.Statement:
        token = self.advance()
        name = self.name()
        body = self.block()
        return tree.Trial(self.since(token.span), str(token.value), name, body)

    def _python_import(self) -> tree.Statement:
        start = self.advance().span
        self.advance()
        names = [self.name("the name of a module").id]
        while self.accept("."):
            names.append(self.name("the name of a module").id)
        alias = self.name("a name for the module").id if self.accept("as") else ".".join(names)
        return tree.PythonImport(self.since(start), ".".join(names), alias)

    def _import(self) -> tree.Statement:
        self.advance()
        path = self.expect("text", "the path of a file, between quotes")
        return tree.Import(path.span, str(path.value))

    def _main(self) -> tree.Statement:
        start = self.advance().span
        body = self.block()
        return tree.Main(self.since(start), body)


STATEMENTS: Final[dict[str, Callable[[Parser], tree.Statement]]] = {
    "{": Parser.block,
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
    "struct": Parser._struct,
    "impl": Parser._impl,
    "test": Parser._trial,
    "bench": Parser._trial,
    "python": Parser._python_import,
    "entity": Parser.entity,
    "relation": Parser.relation,
    "rule": Parser.explicit_rule,
    "explain": Parser.explain,
    "infer": Parser.infer,
    "embedding": Parser.embedding,
    "relation_embedding": Parser.embedding,
    "learn": Parser.learn,
    "no_grad": Parser.no_grad,
}
DECLARED_BY: Final = {
    "main": ("{",),
    "tensor": ("name",),
    "struct": ("name",),
    "impl": ("name", "<"),
    "test": ("name",),
    "bench": ("name",),
    "python": ("import",),
    **dict.fromkeys(("entity", "relation", "rule", "explain", "embedding", "relation_embedding"), ("name",)),
    "infer": ("name", "{"),
    **dict.fromkeys(("learn", "no_grad"), ("{",)),
}
"""Words that begin a declaration where such a token follows, and are names elsewhere."""
