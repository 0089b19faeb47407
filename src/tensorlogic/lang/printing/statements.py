"""Statements as lines of text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import singledispatchmethod

from tensorlogic.lang import tree
from tensorlogic.lang.printing.comments import Comments
from tensorlogic.lang.printing.expressions import INDENT, WIDTH, Expressions, literal
from tensorlogic.lang.problems import Problems
from tensorlogic.lang.source import Source


class Printer(Expressions):
    """Prints statements, with the comments of their source if there is one."""

    def __init__(self, source: Source | None, comments: Comments | None) -> None:
        super().__init__(source)
        self._comments = comments

    def program(self, statements: Sequence[tree.Statement]) -> str:
        """A whole file."""
        end = None if self._source is None else len(self._source.text)
        lines = list(self._lines(statements, "", end))
        while lines and not lines[0]:
            lines.pop(0)
        return "".join(f"{line}\n" for line in lines)

    def _lines(self, nodes: Sequence[tree.Node], margin: str, end: int | None, after: str = "") -> Iterator[str]:
        """The lines of nodes, each with `after` at its end, and of the comments between them and up to `end`."""
        for index, node in enumerate(nodes):
            yield from self._leading(node, margin, spaced=index > 0)
            written = self._written(node, margin)
            yield from self._remarks(node.span.end, margin)  # those inside it that have no place of their own
            yield margin + written + after + self._trailing(node)
        if end is not None:
            yield from self._remarks(end, margin, spaced=bool(nodes))

    def _written(self, node: tree.Node, margin: str) -> str:
        try:
            return self.text(node, margin)
        except RecursionError:
            if self._source is None:
                raise
            problems = Problems(self._source)
            problems.too_deep(node.span)
            problems.raise_any()
            raise

    def _leading(self, node: tree.Node, margin: str, spaced: bool) -> Iterator[str]:
        """The comments and the empty line before a node."""
        for line in self._remarks(node.span.start, margin, spaced):
            yield line
            spaced = True
        if self._comments is not None and spaced and self._comments.spaced(node.span.start):
            yield ""

    def _remarks(self, offset: int, margin: str, spaced: bool = False) -> Iterator[str]:
        """The comments before an offset that are not written yet."""
        for comment in () if self._comments is None else self._comments.before(offset):
            if spaced and comment.spaced:
                yield ""
            yield margin + comment.text
            spaced = True

    def _trailing(self, node: tree.Node) -> str:
        comment = None if self._comments is None else self._comments.behind(node.span.end)
        return "" if comment is None else f"  {comment.text}"

    def block(self, node: tree.Block, margin: str) -> str:
        """Statements between braces."""
        return self._braced(node.statements, node, margin)

    def _braced(self, nodes: Sequence[tree.Node], node: tree.Node, margin: str, after: str = "") -> str:
        """The parts of a node between braces, each on lines of its own."""
        lines = list(self._lines(nodes, margin + INDENT, node.span.end, after))
        return "{\n" + "".join(f"{line}\n" for line in lines) + margin + "}" if lines else "{}"

    @singledispatchmethod
    def text(self, node: tree.Node, margin: str) -> str:
        """A node as text; lines after the first begin with `margin`."""
        return super().text(node, margin)

    @text.register
    def _(self, node: tree.Block, margin: str) -> str:
        return self.block(node, margin)

    @text.register
    def _(self, node: tree.Evaluate, margin: str) -> str:
        if isinstance(node.value, tree.Query):
            return self.asked(node.value, margin, "?")
        return self.within(node.value, 0, margin)

    @text.register
    def _(self, node: tree.Assign, margin: str) -> str:
        word = "let " if node.declares else ""
        declared = "" if node.type is None else f": {self.text(node.type, margin)}"
        return f"{word}{self.text(node.target, margin)}{declared} = {self.text(node.value, margin)}"

    @text.register
    def _(self, node: tree.Augment, margin: str) -> str:
        return f"{self.text(node.target, margin)} {node.operator}= {self.text(node.value, margin)}"

    @text.register
    def _(self, node: tree.Tensor, margin: str) -> str:
        value = "" if node.value is None else f" = {self.text(node.value, margin)}"
        return f"tensor {node.name.id}: {self.text(node.type, margin)}{_attribute(node.attribute)}{value}"

    @text.register
    def _(self, node: tree.If, margin: str) -> str:
        text = f"if {self.head(node.condition, margin)} {self.block(node.then, margin)}"
        match node.otherwise:
            case None:
                return text
            case tree.Block(statements=(tree.If() as nested,)) if nested.span == node.otherwise.span:
                return f"{text} else {self.text(nested, margin)}"
        return f"{text} else {self.block(node.otherwise, margin)}"

    @text.register
    def _(self, node: tree.For, margin: str) -> str:
        return f"for {node.variable.id} in {self.head(node.iterable, margin)} {self.block(node.body, margin)}"

    @text.register
    def _(self, node: tree.While, margin: str) -> str:
        head = "loop" if node.condition is None else f"while {self.head(node.condition, margin)}"
        return f"{head} {self.block(node.body, margin)}"

    @text.register
    def _(self, node: tree.Jump, margin: str) -> str:
        return node.word

    @text.register
    def _(self, node: tree.Return, margin: str) -> str:
        return "return" if node.value is None else f"return {self.text(node.value, margin)}"

    @text.register
    def _(self, node: tree.Match, margin: str) -> str:
        return f"match {self.head(node.value, margin)} {self._braced(node.arms, node, margin, ',')}"

    @text.register
    def _(self, node: tree.Arm, margin: str) -> str:
        guard = "" if node.guard is None else f" if {self.text(node.guard, margin)}"
        match node.body:
            case tree.Block(statements=(tree.Jump() | tree.Return() as jump,)) if jump.span == node.body.span:
                body = self.text(jump, margin)
            case _:
                body = self.text(node.body, margin)
        return f"{self.text(node.pattern, margin)}{guard} => {body}"

    @text.register
    def _(self, node: tree.Parameter, margin: str) -> str:
        declared = "" if node.type is None else f": {self.text(node.type, margin)}"
        return node.name + declared + _attribute(node.attribute)

    @text.register
    def _(self, node: tree.Function, margin: str) -> str:
        parameters = self.listed(f"fn {node.name.id}(", self._parts(node.parameters, margin), ")", margin)
        result = "" if node.result is None else f" -> {self.text(node.result, margin)}"
        return f"{parameters}{result} {self.block(node.body, margin)}"

    def _parts(self, nodes: Iterable[tree.Node], margin: str) -> Iterator[str]:
        return (self.text(node, margin) for node in nodes)

    @text.register
    def _(self, node: tree.Struct, margin: str) -> str:
        head = f"struct {node.name.id}{_type_parameters(node.parameters)}"
        return f"{head} {self._braced(node.fields, node, margin, ',')}"

    @text.register
    def _(self, node: tree.Impl, margin: str) -> str:
        trait = "" if node.trait is None else f"{node.trait.id} for "
        head = f"impl{_type_parameters(node.parameters)} {trait}{self.text(node.type, margin)}"
        return f"{head} {self._braced(node.methods, node, margin)}"

    @text.register
    def _(self, node: tree.Trial, margin: str) -> str:
        return f"{node.word} {node.name.id} {self.block(node.body, margin)}"

    @text.register
    def _(self, node: tree.PythonImport, margin: str) -> str:
        alias = "" if node.alias == node.module else f" as {node.alias}"
        return f"python import {node.module}{alias}"

    @text.register
    def _(self, node: tree.Import, margin: str) -> str:
        return f"import {literal(node.path)}"

    @text.register
    def _(self, node: tree.Entity, margin: str) -> str:
        members = "" if node.members is None else f" = {self.text(node.members, margin)}"
        return f"entity {node.name.id}{members}"

    @text.register
    def _(self, node: tree.Relation, margin: str) -> str:
        parameters = self.listed(f"relation {node.name.id}(", self._parts(node.parameters, margin), ")", margin)
        embed = "" if node.embed is None else f" embed {self.text(node.embed, margin)}"
        return parameters + embed + ("" if node.path is None else f" from {self.text(node.path, margin)}")

    @text.register
    def _(self, node: tree.Rule, margin: str) -> str:
        head, body = self.text(node.head, margin), list(self._parts(node.body, margin + INDENT))
        if node.temperature is not None:
            body[-1] += f" with temperature: {self.text(node.temperature, margin + INDENT)}"
        line = f"{head} <- {', '.join(body)}"
        if "\n" not in line and len(margin) + len(line) <= WIDTH:
            return line
        return f"{head} <-\n{margin}{INDENT}" + f",\n{margin}{INDENT}".join(body)

    @text.register
    def _(self, node: tree.Equation, margin: str) -> str:
        arrow = "<-" if node.projection == "sum" else f"{node.projection}="
        return f"{self.text(node.target, margin)} {arrow} {self.text(node.value, margin)}"

    @text.register
    def _(self, node: tree.Explain, margin: str) -> str:
        return f"explain {self.text(node.atom, margin)}?"

    @text.register
    def _(self, node: tree.Infer, margin: str) -> str:
        if len(node.inferences) == 1:
            return f"infer {self.text(node.inferences[0], margin)}"
        return f"infer {self._braced(node.inferences, node, margin)}"

    @text.register
    def _(self, node: tree.Embedding, margin: str) -> str:
        head, settings = f"{node.word} {node.name.id}", list(self._parts(node.settings, margin + INDENT))
        line = f"{head} {{ {', '.join(settings)} }}"
        if "\n" not in line and len(margin) + len(line) <= WIDTH:
            return line
        return self.broken(f"{head} {{", settings, "}", margin)

    @text.register
    def _(self, node: tree.Learn, margin: str) -> str:
        parts: list[tuple[Sequence[tree.Node], str]] = [(node.body.statements, ""), (node.settings, ",")]
        parts.sort(key=lambda part: part[0][0].span.start if part[0] else node.span.end)
        lines = [line for nodes, after in parts for line in self._lines(nodes, margin + INDENT, None, after)]
        lines += self._lines((), margin + INDENT, node.span.end)
        return "learn {\n" + "".join(f"{line}\n" for line in lines) + margin + "}"

    @text.register
    def _(self, node: tree.NoGrad, margin: str) -> str:
        return f"no_grad {self.block(node.body, margin)}"

    @text.register
    def _(self, node: tree.Main, margin: str) -> str:
        return f"main {self.block(node.body, margin)}"


def _attribute(word: str | None) -> str:
    return "" if word is None else f" {word}"


def _type_parameters(names: tuple[tree.Name, ...]) -> str:
    return f"<{', '.join(name.id for name in names)}>" if names else ""
