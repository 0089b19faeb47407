"""Text to tokens and back, by a ``tokenizer.json`` of the tokenizers library. Tokens are ints, and lists of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from tensorlogic.errors import FormatError, SourceError, UsageError
from tensorlogic.errors.codes import CORRUPT, FILE_NOT_FOUND, MISSING_PACKAGE, WRONG_TYPE
from tensorlogic.runtime.convert import as_int, as_ints
from tensorlogic.runtime.kinds import kind, with_article
from tensorlogic.runtime.registry import builtin
from tensorlogic.runtime.session import CURRENT


class Tokenizer:
    """Knows which token stands for which text."""

    __tl_members__ = frozenset({"tokenize", "detokenize", "vocabulary"})

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer

    @property
    def vocabulary(self) -> int:
        """How many tokens there are."""
        return int(self._tokenizer.get_vocab_size())

    def tokenize(self, text: str, special: bool = True) -> list[int]:
        """The tokens of a text, with those that mark its beginning and end unless told."""
        return list(self._tokenizer.encode(text, add_special_tokens=special).ids)

    def detokenize(self, ids: Any, skip: bool = True) -> str:
        """The text of tokens, without the special ones unless told."""
        return str(self._tokenizer.decode(as_ints([ids]), skip_special_tokens=skip))

    def __str__(self) -> str:
        return "<Tokenizer>"


@builtin
def load_tokenizer(path: str) -> Tokenizer:
    """The tokenizer in a ``tokenizer.json``, as models of Hugging Face have one.

    ``tokenizer.vocabulary`` says how many tokens it knows. Needs the package tokenizers. A file that is not there, or
    is no tokenizer, is an error.
    """
    try:
        from tokenizers import Tokenizer as Library
    except ImportError:
        help = "pip install tokenizers"
        raise UsageError(MISSING_PACKAGE, "tokenizers need the package tokenizers", help=help) from None
    readable = CURRENT.get().readable(path)
    if not Path(readable).is_file():
        raise FormatError(FILE_NOT_FOUND, f"there is no file {path}")
    try:
        return Tokenizer(Library.from_file(readable))
    except Exception as error:  # the library raises nothing narrower
        raise FormatError(CORRUPT, f"{path} is not a tokenizer: {error}") from error


@builtin
def tokenize(tokenizer: Any, text: str, special: bool = True) -> list[int]:
    """The tokens of a text: a list of ints, with those that mark its beginning and end unless ``special: false``.

    `tokenizer` is one of `load_tokenizer`, or a language model.
    """
    return _known(tokenizer).tokenize(text, special)


@builtin
def detokenize(tokenizer: Any, ids: Any, skip: bool = True) -> str:
    """The text of tokens, without the special ones unless ``skip: false``.

    `tokenizer` is one of `load_tokenizer`, or a language model.
    """
    return _known(tokenizer).detokenize(as_ints([ids]), skip)


@builtin
def detokenize_single(tokenizer: Any, token: int, skip: bool = True) -> str:
    """The text of one token, empty for a special one unless ``skip: false``."""
    return _known(tokenizer).detokenize([as_int(token)], skip)


@builtin
def detokenize_incremental(tokenizer: Any, ids: Any) -> str:
    """The text of all tokens so far, without the special ones."""
    return _known(tokenizer).detokenize(as_ints([ids]))


@builtin
def int_to_tokenids(token: int) -> list[int]:
    """A list of one token."""
    return [as_int(token)]


def _known(value: Any) -> Tokenizer:
    """A tokenizer, or a model that has the same methods."""
    if "detokenize" in getattr(type(value), "__tl_members__", ()):
        return cast(Tokenizer, value)
    raise SourceError(WRONG_TYPE, f"this takes a tokenizer, not {with_article(kind(value))}")
