"""``tl chat``: a conversation with a language model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from tensorlogic.cli.console import progress

MODEL = Annotated[Path, typer.Argument(help="A language model (.gguf).")]
CONTEXT = Annotated[int | None, typer.Option(help="The most tokens of prompt and answer together.")]
THREADS = Annotated[int | None, typer.Option(help="How many threads generate text.")]
DEVICE = Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")]


def chat(
    model: MODEL,
    system: Annotated[str | None, typer.Option(help="What the model is told before you speak.")] = None,
    max_tokens: Annotated[int | None, typer.Option(help="The longest answer, in tokens.")] = None,
    temperature: Annotated[float | None, typer.Option(help="0 always takes the likeliest token.")] = None,
    top_k: Annotated[int | None, typer.Option(help="How many of the likeliest tokens to draw from.")] = None,
    top_p: Annotated[float | None, typer.Option(help="The probability of the likeliest tokens to draw from.")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same answers.")] = None,
    context: CONTEXT = None,
    threads: THREADS = None,
    device: DEVICE = "auto",
) -> None:
    """Talk with a language model.

    In a terminal /help tells more, Ctrl-C ends an answer, and Ctrl-D leaves. Text from a pipe or a file is one message,
    and the answer to it is printed.
    """
    from tensorlogic.cli.dialogue import Dialogue, converse
    from tensorlogic.models import load_language_model

    with progress(f"Loading {model}"):
        loaded = load_language_model(model, device=device, context=context, threads=threads)
        loaded.start()
    options = {"max_tokens": max_tokens, "temperature": temperature, "top_k": top_k, "top_p": top_p, "seed": seed}
    dialogue = Dialogue(loaded, options, system)
    if sys.stdin.isatty():
        converse(dialogue)
    else:
        dialogue.answer(sys.stdin.read())
