"""``tl serve``: a language model for programs that talk as with OpenAI's."""

from __future__ import annotations

import sys
import time
from typing import Annotated

import typer

from tensorlogic.cli.chat import CONTEXT, DEVICE, MODEL, THREADS
from tensorlogic.cli.console import progress

_HERE = ("127.0.0.1", "::1", "localhost")


def serve(
    model: MODEL,
    host: Annotated[str, typer.Option(help="The address to listen at; 0.0.0.0 is all of this machine's.")] = _HERE[0],
    port: Annotated[int, typer.Option(help="The port to listen at; 0 is any that is free.")] = 8080,
    api_key: Annotated[str | None, typer.Option(metavar="KEY", help="What those that ask must know.")] = None,
    parallel: Annotated[int, typer.Option(help="How many answers at once; each has a context of its own.")] = 1,
    context: CONTEXT = None,
    threads: THREADS = None,
    device: DEVICE = "auto",
) -> None:
    """Serve a language model over HTTP, as OpenAI's API does, until Ctrl-C.

    The server is llama.cpp's own: /v1/models, /v1/chat/completions, /v1/completions, and what else it has.
    """
    from tensorlogic.models import load_language_model

    with progress(f"Loading {model}"):
        loaded = load_language_model(model, device, context, parallel, threads)
        server = loaded.serve(host, port, api_key)
    if api_key is None and host not in _HERE:
        print("warning: whoever reaches this machine can use the model; --api-key asks for a key", file=sys.stderr)
    try:
        print(f"{loaded.metadata.name} at {server.address}/v1 (Ctrl-C stops it)", flush=True)
        while True:
            time.sleep(1)  # not longer: Ctrl-C just before it is noticed only after it
    except KeyboardInterrupt:
        print("stopped")
