"""``tl chat`` in a terminal and from a pipe, and ``tl serve`` as programs ask it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

import tensorlogic as tl
from tensorlogic.cli.dialogue import COMMANDS, Dialogue, converse
from tests.models.llama import CHATS, SmallLlama

CTRL_C, CTRL_D = "\x03", "\x04"
GREEDY = {"temperature": 0, "max_tokens": 40}
(ASKED, ANSWER), (SECOND, SECOND_ANSWER), _ = CHATS


class Echo:
    """A model that repeats what it is told, and is interrupted behind `stop`."""

    metadata = SimpleNamespace(name="echo")

    def stream(self, messages: list[tuple[str, str]], **options: Any) -> Iterator[str]:
        for role, content in messages:
            yield f"{role}:{content} "
            if content == "stop":
                raise KeyboardInterrupt


def typed(text: str, model: Any, system: str | None = None, **options: Any) -> None:
    with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
        keys.send_text(text)
        converse(Dialogue(model, options, system))


# What is typed, and what is printed below the greeting.
TYPED = {
    "history": ("a\rb\r", ["user:a ", "user:a assistant:user:a  user:b "]),
    "reset": ("a\r/reset\rb\r", ["user:a ", "user:b "]),
    "system": ("/system be\ra\r/system\rb\r", ["system:be user:a ", "user:b "]),
    "Ctrl-C clears the line": (f"xyz{CTRL_C}a\r", ["user:a "]),
    "nothing": ("\r  \ra\r", ["user:a "]),
    "control characters are not shown": ("a\x16\x1b]0;b\x16\x07\r", ["user:a]0;b "]),
    "quit": ("/quit\ra\r", []),
    "an answer is interrupted": ("stop\rb\r", ["user:stop …", "user:stop …"]),
}


@pytest.mark.parametrize(("given", "printed"), TYPED.values(), ids=TYPED)
def test_typing(given: str, printed: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    typed(given + CTRL_D, Echo())
    assert capsys.readouterr().out.splitlines()[1:] == printed


def test_commands(capsys: pytest.CaptureFixture[str]) -> None:
    typed(f"/help\r/fly\r{CTRL_D}", Echo())
    shown = capsys.readouterr()
    assert all(f"/{name}" in shown.out and f"/{name}" in shown.err for name in COMMANDS)


def test_a_model_answers(llama: SmallLlama, capsys: pytest.CaptureFixture[str]) -> None:
    model = tl.load_model(llama.gguf("Q8_0"), threads=1)
    typed(f"{ASKED}\r/reset\r{SECOND}\r/reset\r{'a ' * 600}\r{ASKED}\r{CTRL_D}", model, **GREEDY)
    shown = capsys.readouterr()
    assert shown.out.splitlines()[1:] == [ANSWER, SECOND_ANSWER, ANSWER]
    assert "the context has room for 512" in shown.err


def tl_command(*arguments: object, given: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tensorlogic", *map(str, arguments)]
    return subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=120)


def test_a_pipe(llama: SmallLlama, package: Path) -> None:
    done = tl_command("chat", llama.gguf("F16"), "--temperature", 0, "--threads", 1, given=ASKED)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{ANSWER}\n", "")
    wrong = tl_command("chat", package, given=ASKED)
    assert wrong.returncode == 2
    assert "no language model" in wrong.stderr
    refused = tl_command("chat", llama.gguf("F16"), "--top-p", 2, given=ASKED)
    assert refused.returncode == 2
    assert "top_p is a number from 0 to 1, not 2.0" in refused.stderr


@contextmanager
def serving(*arguments: object) -> Iterator[str]:
    """The address of ``tl serve``, which is stopped by Ctrl-C."""
    command = [sys.executable, "-m", "tensorlogic", "serve", *map(str, arguments), "--port", "0", "--threads", "1"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process.stdout.readline().split(" at ")[1].split(" (")[0]
        process.send_signal(signal.SIGINT)
        printed, complained = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, printed, complained) == (0, "stopped\n", "")


def asked(url: str, request: Any = None, key: str = "") -> str:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    data = None if request is None else json.dumps(request).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=60) as answer:
        return answer.read().decode()


def test_a_server(llama: SmallLlama) -> None:
    request = {"messages": [{"role": "user", "content": ASKED}], **GREEDY}
    with serving(llama.gguf("Q4_0"), "--parallel", 2) as url:
        assert [each["id"] for each in json.loads(asked(f"{url}/models"))["data"]] == ["small-Q4_0"]
        answer = json.loads(asked(f"{url}/chat/completions", request))
        assert answer["choices"][0]["message"] == {"role": "assistant", "content": ANSWER}
        lines = asked(f"{url}/chat/completions", {**request, "stream": True}).splitlines()
        assert lines[-2] == "data: [DONE]"
        chunks = [json.loads(line.removeprefix("data: ")) for line in lines[:-2] if line]
        deltas = [chunk["choices"][0]["delta"] for chunk in chunks if chunk["choices"]]
        assert "".join(delta.get("content") or "" for delta in deltas) == ANSWER
        assert len(deltas) > 4
        with pytest.raises(urllib.error.HTTPError, match="501"):
            asked(url.removesuffix("/v1") + "/slots")


def test_a_server_with_a_key(llama: SmallLlama) -> None:
    with serving(llama.gguf("Q4_0"), "--api-key", "sesame") as url:
        with pytest.raises(urllib.error.HTTPError, match="401"):
            asked(f"{url}/completions", {"prompt": "a"})
        assert asked(f"{url}/completions", {"prompt": "a", "max_tokens": 1}, "sesame")


def test_a_port_in_use(llama: SmallLlama) -> None:
    with serving(llama.gguf("Q4_0")) as url:
        done = tl_command("serve", llama.gguf("Q4_0"), "--port", url.split(":")[2].removesuffix("/v1"))
    assert done.returncode == 1
    assert "the port" in done.stderr
    assert tl_command("serve", llama.gguf("Q4_0"), "--port", 70000).returncode == 2
