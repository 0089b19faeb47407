"""Text from language models: what every one of them offers, over llama.cpp."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from tensorlogic.errors import BytePlace, FormatError, UsageError, codes, nearest

if TYPE_CHECKING:
    from tensorlogic.formats.gguf.facts import LanguageMetadata
    from tensorlogic.models.llama_cpp import LlamaCpp

_MOST = 2**31 - 1
_USUAL_CONTEXT = 8192
"""The context of a model that could have a larger one, for which memory is taken at once."""

_LEAST_CONTEXT = 16
_BOUNDS = {"block_count": (1, 512), "context_length": (_LEAST_CONTEXT, _MOST), "norm_epsilon": (0, 1)}
"""What a file may say of its model."""

_CONTROL = 3
"""The type of tokens that stand for no text."""


class Options(TypedDict, total=False):
    """How a text is generated. What is not said is the file's own choice, or else llama.cpp's."""

    max_tokens: int | None
    """The longest answer, in tokens; without it, until the model ends it or the context is full."""
    temperature: float | None
    """What logits are divided by: 0 always takes the likeliest token, and more than 1 makes unlikely ones likelier."""
    top_k: int | None
    """Only so many of the likeliest tokens are drawn from; 0 is all."""
    top_p: float | None
    """Only the likeliest tokens that together have this probability are drawn from."""
    seed: int | None
    """The same seed gives the same text."""
    stop: str | Sequence[str] | None
    """The answer ends before any of these texts."""


# What numbers may be: their kind, the least and the most.
_LIMITS: dict[str, tuple[type, int, int]] = {
    "max_tokens": (int, 1, _MOST),
    "temperature": (float, 0, 1000),
    "top_k": (int, 0, _MOST),
    "top_p": (float, 0, 1),
    "seed": (int, 0, 2**32 - 2),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """How llama.cpp loads a model and where it listens."""

    context: int
    """The most tokens of prompt and answer together."""
    parallel: int = 1
    """So many texts are generated together, each with a context of its own; further ones wait."""
    threads: int | None = None
    """None is llama.cpp's own choice."""
    accelerated: bool = True
    """Whether the layers may be computed on a GPU."""
    host: str = "127.0.0.1"
    port: int = 0
    """0 is any that is free."""
    key: str | None = None
    """What those that ask must know."""


class Generating:
    """A model that generates text."""

    metadata: LanguageMetadata
    path: Path
    settings: Settings
    _loaded: LlamaCpp | None = None

    def prepare(self, context: int | None, parallel: int, threads: int | None, device: str) -> None:
        """Say how the model is loaded as soon as it is asked for text.

        `context` is the most tokens of prompt and answer together, at most what the model was trained for, `parallel`
        how many texts are generated together. Raises `UsageError` for numbers that are too large or too small.
        """
        trained = self.metadata.context_length or _MOST
        for name, value, least, most in (
            ("context", context, min(_LEAST_CONTEXT, trained), trained),
            ("parallel", parallel, 1, 64),
            ("threads", threads, 1, 512),
        ):
            if value is not None:
                _check_number(name, value, int, least, most)
        if device not in ("auto", "cpu", "cuda", "mps"):
            raise UsageError(codes.NO_DEVICE, f"there is no device {device!r}", help="Choose auto, cpu, cuda or mps.")
        usual = min(self.metadata.context_length or _USUAL_CONTEXT, _USUAL_CONTEXT)
        self.settings = Settings(context or usual, parallel, threads, accelerated=device != "cpu")

    def generate(self, prompt: str, **options: Unpack[Options]) -> str:
        """The text that continues `prompt`.

        Options, all of which may be left out:

        * `max_tokens`: the longest answer; without it, until the model ends it or the context is full
        * `temperature`: 0 always takes the likeliest token; more than 1 makes unlikely ones likelier
        * `top_k`: how many of the likeliest tokens are drawn from; 0 is all
        * `top_p`: from 0 to 1; the likeliest tokens that together have this probability are drawn from
        * `seed`: the same seed gives the same text
        * `stop`: a text or several; the answer ends before them

        Several threads may ask at once. Raises `UsageError` for a wrong option and for a prompt longer than the
        context, and `EngineError` when llama.cpp fails.
        """
        return "".join(self.stream(prompt, **options))

    def stream(self, prompt: str | Iterable[Any], **options: Unpack[Options]) -> Iterator[str]:
        """The pieces of the text that continues a prompt or answers messages, as soon as they are there.

        Takes what `generate` or `chat` takes. Leaving the loop over the pieces ends the generation.
        """
        request = _request(options)
        if isinstance(prompt, str):
            return self._llama.complete({**request, "prompt": prompt})
        if not isinstance(prompt, Iterable):
            raise UsageError(codes.WRONG_ARGUMENTS, f"a prompt is text, not {prompt!r}")
        messages = [_message(each) for each in prompt]
        if not self.metadata.chat_template:
            message = f"{self.metadata.name!r} has no chat template: it was not made for conversations"
            raise UsageError(codes.CANNOT_PREDICT, message, help="Use generate(prompt), which continues a text.")
        return self._llama.chat({**request, "messages": messages})

    def chat(self, messages: Iterable[Any], **options: Unpack[Options]) -> str:
        """The answer to the messages of a conversation, written with the template that the model was trained with.

        A message is a dictionary ``{"role": "user", "content": "Hello"}``, or a pair ``("user", "Hello")``; roles are
        system, user and assistant, and what else the template knows. Options are those of `generate`.
        """
        if isinstance(messages, str):
            raise _no_message(messages)
        return "".join(self.stream(messages, **options))

    def tokenize(self, text: str, special: bool = True) -> list[int]:
        """The tokens of a text, with those that mark its beginning and end unless told."""
        if not isinstance(text, str):
            raise UsageError(codes.WRONG_ARGUMENTS, f"only text has tokens, not {text!r}")
        return list(self._llama.ask("/tokenize", {"content": text, "add_special": special})["tokens"])

    def detokenize(self, tokens: Iterable[int], skip: bool = True) -> str:
        """The text of tokens, without the special ones unless told."""
        if not isinstance(tokens, Iterable):
            raise UsageError(codes.WRONG_ARGUMENTS, f"tokens are a list of whole numbers, not {tokens!r}")
        ids = tokens.tolist() if hasattr(tokens, "tolist") else list(tokens)
        for token in ids:
            _check_number("token", token, int, 0, (self.metadata.vocab_size or _MOST) - 1)
        shown = [token for token in ids if not skip or token not in self._special]
        return str(self._llama.ask("/detokenize", {"tokens": shown})["content"])

    @cached_property
    def _special(self) -> frozenset[int]:
        """The tokens that stand for no text."""
        kinds = self.metadata.user_defined.get("tokenizer.ggml.token_type", ())
        return frozenset(token for token, kind in enumerate(kinds) if kind == _CONTROL)

    def cache_size(self) -> int:
        """The bytes, at most, of the keys and values that fill the context, which are stored as float16."""
        said = self.metadata
        return (
            4 * (said.block_count or 0) * (said.embedding_length or 0) * self.settings.context * self.settings.parallel
        )

    def start(self) -> None:
        """Load what text is generated with now, rather than for the first text."""
        self._llama  # noqa: B018 (it loads)

    def serve(self, host: str = "127.0.0.1", port: int = 0, key: str | None = None) -> LlamaCpp:
        """Answer others over HTTP, as OpenAI's servers do, until the returned server is let go of.

        It listens at its `address`: `port` 0 is any that is free. Those that ask must know `key`, where there is one.
        Raises `EngineError` when the port cannot be used.
        """
        from tensorlogic.models.llama_cpp import LlamaCpp

        _check_number("port", port, int, 0, 65535)
        self._check_facts()
        return LlamaCpp(self.path, replace(self.settings, host=host, port=port, key=key))

    def close(self) -> None:
        """Free what text is generated with. The next text loads the model again."""
        self._loaded = None

    def _check_facts(self) -> None:
        """Refuse a file whose numbers would end llama.cpp, and with it the whole process."""
        for name, (least, most) in _BOUNDS.items():
            value = getattr(self.metadata, name)
            if value is not None and not least <= value <= most:
                message = f"no model has the {name} {value}: it is from {least} to {most:,}"
                raise FormatError(codes.CORRUPT, message, BytePlace(str(self.path)))

    @property
    def _llama(self) -> LlamaCpp:
        from tensorlogic.models.llama_cpp import LlamaCpp

        with _LOADING:
            if self._loaded is None:
                self._check_facts()
                self._loaded = LlamaCpp(self.path, replace(self.settings, key=secrets.token_urlsafe()))
            return self._loaded


