"""A position in a list of tokens: what every part of the parser stands on."""

from __future__ import annotations

from typing import Final, NamedTuple, NoReturn

from tensorlogic.errors.codes import UNEXPECTED_TOKEN
from tensorlogic.lang.lexer import Token, tokenize
from tensorlogic.lang.problems import Problems
from tensorlogic.lang.source import Source, Span

DEEPEST: Final = 100
_CLOSED_BY: Final = {"(": ")", "[": "]", "{": "}"}


class UnparsableError(Exception):
    """A statement that cannot be read; what is wrong with it has been reported."""


class Layout(NamedTuple):
    """What newlines and braces mean in a part of the text."""

    joined: bool = False
    """Whether newlines mean nothing, because a parenthesis or bracket is open."""
    braces: bool = True
    """Whether a brace after a name makes a struct; after the head of an ``if`` it begins a block."""


class Cursor:
    """Reads tokens one after the other."""

    def __init__(self, source: Source) -> None:
        self.problems = Problems(source)
        self._tokens = tokenize(source, self.problems)
        self._next = 0
        self._depth = 0
        self.token = self._tokens[0]
        self.layout = Layout()

    @property
    def previous(self) -> Token:
        """The token that was read last."""
        return self._tokens[max(0, self._next - 1)]

    def advance(self) -> Token:
        """Read a token; the end is never passed."""
        token = self.token
        self._next = min(self._next + 1, len(self._tokens) - 1)
        self.token = self._tokens[self._next]
        return token

    def peek(self, ahead: int = 1) -> Token:
        """The token behind the next one, or one further ahead."""
        return self._tokens[min(self._next + ahead, len(self._tokens) - 1)]

    def accept(self, kind: str) -> Token | None:
        """Read a token if it is of this kind."""
        return self.advance() if self.token.kind == kind else None

    def expect(self, kind: str, what: str | None = None) -> Token:
        """Read a token of this kind; anything else is a problem."""
        if self.token.kind != kind:
            self.unexpected(what or f"`{kind}`")
        return self.advance()

    def since(self, start: Span) -> Span:
        """From the start of a span to the end of the token that was read last."""
        return start.to(self.previous.span)

    def descend(self) -> None:
        """Go one level deeper into nested text, but not too deep."""
        self._depth += 1
        if self._depth > DEEPEST:
            self.problems.too_deep(self.token.span, f"this is nested more than {DEEPEST} levels deep")
            raise UnparsableError

    def ascend(self) -> None:
        """Come back from `descend`."""
        self._depth -= 1

    def unexpected(self, wanted: str, help: str | None = None) -> NoReturn:
        """Report that the next token is not `wanted`."""
        token = self.token
        found = "the end of the file" if token.kind == "end" else f"`{_excerpt(token)}`"
        help = help or ("Write `< -` for a comparison." if token.kind == "<-" else self._open_text())
        self.problems.report(UNEXPECTED_TOKEN, f"expected {wanted}, found {found}", token.span, help)
        raise UnparsableError

    def _open_text(self) -> str | None:
        """A hint when the text before the unexpected token goes over lines: its quote may be misplaced."""
        before = self.previous
        if before.kind == "text" and "\n" in str(before.value):
            line = self.problems.source.position(before.span.start)[0]
            return f"The text that ends here began on line {line}; is a quote missing there?"
        return None

    def mark(self) -> tuple[int, int, Layout]:
        """Where the cursor is, for `recover`."""
        return self._next, self._depth, self.layout

    def recover(self, mark: tuple[int, int, Layout]) -> None:
        """Skip the rest of a statement that began at `mark` and cannot be read.

        It goes to the end of its line, or of the brackets that it opens if they are closed at all.
        """
        start, self._depth, self.layout = mark
        after = self._after_brackets(start)
        self._next = self._next_line(start) if after is None else after
        self.token = self._tokens[self._next]

    def _after_brackets(self, start: int) -> int | None:
        """Where the statement from `start` ends, if its brackets are closed in the right order."""
        open_brackets: list[str] = []
        for index, token in enumerate(self._tokens[start:], start):
            reached = index >= self._next
            if reached and not open_brackets and self._ends_statement(index, start):
                return index
            if token.kind in _CLOSED_BY:
                open_brackets.append(_CLOSED_BY[token.kind])
            elif open_brackets and token.kind == open_brackets[-1]:
                open_brackets.pop()
            elif reached and open_brackets and token.kind in _CLOSED_BY.values():
                return None
        return None

    def _ends_statement(self, index: int, start: int) -> bool:
        token = self._tokens[index]
        return (token.first and index > start) or token.kind in (";", "}", "end")

    def _next_line(self, start: int) -> int:
        index = max(self._next, start + 1)
        while index < len(self._tokens) - 1 and not self._tokens[index].first:
            index += 1
        return min(index, len(self._tokens) - 1)


def _excerpt(token: Token) -> str:
    if token.kind == "text":
        return '"…"'
    return str(token.value)
