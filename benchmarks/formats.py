"""Measure the formats of weights: opening a large file, reading its tensors, and a language model written in TL.

Every number is of a process of its own, that has imported what it needs. Linux tells how much memory it takes.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import gc
import importlib
import io
import json
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type
from rich.console import Console
from rich.table import Table
from safetensors.numpy import save_file

from benchmarks.generation import SHAPES, Shape, write
from benchmarks.start import peak_memory
from tensorlogic.models import load_model

ROOT = Path(__file__).resolve().parent.parent
WIDTH, COUNT, WORDS = 4096, 290, 128_000
LARGE = 4 << 30
"""Bytes of the files that are only opened: they have holes instead of weights."""

READ, ROWS = 16, 8192
"""How many tensors are read, and the rows of each."""

ROUNDS = 5
"""Every way of reading is measured so many times, of which the median counts."""

TOKENS = 32
PROGRAM = f"""
cache = KVCache::new(about.block_count)
for place in range({TOKENS}) {{ forward([place], place, cache) }}
"""
"""What follows the definitions of examples/llm.tl."""

FIRST = "first"
"""The folder of the program that runs before one is measured: whatever is loaded once is loaded then."""


def write_large_safetensors(path: Path) -> None:
    rows = LARGE // COUNT // (2 * WIDTH)
    each = rows * WIDTH * 2
    names = (f"model.layers.{i // 9}.part{i % 9}.weight" for i in range(COUNT))
    header = json.dumps(
        {name: {"dtype": "F16", "shape": [rows, WIDTH], "data_offsets": [i * each, (i + 1) * each]}
         for i, name in enumerate(names)}
    ).encode()  # fmt: skip
    path.write_bytes(struct.pack("<Q", len(header)) + header)
    os.truncate(path, path.stat().st_size + COUNT * each)


def write_large_gguf(path: Path) -> None:
    block, width = gguf.GGML_QUANT_SIZES[Type.Q4_0]
    rows = LARGE // COUNT // (WIDTH // block * width)
    each = rows * WIDTH // block * width
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_token_list([f"token{n}" for n in range(WORDS)])
    writer.add_token_merges([f"token {n}" for n in range(WORDS)])
    for i in range(COUNT):
        name = f"blk.{i // 9}.part{i % 9}.weight"
        writer.add_tensor_info(name, (rows, WIDTH // block * width), np.dtype(np.uint8), each, Type.Q4_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    writer.close()
    os.truncate(path, path.stat().st_size + gguf.GGUF_DEFAULT_ALIGNMENT + COUNT * each)


def write_safetensors(path: Path) -> None:
    array = np.random.default_rng(0).standard_normal((ROWS, WIDTH), np.float32).astype(np.float16)
    save_file({f"w{i}": array for i in range(READ)}, path)


def write_gguf(path: Path, kind: Type) -> None:
    writer = gguf.GGUFWriter(path, "llama")
    array = gguf.quantize(np.random.default_rng(0).standard_normal((ROWS, WIDTH), np.float32), kind)
    for i in range(READ):
        writer.add_tensor(f"w{i}", array, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_program(folder: Path, shape: Shape, kind: Type) -> None:
    """A folder with a language model, and the program that runs it."""
    (folder / "models").mkdir(parents=True)
    write(folder / "models" / "llm.gguf", shape, kind)
    defined, _, _ = (ROOT / "examples" / "llm.tl").read_text(encoding="utf-8").partition("prompt = input")
    (folder / "program.tl").write_text(defined + PROGRAM, encoding="utf-8")


def opened(path: Path) -> list[float]:
    """Milliseconds that opening takes, and the memory in MB."""
    importlib.import_module(f"tensorlogic.models.{path.suffix[1:]}")
    before, start = restart_peak(), time.perf_counter()
    model = load_model(path)
    took = time.perf_counter() - start
    assert len(model.tensors) == COUNT
    return [took * 1e3, (peak_memory() - before) / 1e6]


def read(path: Path) -> list[float]:
    """Millions of elements a second that `get_tensor` gives, and that come in when the bytes are read and no more.

    First with nothing of the file in memory, then with all of it.
    """
    import torch  # noqa: F401 (reading imports it)

    return [READ * ROWS * WIDTH / 1e6 / seconds(run, path, cold) for cold in (True, False) for run in (tensors, data)]


def seconds(run: Callable[[Path], None], path: Path, cold: bool) -> float:
    """The median of what a way of reading takes."""
    times = []
    for _ in range(ROUNDS):
        if cold:
            forget(path)
        start = time.perf_counter()
        run(path)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def tensors(path: Path) -> None:
    model, buffer = load_model(path), None
    for name in model.tensors:
        tensor = model.get_tensor(name)
        buffer = np.empty_like(tensor) if buffer is None else buffer
        np.copyto(buffer, tensor)  # what stays in the file is read now


def data(path: Path) -> None:
    buffer = bytearray(path.stat().st_size // READ)
    with path.open("rb", buffering=0) as file:
        while file.readinto(buffer):
            pass


def forget(path: Path) -> None:
    """Let the system drop what it has of a file in memory."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def ran(folder: Path) -> list[float]:
    """MB of the weights, MB of memory that the program took, and its tokens a second."""
    from tensorlogic.runtime import run_file

    ignored = io.StringIO()
    with contextlib.chdir(folder.parent / FIRST):
        run_file("program.tl", ignored)
    before, start = restart_peak(), time.perf_counter()
    with contextlib.chdir(folder):
        run_file("program.tl", ignored)
    took = time.perf_counter() - start
    weights = sum(info.size for info in load_model(folder / "models" / "llm.gguf").tensors.values())
    return [weights / 1e6, (peak_memory() - before) / 1e6, TOKENS / took]


