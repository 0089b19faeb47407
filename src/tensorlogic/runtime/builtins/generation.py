"""Text from language models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tensorlogic.errors import SourceError
from tensorlogic.errors.codes import WRONG_TYPE
from tensorlogic.runtime.kinds import kind, with_article
from tensorlogic.runtime.lazy import is_tensor
from tensorlogic.runtime.registry import calling_a_method
from tensorlogic.runtime.structs import Struct


class Stream(Iterator[str]):
    """The pieces of a text that is being generated, each once."""

    __tl_members__ = frozenset({"close"})

    def __init__(self, pieces: Iterator[str]) -> None:
        self._pieces = pieces

    def __next__(self) -> str:
        return next(self._pieces)

    def close(self) -> None:
        """End the generation."""
        self._pieces.close()  # type: ignore[attr-defined] # it is a generator

    def __str__(self) -> str:
        return "<Stream>"


@calling_a_method
def generate(model: Any, prompt: str, **options: Any) -> str:
    """The text that continues a prompt: ``model.generate("Once", max_tokens: 50, temperature: 0.7)``.

    The options, each of which may be left out for what the model's file or llama.cpp chooses:

    * `max_tokens`: the longest answer, in tokens; without it, until the model ends it or its context is full
    * `temperature`: 0 always takes the likeliest token; more than 1 makes unlikely ones likelier
    * `top_k`: how many of the likeliest tokens are drawn from; 0 is all
    * `top_p`: from 0 to 1; the likeliest tokens that together have this probability are drawn from
    * `seed`: the same seed gives the same text
    * `stop`: a text or a list of texts; the answer ends before them

    The model is that of a GGUF file. Needs the package xllamacpp: ``pip install 'tensorlogic-lang[llm]'``.
    """
    return str(_language_model(model).generate(prompt, **_plain(options)))


@calling_a_method
def stream(model: Any, prompt: Any, **options: Any) -> Stream:
    """The pieces of what `generate` or `chat` gives, as soon as they are there: ``for piece in model.stream("Once")``.

    `prompt` is a text to continue, or the messages of a conversation. Leaving the loop ends the generation.
    """
    asked = prompt if isinstance(prompt, str) else _messages(prompt)
    return Stream(_language_model(model).stream(asked, **_plain(options)))


@calling_a_method
def chat(model: Any, messages: list[Any], **options: Any) -> str:
    """A model's answer to the messages of a conversation: ``model.chat([["user", "Who are you?"]])``.

    A message is a pair of a role and a text, or a struct or record with the fields `role` and `content`; roles are
    ``"system"``, ``"user"`` and ``"assistant"``. Options are those of `generate`. A model that was not made for
    conversations is an error.
    """
    return str(_language_model(model).chat(_messages(messages), **_plain(options)))


def _language_model(value: Any) -> Any:
    if "generate" not in getattr(type(value), "__tl_members__", ()):
        raise SourceError(WRONG_TYPE, f"this takes a language model, of a GGUF file, not {with_article(kind(value))}")
    return value


def _messages(messages: Any) -> Any:
    """Messages as Python has them."""
    if not isinstance(messages, list):
        raise SourceError(WRONG_TYPE, f"this takes a list of messages, not {with_article(kind(messages))}")
    return [each.values if isinstance(each, Struct) else each for each in messages]


def _plain(options: dict[str, Any]) -> dict[str, Any]:
    """Options with numbers instead of tensors that hold one."""
    return {name: v.item() if is_tensor(v) and v.numel() == 1 else v for name, v in options.items()}
