"""Pages of documentation as programs: their fenced blocks run, and what they show is compared.

A block ``tl`` is a program. ``output`` behind it is what it prints, and ``error`` how it fails; without either it
prints what the comments at the ends of its ``print`` lines say, or nothing. ``tl file=shapes.tl`` is a file that later
blocks of the page use, and runs itself only where an output or an error follows; ``csv file=facts.csv`` is a table that
they use. ``console`` is commands behind ``$``
with what they print, in which ``…`` stands for anything, and as a line of its own for any lines; ``repl`` is what is
typed behind ``tl>`` and the answers.
"""

from __future__ import annotations

import io
import re
import runpy
import shlex
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from tensorlogic.cli import main
from tensorlogic.cli.conversation import Conversation
from tensorlogic.errors import TensorLogicError, render
from tensorlogic.runtime import run_file
from tensorlogic.runtime.interactive import Interaction, is_complete
from tensorlogic.runtime.session import Session

_BLOCK = re.compile(r"^```(\w+)(?: file=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMENTS = re.compile(r"^print\(.*?//\s*(\w+)$", re.MULTILINE)
_COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
_INPUT = re.compile(r"^tl> (.*\n(?:\.\.\. .*\n)*)((?:(?!tl> ).*\n)*)", re.MULTILINE)


class Block(NamedTuple):
    """A fenced block of a page."""

    kind: str
    file: str
    text: str


class Example(NamedTuple):
    """A block that runs, and the blocks behind it that show what it gives, by their kind."""

    block: Block
    shown: dict[str, str]


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page that say of which kind they are."""
    return [Block(*found) for found in _BLOCK.findall(page.read_text(encoding="utf-8"))]


def examples(page: Path) -> list[Example]:
    """What runs on a page, in order."""
    found: list[Example] = []
    for block in blocks(page):
        if block.kind in ("output", "error"):
            found[-1].shown[block.kind] = block.text
        elif block.kind in ("tl", "csv", "console", "repl"):
            found.append(Example(block, {}))
    return found


def compare(example: Example) -> None:
    """Run an example in the current folder, and assert that it gives what the page shows."""
    if example.block.kind == "console":
        _compare_commands(example.block.text)
    elif example.block.kind == "repl":
        _compare_conversation(example.block.text)
    elif example.block.file and not example.shown:
        Path(example.block.file).write_text(example.block.text, encoding="utf-8")
    else:
        _compare_program(example)


def _compare_program(example: Example) -> None:
    given = run_program(example.block)
    said = _COMMENTS.findall(example.block.text)
    if said and not example.shown:
        assert all(word in given["output"] for word in said)
        assert given["error"] == ""
    else:
        assert given == {"output": "", "error": "", **example.shown}


def run_program(block: Block) -> dict[str, str]:
    """What a program prints, and how it fails."""
    path, out, error = Path(block.file or "program.tl"), io.StringIO(), ""
    path.write_text(block.text, encoding="utf-8")
    try:
        run_file(path, out)
    except TensorLogicError as failure:
        error = f"{render(failure)}\n"
    return {"output": out.getvalue(), "error": error}


def _compare_commands(text: str) -> None:
    for command, wanted in _COMMAND.findall(text):
        given = run_command(command)
        pattern = "".join(map(_pattern, wanted.splitlines(keepends=True)))
        assert re.fullmatch(pattern, given), given


def _pattern(line: str) -> str:
    return "(?:.*\n)*" if line == "…\n" else ".*".join(map(re.escape, line.split("…")))


def _compare_conversation(text: str) -> None:
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(out):
        conversation = Conversation(Interaction(Session(out, Path.cwd())))
        for typed, wanted in _INPUT.findall(text):
            given = typed.replace("\n... ", "\n").rstrip("\n")
            assert given.startswith(":") or is_complete(given), given
            out.truncate(out.seek(0))
            conversation.say(given)
            assert out.getvalue() == wanted


PROGRAMS: dict[str, Callable[[], object]] = {
    "tl": main,
    "python": lambda: runpy.run_path(sys.argv[1], run_name="__main__"),
}
"""What the commands of a page begin with."""


def run_command(command: str) -> str:
    """What a command such as ``tl check x.tl`` prints, to both streams, without spaces at the ends of lines."""
    command, _, file = command.partition(" < ")
    out, words = io.StringIO(), shlex.split(command)
    with (
        patch.object(sys, "argv", words),
        patch.object(sys, "stdin", io.StringIO(Path(file).read_text(encoding="utf-8") if file else "")),
        redirect_stdout(out),
        redirect_stderr(out),
        suppress(SystemExit),
    ):
        PROGRAMS[words[0]]()
    return re.sub(" +$", "", out.getvalue(), flags=re.MULTILINE)