def restart_peak() -> int:
    """Bytes of memory that the process holds; the most that it has held counts from here."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what is free would be taken again, and not be counted
    Path("/proc/self/clear_refs").write_text("5")
    return peak_memory()


PARTS: dict[str, Callable[[Path], list[float]]] = {"opened": opened, "read": read, "ran": ran}


def measured(part: str, path: Path, threads: int) -> list[float]:
    """A part in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.formats", "--part", part, str(path)]
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
    return json.loads(subprocess.check_output(command, text=True, cwd=ROOT, env=environment))


LARGE_FILES = {
    "SafeTensors, F16": ("large.safetensors", write_large_safetensors),
    "GGUF, Q4_0": ("large.gguf", write_large_gguf),
}
FILES = {
    "SafeTensors, F16": ("read.safetensors", write_safetensors),
    "GGUF, F16": ("f16.gguf", lambda path: write_gguf(path, Type.F16)),
    "GGUF, Q8_0": ("q8_0.gguf", lambda path: write_gguf(path, Type.Q8_0)),
    "GGUF, Q4_0": ("q4_0.gguf", lambda path: write_gguf(path, Type.Q4_0)),
}
MODELS = {f"GGUF, {kind.name}": kind for kind in (Type.F16, Type.Q8_0, Type.Q4_0)}


def opening(folder: Path, threads: int) -> Table:
    table = Table("4 GiB", "opened in, ms", "memory, MB")
    for title, (name, make) in LARGE_FILES.items():
        make(folder / name)
        table.add_row(title, *figures(measured("opened", folder / name, threads)))
    return table


def reading(folder: Path, threads: int) -> Table:
    columns = [f"{what}, {where}" for where in ("disk", "memory") for what in ("get_tensor", "bytes")]
    table = Table("million elements a second", *columns)
    for title, (name, make) in FILES.items():
        make(folder / name)
        table.add_row(title, *figures(measured("read", folder / name, threads)))
        (folder / name).unlink()
    return table


def running(folder: Path, threads: int) -> Table:
    table = Table("examples/llm.tl, 134M", "weights, MB", "memory, MB", "tokens/s")
    small, large = SHAPES
    write_program(folder / FIRST, small, Type.Q4_0)
    for title, kind in MODELS.items():
        write_program(folder / kind.name, large, kind)
        table.add_row(title, *figures(measured("ran", folder / kind.name, threads)))
    return table


def figures(numbers: list[float]) -> list[str]:
    return [f"{number:,.3g}" if number < 1000 else f"{number:,.0f}" for number in numbers]


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.formats", description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    parser.add_argument("path", type=Path, nargs="?", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        print(json.dumps(PARTS[options.part](options.path)))
        return
    with tempfile.TemporaryDirectory() as folder:
        for make in (opening, reading, running):
            Console().print(make(Path(folder), options.threads))


if __name__ == "__main__":
    main()
