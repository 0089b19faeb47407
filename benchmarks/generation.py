"""Measure `model.generate` against llama.cpp called directly: the same file, prompt, threads and number of tokens.

Both take turns in one process. A row says the medians in tokens a second, and the median
of the ratios of each two turns.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import gguf
import numpy as np
import psutil
import xllamacpp
from gguf import GGMLQuantizationType as Type
from rich.console import Console
from rich.table import Table

from benchmarks.measure import measure
from tensorlogic.models import load_language_model

PROMPT = " ".join(["the quick brown fox jumps over the lazy dog"] * 3)
TOKENS = 128
CONTEXT = 1024


class Shape(NamedTuple):
    """A Llama of this size, with random weights: they take as long as others."""

    name: str
    layers: int
    width: int
    inner: int
    heads: int
    shared: int
    vocabulary: int


SHAPES = (
    Shape("15M", layers=6, width=288, inner=768, heads=6, shared=6, vocabulary=32000),
    Shape("134M", layers=30, width=576, inner=1536, heads=9, shared=3, vocabulary=49152),
)
KINDS = (Type.F16, Type.Q8_0, Type.Q4_0)


def tensors(shape: Shape) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The names and shapes of the weights."""
    width, shared = shape.width, shape.width // shape.heads * shape.shared
    yield "token_embd.weight", (shape.vocabulary, width)
    yield "output_norm.weight", (width,)
    sizes = {
        "attn_norm": (width,), "attn_q": (width, width), "attn_k": (shared, width), "attn_v": (shared, width),
        "attn_output": (width, width), "ffn_norm": (width,), "ffn_gate": (shape.inner, width),
        "ffn_up": (shape.inner, width), "ffn_down": (width, shape.inner),
    }  # fmt: skip
    for layer in range(shape.layers):
        yield from ((f"blk.{layer}.{name}.weight", size) for name, size in sizes.items())


def write(path: Path, shape: Shape, kind: Type) -> None:
    """A model without an end of text, so that it always generates as many tokens as it is asked for."""
    writer, random = gguf.GGUFWriter(path, "llama"), np.random.default_rng(0)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.inner)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.shared)
    writer.add_layer_norm_rms_eps(1e-5)
    letters = [chr(code) for code in (*range(33, 127), *range(161, 173), *range(174, 256), *range(256, 324))]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([*letters, *(f"token{n}" for n in range(shape.vocabulary - len(letters)))])
    writer.add_token_merges(["t h"])
    for name, size in tensors(shape):
        array = random.standard_normal(size, np.float32) * 0.02 if len(size) > 1 else np.ones(size, np.float32)
        stored = kind if len(size) > 1 else Type.F32
        writer.add_tensor(name, gguf.quantize(array, stored), raw_dtype=stored)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def llama_cpp(path: Path, threads: int) -> Any:
    """llama.cpp with its own settings."""
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.n_ctx, parameters.verbosity = CONTEXT, -1
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = threads
    return xllamacpp.Server(parameters)


def compared(path: Path, threads: int, rounds: int, seconds: float) -> dict[str, list[float]]:
    """The seconds that both take, round by round."""
    ours, theirs = load_language_model(path, context=CONTEXT, threads=threads), llama_cpp(path, threads)
    request = {"prompt": PROMPT, "max_tokens": TOKENS, "temperature": 0}
    text = theirs.handle_completions(request)["choices"][0]["text"]
    if ours.generate(PROMPT, max_tokens=TOKENS, temperature=0) != text:
        raise SystemExit(f"{path.name}: the texts differ")
    runs = {
        "ours": lambda _: ours.generate(PROMPT, max_tokens=TOKENS, temperature=0),
        "theirs": lambda _: theirs.handle_completions(request),
    }
    return measure(runs, [None], rounds, seconds)


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.generation", description=__doc__)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, psutil.cpu_count(logical=False)])
    names, kinds = [shape.name for shape in SHAPES], [kind.name for kind in KINDS]
    parser.add_argument("--only", nargs="+", default=names, choices=names, help="models (default: all)")
    parser.add_argument("--types", nargs="+", default=kinds, choices=kinds, help="stored types (default: all)")
    parser.add_argument("--rounds", type=int, default=10, help="measure so many rounds at least (default: 10)")
    parser.add_argument("--seconds", type=float, default=10, help="and go on for so long (default: 10)")
    options = parser.parse_args()
    table = Table("model", "stored as", "threads", "model.generate, tokens/s", "llama.cpp, tokens/s", "ratio")
    chosen = product((s for s in SHAPES if s.name in options.only), (k for k in KINDS if k.name in options.types))
    for shape, kind in chosen:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, f"{shape.name}.gguf")
            write(path, shape, kind)
            for threads in options.threads:
                times = compared(path, threads, options.rounds, options.seconds)
                table.add_row(shape.name, kind.name, str(threads), *figures(times))
    Console().print(table)


def figures(times: dict[str, list[float]]) -> list[str]:
    """Both speeds, and how they compare."""
    speeds = [f"{TOKENS / statistics.median(each):.0f}" for each in times.values()]
    ratio = statistics.median(b / a for a, b in zip(times["ours"], times["theirs"], strict=True))
    return [*speeds, f"{ratio:.3f}"]


if __name__ == "__main__":
    main()
