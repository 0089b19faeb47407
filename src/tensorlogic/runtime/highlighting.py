"""The language for Pygments: what terminals, notebooks and documentation colour programs with."""

from __future__ import annotations

from typing import Any, ClassVar

from pygments.lexer import RegexLexer, words
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, Text

from tensorlogic.lang import types
from tensorlogic.lang.words import WORDS
from tensorlogic.runtime.builtins import CONSTANTS, FUNCTIONS

_DECLARING = ("fn", "struct", "impl", "test", "bench", "main", "let")


class TensorLogicLexer(RegexLexer):
    """Colours programs by the tables of words, types and builtins that the language has."""

    name = "TensorLogic"
    aliases: ClassVar[list[str]] = ["tensorlogic", "tl"]
    filenames: ClassVar[list[str]] = ["*.tl"]
    mimetypes: ClassVar[list[str]] = ["text/x-tensorlogic"]
    url = ""

    tokens: ClassVar[dict[str, list[Any]]] = {
        "root": [
            (r"\s+", Text.Whitespace),
            (r"//[^\n]*", Comment.Single),
            (r"/\*(?s:.*?)(?:\*/|\Z)", Comment.Multiline),
            (r'"[^"\\]*(?:\\(?s:.)[^"\\]*)*(?:"|\Z)', String.Double),
            (r"[0-9]+(?:\.[0-9]+(?:[eE][+-]?[0-9]+)?|[eE][+-]?[0-9]+)", Number.Float),
            (r"[0-9]+", Number.Integer),
            (r"(?<=\.)[A-Za-z_]\w*", Name.Attribute),
            (words(("true", "false"), r"\b", r"\b"), Keyword.Constant),
            (words(("and", "or", "not", "in", "as"), r"\b", r"\b"), Operator.Word),
            (words(_DECLARING, r"\b", r"\b(?=\s+[A-Za-z_{<]|\s*\{)"), Keyword.Declaration),
            (words(types.NAMES, r"\b", r"\b(?!\s*\()"), Keyword.Type),
            (words(tuple(WORDS), r"\b", r"\b(?!\s*[(:=])"), Keyword),
            (words(tuple(name for name in FUNCTIONS if "::" not in name), r"\b", r"\b(?=\s*\()"), Name.Builtin),
            (words(tuple(CONSTANTS), r"\b", r"\b"), Name.Builtin),
            (r"[A-Za-z_]\w*(?=\s*\()", Name.Function),
            (r"[A-Za-z_]\w*", Name),
            (r"[()\[\]{},;:.?]", Punctuation),
            (r"[+\-*/%@⊙⊗≈=<>!&|]+", Operator),
            (r".", Text),
        ]
    }
