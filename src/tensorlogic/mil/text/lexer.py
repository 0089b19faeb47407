"""MIL text as tokens, one at a time: memory does not grow with the length of the text."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from tensorlogic.errors import Code, FormatError, SourcePlace, codes

WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.:/@$]*")
"""A name as it stands; every other name is written between quotes."""

_TOKEN: Final = re.compile(
    rf"""\s*+(?:
      (?P<word>    {WORD.pattern} )
    | (?P<symbol>  -> | \.\.\. | [()\[\]{{}}<>,;=?] )
    | (?P<text>    "[^"\\]*+(?:\\(?s:.)[^"\\]*+)*+" )
    | (?P<number>  -?(?: 0[xX][0-9A-Fa-f]+(?:\.[0-9A-Fa-f]*)?(?:[pP][+-]?[0-9]+)?
                       | [0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)? | inf | nan ) )
    | (?P<end>     \Z )
    | (?P<open>    " )
    | (?P<other>   (?s:.) )
    )""",
    re.VERBOSE,
)
_DEEPEST = 64
_LONGEST_SIZE = 20
_LONGEST_SHOWN = 40
_BLANK: Final = re.compile(r"\s*+")
_ESCAPE: Final = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|(?s:(.)))")
ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", '"': '"', "'": "'", "\\": "\\"}

T = TypeVar("T")
Span = tuple[int, int]
"""A stretch of the text: offsets in characters, the end excluded."""


class Lexer:
    """A place in a text: the token there, and the way to the next."""

    kind: str
    """``word``, ``number``, ``text``, ``end``, or the symbol itself."""
    token: str
    """As it is written."""

    def __init__(self, text: str, source: str) -> None:
        self._text = text
        self._source = source
        self._start = self._end = 0
        self._depth = 0
        self.advance()

    def advance(self) -> None:
        """Go to the next token. Raises `FormatError` where there is none."""
        found = _TOKEN.match(self._text, self._end)
        assert found is not None  # the last alternative takes any character
        group = str(found.lastgroup)
        self.token = found[group]
        self.kind = self.token if group == "symbol" else group
        self._start, self._end = found.span(group)
        if group == "open":
            raise self.error("this text has no closing quote", codes.UNTERMINATED_TEXT)
        if group == "other":
            shown = self.token if self.token.isprintable() else f"U+{ord(self.token):04X}"
            raise self.error(f"unexpected character `{shown}`", codes.UNEXPECTED_CHARACTER)

    def taken(self, symbol: str) -> bool:
        """Whether the symbol stands here; it is then passed."""
        if self.kind != symbol:
            return False
        self.advance()
        return True

    def expect(self, symbol: str) -> None:
        """Pass the symbol, which must stand here."""
        if not self.taken(symbol):
            raise self.unexpected(f"`{symbol}`")

    def before(self, symbols: str) -> bool:
        """Whether one of the symbols, each a single character, stands behind this token."""
        found = _BLANK.match(self._text, self._end)
        assert found is not None
        return self._text[found.end() : found.end() + 1] in [*symbols]

    def several(self, read: Callable[[], T], closing: str) -> list[T]:
        """What `read` finds, between commas, up to the closing symbol, which is passed."""
        found: list[T] = []
        while not self.taken(closing):
            if found:
                self.expect(",")
            found.append(read())
        return found

    def named(self, read: Callable[[], T], closing: str) -> dict[str, T]:
        """What `read` finds behind ``key =``, by key."""
        found: dict[str, T] = {}

        def entry() -> None:
            start, key = self.span, self.name("a name")
            if key in found:
                raise self.error(f"`{key}` is given twice", at=start)
            self.expect("=")
            found[key] = read()

        self.several(entry, closing)
        return found

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """One level of nesting; there is an end to them, so that no text exhausts Python's stack."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self.error(f"nested deeper than {_DEEPEST} levels", codes.NESTED_TOO_DEEPLY)
        yield
        self._depth -= 1

    def word(self, what: str) -> str:
        """Pass a word; `what` says what it stands for."""
        if self.kind != "word":
            raise self.unexpected(what)
        word = self.token
        self.advance()
        return word

    def text(self, what: str) -> str:
        """Pass a text between quotes."""
        if self.kind != "text":
            raise self.unexpected(what)
        text = self.token[1:-1]
        if "\\" in text:
            text = _ESCAPE.sub(self._unescape, text)
        self.advance()
        return text

    def name(self, what: str) -> str:
        """Pass a name: a word, or any text between quotes."""
        return self.text(what) if self.kind == "text" else self.word(what)

    def number(self) -> int | float:
        """Pass a number, an integer where it has neither point nor exponent."""
        written = "nan" if self.token == "-nan" else self.token
        if self.kind != "number" and written not in ("inf", "nan"):
            raise self.unexpected("a number")
        try:
            value = _number(written)
        except (ValueError, OverflowError):
            raise self.error("this number is too long or too large", codes.BAD_LITERAL) from None
        self.advance()
        return value

    def size(self) -> int:
        """Pass a number that is neither negative nor has a point."""
        if self.kind != "number" or not self.token.isdecimal() or len(self.token) > _LONGEST_SIZE:
            raise self.unexpected("a size")
        size = int(self.token)
        self.advance()
        return size

    def unexpected(self, wanted: str) -> FormatError:
        """The error for something else where `wanted` should stand."""
        found = "the end of the text" if self.kind == "end" else f"`{self.token[:_LONGEST_SHOWN]}`"
        return self.error(f"expected {wanted}, found {found}", codes.UNEXPECTED_TOKEN)

    def error(self, message: str, code: Code = codes.BAD_PROGRAM, at: Span | None = None) -> FormatError:
        """An error at this token, or at another."""
        return FormatError(code, message, self.place(at))

    @property
    def span(self) -> Span:
        """Where this token stands in the text."""
        return self._start, self._end

    def place(self, at: Span | None = None) -> SourcePlace:
        """The place of this token, or of another."""
        from tensorlogic.lang.source import Source  # only a mistake needs the language
        from tensorlogic.lang.source import Span as SourceSpan

        return Source(self._source, self._text).place(SourceSpan(*(at or self.span)))

    def _unescape(self, found: re.Match[str]) -> str:
        if found[1]:
            return chr(int(found[1], 16))
        if found[2] not in ESCAPES:
            raise self.error(f"unknown escape `{found[0]}` in a text", codes.BAD_LITERAL)
        return ESCAPES[found[2]]


def _number(written: str) -> int | float:
    lower = written.lower()
    if "x" in lower:
        return float.fromhex(lower) if "p" in lower or "." in lower else int(lower, 16)
    if lower.lstrip("-").isdecimal():
        return int(lower)
    value = float(lower)
    if math.isinf(value) and "inf" not in lower:
        raise OverflowError(written)
    return value