_LOADING = Lock()
"""Held while a model is loaded: two threads that ask for the first text load it once."""


def _request(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as the server takes them."""
    for name in options:
        if name not in Options.__annotations__:
            guess = nearest(name, Options.__annotations__)
            help = f"Did you mean {guess}?" if guess else f"There are {', '.join(Options.__annotations__)}."
            raise UsageError(codes.UNKNOWN_OPTION, f"text is generated without an option {name!r}", help=help)
    given = {name: value for name, value in options.items() if value is not None}
    for name in given.keys() & _LIMITS:
        _check_number(name, given[name], *_LIMITS[name])
    if "stop" in given:
        given["stop"] = _texts(given["stop"])
    # What is reused of an earlier prompt was computed in other batches, which is not the same to the last bit.
    return {**given, "cache_prompt": "seed" not in given}


def _check_number(name: str, value: Any, kind: type, least: int, most: int) -> None:
    kinds = int if kind is int else int | float
    if isinstance(value, bool) or not isinstance(value, kinds) or not least <= value <= most:
        what = "a whole number" if kind is int else "a number"
        message = f"{name} is {what} from {least} to {most:,}, not {value!r}"
        raise UsageError(codes.WRONG_ARGUMENTS, message)


def _texts(stop: Any) -> list[str]:
    texts = [stop] if isinstance(stop, str) else list(stop) if isinstance(stop, Iterable) else [stop]
    if not all(isinstance(text, str) and text for text in texts):
        raise UsageError(codes.WRONG_ARGUMENTS, f"stop is a text or several, none of them empty, and not {stop!r}")
    return texts


def _message(given: Any) -> dict[str, str]:
    """One message of a conversation as the server takes it."""
    message = given
    if isinstance(given, Sequence) and not isinstance(given, str) and len(given) == 2:
        message = dict(zip(("role", "content"), given, strict=True))
    if not isinstance(message, Mapping) or not all(isinstance(message.get(n), str) for n in ("role", "content")):
        raise _no_message(given)
    return {"role": message["role"], "content": message["content"]}


def _no_message(given: Any) -> UsageError:
    help = 'Give a list of messages, such as [{"role": "user", "content": "Hello"}] or [("user", "Hello")].'
    return UsageError(codes.WRONG_ARGUMENTS, f"{given!r:.100} is not a message", help=help)
