"""``tl repl`` in a terminal, by the keys that a user presses, and from a pipe."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput
from pygments.token import Comment, Error, Keyword, Name, Number, String

from tensorlogic.cli.conversation import COMMANDS, Conversation
from tensorlogic.cli.prompt import converse
from tensorlogic.runtime.highlighting import TensorLogicLexer
from tensorlogic.runtime.interactive import Interaction
from tensorlogic.runtime.session import Session

CTRL_C, CTRL_D, TAB = "\x03", "\x04", "\t"
EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[PipeInput]:
    monkeypatch.setattr("platformdirs.user_state_path", lambda *_, **__: _made(tmp_path / "state"))
    with create_pipe_input() as given, create_app_session(input=given, output=DummyOutput()):
        yield given


def _made(path: Path) -> Path:
    path.mkdir(exist_ok=True)
    return path


def typed(keys: PipeInput, text: str, capsys: pytest.CaptureFixture[str]) -> tuple[list[str], str]:
    """What is printed below the greeting when this is typed, and the errors."""
    keys.send_text(text)
    converse(Conversation(Interaction(Session(sys.stdout))))
    printed = capsys.readouterr()
    return printed.out.splitlines()[1:], printed.err


# What is typed, and what is printed.
TYPED = {
    "state": ("x = 1\rx += 1\rx\r", ["2"]),
    "several lines": ("fn f(a) {\ra * 2\r}\rf(4)\r", ["8"]),
    "text over lines": ('"a\rb"\r', ["a", "b"]),
    "completion": (f"long_name = 3\rlong_n{TAB}\r", ["3"]),
    "completion of a command": (f":res{TAB}\r1\r", ["1"]),
    "Ctrl-C clears the input": (f"x = 1\rfn f( {CTRL_C}x\r", ["1"]),
    "type": (":type zeros(2, 3)\r", ["float32[2, 3]"]),
    "help": ("fn f(a: int) -> int { a }\r:help f\r", ["fn f(a: int) -> int"]),
    "quit": (":quit\r1\r", []),
    "tab indents": (f"fn f() {{\r{TAB}5 }}\rf()\r", ["5"]),
}


@pytest.mark.parametrize(("given", "wanted"), TYPED.values(), ids=TYPED)
def test_typing(given: str, wanted: list[str], keys: PipeInput, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed(keys, given + CTRL_D, capsys) == (wanted, "")


def test_errors_leave_the_state(keys: PipeInput, capsys: pytest.CaptureFixture[str]) -> None:
    printed, errors = typed(keys, f"x = 1\rx = nope\r:fly\r:help nope\rx\r{CTRL_D}", capsys)
    assert printed == ["1"]
    assert "nothing is named `nope`\n --> input 2:1:5" in errors
    assert all(f":{name}" in errors for name in COMMANDS)


def test_history_is_kept(keys: PipeInput, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert typed(keys, f"40 + 2\rfn f() {{\r1\r}}\r{CTRL_D}", capsys)[0] == ["42"]
    lines = (tmp_path / "state" / "history").read_text().splitlines()
    assert [line for line in lines if line.startswith("+")] == ["+40 + 2", "+fn f() {", "+    1", "+}"]


def test_ctrl_c_stops_a_program(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt() -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.setattr("sys.stdin.readline", interrupt, raising=False)
    conversation = Conversation(Interaction(Session(sys.stdout)))
    assert not conversation.say("n = 1\ninput()")
    assert conversation.say("n")
    assert capsys.readouterr() == ("1\n", "interrupted\n")


def piped(text: str, *options: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tensorlogic", "repl", *map(str, options)]
    return subprocess.run(command, input=text, capture_output=True, text=True, cwd=cwd, check=False, timeout=120)


def test_a_pipe(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "lib.tl").write_text("fn double(x) { x * 2 }\n")
    (tmp_path / "t.tl").write_text("y = 20\nprint(y)\n")
    text = 'import "lib.tl"\nfn f(a) {\n    double(a)\n}\nx = 1\nf(4)\n:load t.tl\n:reset\nx = 5\nx'
    done = piped(text, "--folder", "sub", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "8\n20\n5\n", "")
    failed = piped("x = nope\n1 + 1\nf(", cwd=tmp_path)
    assert (failed.returncode, failed.stdout) == (1, "2\n")
    assert all(said in failed.stderr for said in ("input 1:1:5", "found the end of the file"))
    assert "--allow-python" in piped("python import math", cwd=tmp_path).stderr
    assert piped('python import math\npython.call("math.sqrt", 4)', "--allow-python", cwd=tmp_path).stdout == "2.0\n"


def test_colours() -> None:
    kinds = {value: kind for kind, value in TensorLogicLexer().get_tokens('let x: int = 1.5 // no\nrelu(x) "if"\nfn f')}
    wanted = {"let": Keyword.Declaration, "int": Keyword.Type, "1.5": Number.Float, "// no": Comment.Single,
              "relu": Name.Builtin, "x": Name, '"if"': String.Double, "fn": Keyword.Declaration}  # fmt: skip
    assert kinds.items() >= wanted.items()


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.tl")), ids=lambda path: path.name)
def test_colours_of_examples(path: Path) -> None:
    text = path.read_text()
    found = list(TensorLogicLexer(stripnl=False, ensurenl=False).get_tokens(text))
    assert "".join(value for _, value in found) == text
    assert Error not in {kind for kind, _ in found}
