"""Ctrl-C, as it reaches a process, and what that says of how far it had come."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C comes another way there")

GRAPH = """relation E(x: int, y: int)
for i in range(3000) { E(i, i + 1) E(i, (i * 7919) % 3000) }
P(X, Y) <- E(X, Y)
P(X, Z) <- P(X, Y), E(Y, Z)
"""
TRAINING = """tensor w: float32[2] learnable
n = 0
learn {
    n = n + 1
    if n == 1 { save(ones([1]), "begun.safetensors") }
    objective: sum((w - 1.0) ** 2),
    optimizer: sgd(lr: 0.001), epochs: 100000000, CHECKPOINT
}
"""


def interrupted(command: str, text: str, folder: Path, begun: str) -> subprocess.CompletedProcess[str]:
    """A command that takes a program from a file or a pipe, interrupted after it has written the file `begun`."""
    (folder / "program.tl").write_text(text, encoding="utf-8")
    words = [sys.executable, "-c", START, command, *(["program.tl"] if command == "run" else [])]
    with (folder / "program.tl").open(encoding="utf-8") as given:
        process = subprocess.Popen(
            words, cwd=folder, stdin=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
    end = time.monotonic() + 60
    while not (folder / begun).exists() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=60)
    return subprocess.CompletedProcess(words, process.returncode, out, error)


START = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a process in the background ignores it
from tensorlogic.cli import main
main()
"""
BEGUN = 'save(ones([1]), "begun.safetensors")\n'
FACTS = r"interrupted in round \d+: [\d,]+ facts derived \([\d,]+ of P\)\n"


@pytest.mark.parametrize(("command", "code"), [("run", 130), ("repl", 1)])
def test_a_query_says_how_far_it_got(command: str, code: int, tmp_path: Path) -> None:
    text = f"{GRAPH}len(query P(0, X))\n{BEGUN}print(len(query P(X, Y)))\n"
    done = interrupted(command, text, tmp_path, "begun.safetensors")
    assert (done.returncode, done.stdout) == (code, "" if command == "run" else "3001\n")
    assert re.fullmatch(FACTS, done.stderr), done.stderr


SAID = {"": "", 'checkpoint: "a.safetensors"': "; a.safetensors is kept"}


@pytest.mark.parametrize(("option", "kept"), SAID.items(), ids=["without", "with a checkpoint"])
def test_training_says_how_far_it_got(option: str, kept: str, tmp_path: Path) -> None:
    done = interrupted("run", TRAINING.replace("CHECKPOINT", option), tmp_path, "begun.safetensors")
    assert (done.returncode, done.stdout) == (130, "")
    assert re.fullmatch(rf"interrupted after \d+ of 100000000 epochs{kept}\n", done.stderr), done.stderr
    assert (tmp_path / "a.safetensors").exists() == bool(kept)


def test_anything_else_just_ends(tmp_path: Path) -> None:
    done = interrupted("run", f'print("on")\n{BEGUN}loop {{ n = 1 }}\n', tmp_path, "begun.safetensors")
    assert (done.returncode, done.stdout, done.stderr) == (130, "on\n", "interrupted\n")
