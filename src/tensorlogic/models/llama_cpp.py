"""llama.cpp with a GGUF file loaded: what ties its own server, of the package xllamacpp, to models.

The server has the sampling, the batching of what several threads ask for, and the HTTP interface. Its completions are
called directly; what it has no functions for goes through its HTTP interface, under a key that nobody else knows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from http.client import HTTPConnection
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit

from tensorlogic.errors import BytePlace, EngineError, UsageError, codes
from tensorlogic.errors.exceptions import first_line
from tensorlogic.models.generation import Settings

Chunk = dict[str, Any]
_MOST = 2**31 - 1


class LlamaCpp:
    """A loaded model. It is freed when nothing holds it and no text is being generated any more."""

    def __init__(self, path: Path, settings: Settings) -> None:
        self._key = settings.key
        try:
            self._server = _library().Server(_parameters(path, settings))
        except RuntimeError as error:
            raise EngineError(
                codes.ENGINE_FAILED,
                f"llama.cpp cannot load the model: {first_line(error)}",
                BytePlace(str(path)),
                help="It may not know this kind of model, lack the memory for it, or not be able to use the port.",
            ) from None
        self._answer("GET", "/lora-adapters")  # from its loop: freed before that runs, it would wait for it for ever

    @property
    def address(self) -> str:
        """Where it listens, as ``http://127.0.0.1:8080``."""
        return str(self._server.listening_address)

    def complete(self, request: Mapping[str, Any]) -> Iterator[str]:
        """The pieces of the text that continues a prompt, as OpenAI's completions take it."""
        return self._pieces(self._server.handle_completions, request, lambda choice: choice["text"])

    def chat(self, request: Mapping[str, Any]) -> Iterator[str]:
        """The pieces of the answer to messages, as OpenAI's chat completions take them."""
        return self._pieces(
            self._server.handle_chat_completions, request, lambda choice: choice["delta"].get("content") or ""
        )

    def ask(self, path: str, request: Mapping[str, Any]) -> Any:
        """What the HTTP interface answers at `path`."""
        return self._answer("POST", path, json.dumps(request).encode())

    def _answer(self, method: str, path: str, body: bytes | None = None) -> Any:
        connection = HTTPConnection(urlsplit(self.address).netloc)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._key}"}
        try:
            connection.request(method, path, body, headers)
            answer = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        return _checked(answer)

    def _pieces(
        self, call: Callable[..., Any], request: Mapping[str, Any], text: Callable[[Any], str]
    ) -> Iterator[str]:
        """What `call` generates, while it does. Leaving the iterator ends the generation.

        The call runs in a thread of its own, since it cannot be interrupted itself: Ctrl-C is for who waits here.
        """
        arrived: SimpleQueue[Chunk | None] = SimpleQueue()
        left = Event()

        def receive(chunk: Chunk) -> bool:
            arrived.put(chunk)
            return left.is_set()

        def work() -> None:
            try:
                call({**request, "stream": True}, receive)
            except Exception as error:  # whatever the library raises is told to who waits
                arrived.put({"error": {"message": first_line(error)}})
            finally:
                arrived.put(None)

        Thread(target=work, name="llama.cpp").start()
        try:
            while (chunk := arrived.get()) is not None:
                for choice in _checked(chunk)["choices"]:
                    if piece := text(choice):
                        yield piece
        finally:
            left.set()


def _library() -> Any:
    try:
        import xllamacpp
    except ModuleNotFoundError as error:
        if error.name != "xllamacpp":
            raise
        message = "generating text needs llama.cpp, of the package xllamacpp, which is not installed"
        help = "pip install 'tensorlogic-lang[llm]'"
        raise UsageError(codes.MISSING_PACKAGE, message, help=help) from error
    return xllamacpp


def _parameters(path: Path, settings: Settings) -> Any:
    parameters = _library().CommonParams()
    parameters.model.path = str(path)
    parameters.model_alias = {path.stem}
    # What is generated together could share one context, but then a text that fills it would end all others.
    parameters.n_ctx, parameters.n_parallel = min(settings.context * settings.parallel, _MOST), settings.parallel
    parameters.hostnames, parameters.port = [settings.host], settings.port
    parameters.api_keys = [] if settings.key is None else [settings.key]
    # Prompts of others are nobody's business, and by default up to 8 GB of them would be kept.
    parameters.endpoint_slots, parameters.cache_ram_mib = False, 0
    parameters.ui, parameters.verbosity = False, -1
    if settings.threads is not None:
        parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = settings.threads
    if not settings.accelerated:
        parameters.n_gpu_layers = 0
    return parameters


def _checked(answer: Any) -> Any:
    """An answer, unless it says that something is wrong."""
    error = answer.get("error") if isinstance(answer, dict) else None
    if error is None:
        return answer
    if error.get("type") == "exceed_context_size_error":
        tokens, room = error["n_prompt_tokens"], error["n_ctx"]
        raise UsageError(
            codes.TOO_LARGE,
            f"the prompt has {tokens:,} tokens, and the context has room for {room:,}",
            help="Shorten it, or load the model with a larger context: load_model(path, context=…).",
        )
    raise EngineError(codes.ENGINE_FAILED, f"llama.cpp says: {error.get('message', error)}")
