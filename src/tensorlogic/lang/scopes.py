"""Which variable a name means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from tensorlogic.lang.checked import Variable
from tensorlogic.lang.source import Span


class Scope:
    """The variables of the top level, or of one function: blocks inside blocks.

    ``let`` declares in the innermost block. A plain assignment to a name that is not there yet declares
    for the whole function, as in Python, so that both branches of an ``if`` can give one variable its value.
    """

    def __init__(self, span: Span, unit: int | None = None) -> None:
        self._unit = unit
        self._spans = [span]
        self._blocks: list[dict[str, Variable]] = [{}]
        self._count: Counter[str] = Counter()
        self.closed: set[str] = set()
        """The names that were declared in blocks that are over."""

    def find(self, name: str) -> Variable | None:
        """The variable that `name` means here."""
        for block in reversed(self._blocks):
            if name in block:
                return block[name]
        return None

    def declare(self, name: str, offset: int, *, inner: bool) -> Variable:
        """The variable `name` of the innermost block or of the whole function, new unless there is one."""
        block = self._blocks[-1 if inner else 0]
        if name not in block:
            unit = self._unit if block is self._blocks[0] else None
            block[name] = Variable(name, self._count[name], unit, offset)
            self._count[name] += 1
        return block[name]

    def resume(self, variable: Variable) -> None:
        """Go on with a variable of an earlier input, as if it were declared before everything here."""
        self._blocks[0][variable.name] = replace(variable, declared=-1)

    @contextmanager
    def block(self, span: Span) -> Iterator[None]:
        """Inside a block, which is that stretch of the text."""
        self._blocks.append({})
        self._spans.append(span)
        try:
            yield
        finally:
            self.closed.update(self._blocks.pop())
            self._spans.pop()

    def span(self, *, inner: bool) -> Span:
        """The stretch of the text that the innermost block is, or the whole function."""
        return self._spans[-1 if inner else 0]

    def names(self) -> Iterator[str]:
        """Every name that means something here."""
        for block in self._blocks:
            yield from block

    def outermost(self) -> dict[str, Variable]:
        """The variables that are not inside any block."""
        return self._blocks[0]
