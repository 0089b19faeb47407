"""Text to tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from tensorlogic.errors.codes import BAD_LITERAL, UNEXPECTED_CHARACTER, UNTERMINATED_TEXT
from tensorlogic.lang.problems import Problems
from tensorlogic.lang.source import Source, Span

KEYWORDS: Final = frozenset(
    {"let", "fn", "import", "return"}
    | {"if", "else", "for", "in", "while", "loop", "break", "continue"}
    | {"true", "false", "and", "or", "not", "as", "match"}
)

_TOKEN = re.compile(
    r"""
      (?P<blank>   (?: [ \t\r\n\f]+ | //[^\n]* | /\*(?s:.*?)\*/ )+ )
    | (?P<word>    [A-Za-z_][A-Za-z0-9_]* )
    | (?P<number>  [0-9]+ (?P<decimal> (?:\.[0-9]+)? (?:[eE][+-]?[0-9]+)? ) (?P<rest>[A-Za-z0-9_]*) )
    | (?P<text>    "[^"\\]*(?:\\(?s:.)[^"\\]*)*" )
    | (?P<open>    /\* | " )
    | (?P<symbol>  \*\* | -> | <- | => | :: | && | \|\| | [:+\-*/=!<>]= | [()\[\]{},;:.?=<>≈+\-*/%⊙@⊗!|] )
    | (?P<other>   (?s:.) )
    """,
    re.VERBOSE,
)
_COMMENT = re.compile(r"//[^\n]*|/\*(?s:.*?)\*/")
_ESCAPE = re.compile(r"\\(?s:(.))")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}
_LARGEST_INTEGER = 2**63
_LONGEST_NUMBER = 400
_HINTS = {
    "'": 'Text stands between double quotes: "text".',
    "#": "A comment begins with //.",
    "&": "Write `and` or `&&`.",
}


class Token(NamedTuple):
    """A word of the program. Keywords and symbols are their own kind."""

    kind: str
    """``name``, ``integer``, ``float``, ``text``, ``end``, or the keyword or symbol itself."""
    value: str | int | float
    span: Span
    first: bool
    """Whether it is the first on its line."""


def tokenize(source: Source, problems: Problems) -> list[Token]:
    """The tokens of a text, ending with one of kind ``end``; what is no token is reported and left out."""
    return list(_tokens(source, problems))


def comments(source: Source) -> Iterator[Span]:
    """Where the comments of a text are."""
    offset = 0
    while found := _TOKEN.match(source.text, offset):
        offset = found.end()
        if found.lastgroup == "blank":
            for comment in _COMMENT.finditer(source.text, *found.span()):
                yield Span(*comment.span())


def _tokens(source: Source, problems: Problems) -> Iterator[Token]:
    text, offset, first = source.text, 0, True
    while found := _TOKEN.match(text, offset):
        offset = found.end()
        group = str(found.lastgroup)
        if group == "blank":
            first = first or "\n" in found[0]
        elif group == "open":
            offset = _unterminated(found, problems)
        elif group == "other":
            _unexpected(found, problems)
        else:
            yield Token(*_READERS[group](found, problems), Span(*found.span()), first)
            first = False
    yield Token("end", "", Span(len(text), len(text)), True)


def _word(found: re.Match[str], problems: Problems) -> tuple[str, str]:
    return (found[0] if found[0] in KEYWORDS else "name"), found[0]


def _symbol(found: re.Match[str], problems: Problems) -> tuple[str, str]:
    return found[0], found[0]


def _text(found: re.Match[str], problems: Problems) -> tuple[str, str]:
    return "text", _ESCAPE.sub(_unescape, found[0][1:-1])


def _unescape(found: re.Match[str]) -> str:
    return _ESCAPES.get(found[1], found[0])


def _number(found: re.Match[str], problems: Problems) -> tuple[str, int | float]:
    digits, span = found[0], Span(*found.span())
    if found["rest"]:
        problems.report(BAD_LITERAL, f"malformed number `{digits}`", span)
    elif len(digits) > _LONGEST_NUMBER:
        problems.report(BAD_LITERAL, f"a number of {len(digits)} digits is too long", span)
    elif found["decimal"]:
        return "float", float(digits)
    elif int(digits) > _LARGEST_INTEGER:
        cure = f"Write {digits}.0 for a float."
        problems.report(BAD_LITERAL, "this integer does not fit in 64 bits", span, cure)
    else:
        return "integer", int(digits)
    return "integer", 0


_READERS: Final = {"word": _word, "symbol": _symbol, "text": _text, "number": _number}


def _unexpected(found: re.Match[str], problems: Problems) -> None:
    character = found[0]
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    message = f"unexpected character `{shown}`"
    problems.report(UNEXPECTED_CHARACTER, message, Span(*found.span()), _HINTS.get(character))


def _unterminated(found: re.Match[str], problems: Problems) -> int:
    """Report an opening that has no end, and say where to go on: the next line, or for a comment the end."""
    span = Span(*found.span())
    if found[0] == '"':
        problems.report(UNTERMINATED_TEXT, "this text has no closing quote", span)
        newline = found.string.find("\n", span.end)
        return len(found.string) if newline < 0 else newline
    problems.report(UNTERMINATED_TEXT, "this comment has no end", span, "Close it with */.")
    return len(found.string)
