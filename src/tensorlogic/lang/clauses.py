"""Relations, rules, queries, equations and learning: the parts of the parser that read them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NoReturn

from tensorlogic.errors.codes import UNEXPECTED_TOKEN
from tensorlogic.lang import tree
from tensorlogic.lang.cursor import Layout, UnparsableError
from tensorlogic.lang.expressions import Expressions
from tensorlogic.lang.names import Item

PROJECTIONS: Final = ("max", "min", "avg", "sum")


class Clauses(Expressions):
    """The part of the parser that reads the clauses of a knowledge base, and learning."""

    def entity(self) -> tree.Statement:
        """``entity Person`` and ``entity Person = {alice, bob}``."""
        start = self.advance().span
        name = self.name("the name of the entities")
        members = self._members() if self.accept("=") else None
        return tree.Entity(self.since(start), name, members)

    def _members(self) -> tree.Members:
        opening = self.expect("{")
        names = self.separated("}", self._entity_name)
        return tree.Members(self.since(opening.span), tuple(names))

    def _entity_name(self) -> tree.Name | tree.Literal:
        text = self.accept("text")
        return self.name("an entity") if text is None else tree.Literal(text.span, text.value)

    def relation(self) -> tree.Statement:
        """``relation Parent(x: Person, y: Person) from "facts.csv"``."""
        start = self.advance().span
        name = self.name("the name of the relation")
        self.expect("(")
        parameters = self.separated(")", self.parameter)
        embed = self.type_name() if self._goes_on("embed", "name") else None
        path = None
        if self._goes_on("from", "text"):
            token = self.advance()
            path = tree.Literal(token.span, token.value)
        return tree.Relation(self.since(start), name, tuple(parameters), embed, path)

    def parameter(self) -> tree.Parameter:
        """A name, with its type where that is declared."""
        name = self.name("a parameter")
        type_name = self.type_name() if self.accept(":") else None
        return tree.Parameter(self.since(name.span), name.id, type_name)

    def _goes_on(self, word: str, kind: str) -> bool:
        """Read a word that is a name elsewhere, if it stands on this line before such a token."""
        here = self.token.kind == "name" and self.token.value == word and not self.token.first
        if here and self.peek().kind == kind:
            self.advance()
            return True
        return False

    def explicit_rule(self) -> tree.Statement:
        """``rule Head(X) <- Body(X)``."""
        self.advance()
        head = self.atom()
        if self.token.kind != "<-":
            self.unexpected("`<-`")
        return self.clause(head)

    def clause(self, head: tree.Expression) -> tree.Statement:
        """What an arrow makes of what stands before it: a rule of an atom, an equation of a tensor."""
        match head:
            case tree.Call(callee=tree.Name()):
                return self._rule(head)
            case tree.Name() | tree.Index(object=tree.Name()):
                return self._equation(head, "sum")
            case _:
                return self._headless(head)

    def _headless(self, head: tree.Expression) -> NoReturn:
        help = "Before the arrow stands a relation, as in P(X) <- Q(X), or a tensor, as in Y[i] <- X[i]."
        self.problems.report(UNEXPECTED_TOKEN, "this cannot be the head of a rule", head.span, help)
        raise UnparsableError

    def _rule(self, head: tree.Call) -> tree.Statement:
        self.advance()
        body = [self.expression()]
        while self.accept(","):
            body.append(self.expression())
        temperature = self._temperature() if self._goes_on("with", "name") else None
        return tree.Rule(self.since(head.span), head, tuple(body), temperature)

    def _temperature(self) -> tree.Expression:
        if self.token.value != "temperature":
            self.unexpected("temperature", "A rule has a temperature: P(X) <- Q(X) with temperature: 0.2.")
        self.advance()
        self.expect(":")
        return self.expression()

    def _equation(self, target: tree.Index | tree.Name, projection: str) -> tree.Statement:
        self.advance()
        value = self.expression()
        return tree.Equation(self.since(target.span), target, projection, value)

    def projected(self, target: tree.Expression) -> tree.Statement | None:
        """``Y[i] max= X[i, j]`` behind its target, if that is what follows."""
        word, equals = self.token, self.peek()
        together = equals.kind == "=" and equals.span.start == word.span.end
        if word.value not in PROJECTIONS or not together or not isinstance(target, tree.Index):
            return None
        if not isinstance(target.object, tree.Name):
            self._headless(target)
        return self._equation(target, str(self.advance().value))

    def explain(self) -> tree.Statement:
        """``explain Ancestor(a, X)?``."""
        start = self.advance().span
        atom = self.atom()
        self.accept("?")
        return tree.Explain(self.since(start), atom)

    def infer(self) -> tree.Statement:
        """``infer forward P(a, X)?``, or several between braces."""
        start = self.advance().span
        inferences = self._braced_items(self._asked) if self.token.kind == "{" else [self._asked()]
        return tree.Infer(self.since(start), tuple(inferences))

    def _asked(self) -> tree.Inference:
        return self.whole(self.inference())

    def _braced_items(self, item: Callable[[], Item]) -> list[Item]:
        """Items between braces, with or without commas."""
        self.expect("{")
        outside, self.layout = self.layout, Layout()
        items: list[Item] = []
        while self.token.kind != "}":
            items.append(item())
            self.accept(",")
        self.close("}", "", outside)
        return items

    def embedding(self) -> tree.Statement:
        """``embedding e { entities: Person, dimension: 16, init: xavier }``."""
        token = self.advance()
        name = self.name("the name of the embedding")
        settings = self._braced_items(self._setting)
        return tree.Embedding(self.since(token.span), str(token.value), name, tuple(settings))

    def _setting(self) -> tree.Argument:
        name = self.name("a setting, such as dimension: 16")
        self.expect(":")
        value = self._members() if self.token.kind == "{" else self.expression()
        return tree.Argument(self.since(name.span), name, value)

    def learn(self) -> tree.Statement:
        """``learn { … objective: l, optimizer: adam(lr: 0.01), epochs: 200 }``: settings and statements."""
        start = self.advance().span
        opening = self.expect("{")
        outside, self.layout = self.layout, Layout()
        settings: list[tree.Argument] = []
        statements: list[tree.Statement] = []
        while self.token.kind not in ("}", "end"):
            if self.token.kind == "name" and self.peek().kind == ":":
                settings.append(self._setting())
                self.accept(",")
            else:
                statements += self.one_statement()
        self.close("}", "", outside)
        body = tree.Block(self.since(opening.span), tuple(statements))
        return tree.Learn(self.since(start), body, tuple(settings))

    def one_statement(self) -> list[tree.Statement]:
        """The next statement; none where it is only a semicolon or cannot be read, which is reported."""
        raise NotImplementedError

    def block(self) -> tree.Block:
        """Statements between braces."""
        raise NotImplementedError

    def no_grad(self) -> tree.Statement:
        """``no_grad { … }``."""
        start = self.advance().span
        body = self.block()
        return tree.NoGrad(self.since(start), body)
