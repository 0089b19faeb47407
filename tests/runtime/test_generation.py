"""Text generation in programs."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest

from tensorlogic.errors import codes
from tensorlogic.runtime import Permissions
from tests.models.llama import CHATS, PROMPT, TEXT, SmallLlama
from tests.runtime.harness import failure, output

QUESTION, ANSWER = CHATS[0]
HEARD = f'"{QUESTION}"'
GREEDY = "temperature: 0, max_tokens: 8"


@pytest.fixture
def program(llama: SmallLlama) -> Any:
    """The beginning of a program that loads the model, and the folder that it is in."""
    path = llama.gguf("Q4_0")
    options = {"folder": path.parent, "permissions": Permissions(read=(path.parent,))}
    return f'm = load_model("{path}", threads: 1, context: 512)\nprompt = "{PROMPT}"\n', options


# Programs behind that beginning, and what they print.
PROGRAMS = {
    "print(m.generate(prompt, stop: \"AND\", temperature: 0))": " FOR USE, REPRODUCTION, ",
    "print(generate(m, prompt, temperature: 0, max_tokens: to_int([3.0])))": TEXT[len(PROMPT) :][:4],
    f"print(m.chat([[\"user\", {HEARD}]], temperature: 0.0))": ANSWER,
    "struct Message { role: string, content: string }\n"
    f"print(m.chat([Message {{ role: \"user\", content: {HEARD} }}], temperature: 0))": ANSWER,
    f"for piece in m.stream([[\"user\", {HEARD}]], temperature: 0) {{ print(piece) break }}": "I",
    f"heard = \"\" for piece in m.stream(prompt, {GREEDY}) {{ heard += piece }} print(heard)": TEXT[len(PROMPT) :][:9],
    "s = m.stream(prompt) print(s) s.close() for piece in s { print(piece) }": "<Stream>",
    "print(m.tokenize(\"a\"), tokenize(m, \"a\", special: false), m.detokenize([0, 69]))": "[0, 69] [69] a",
    "print(detokenize(m, [0, 69]), detokenize(m, tensor([69, 70]), skip: false), m.close())": "a ab void",
    "print(m.metadata.architecture, m.metadata.head_count_kv)": "llama 2",
}  # fmt: skip


@pytest.mark.parametrize(("text", "printed"), PROGRAMS.items())
def test_program(program: Any, text: str, printed: str) -> None:
    loading, options = program
    assert output(loading + text, **options) == printed


REFUSED = {
    "m.generate(prompt, top_kk: 3)": "text is generated without an option 'top_kk'",
    "m.generate(prompt, temperature: \"hot\")": "temperature is a number from 0 to 1,000, not 'hot'",
    "m.chat(\"Hello\")": "this takes a list of messages, not a string",
    "m.chat([\"Hello\"])": "is not a message",
    "m.stream(3)": "this takes a list of messages, not an int",
    "generate(3, prompt)": "this takes a language model, of a GGUF file, not an int",
    "len(m.stream(prompt))": "a Stream has no length",
    "m.stream(prompt).gi_frame": "a Stream has no member `gi_frame`",
    "load_model(\"m.gguf\", context: 1.5)": "this takes an int, not a float",
}  # fmt: skip


@pytest.mark.parametrize(("text", "said"), REFUSED.items())
def test_refused(program: Any, text: str, said: str) -> None:
    loading, options = program
    assert said in failure(loading + text, **options).message


def test_a_model_elsewhere_is_not_loaded(llama: SmallLlama, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = failure(f'load_model("{llama.gguf("F32")}").generate("a")', folder=tmp_path)
    assert found.code == codes.NOT_ALLOWED


def test_a_context_that_the_machine_has_no_memory_for(llama: SmallLlama, tmp_path: Path) -> None:
    data, name = bytearray(llama.gguf("F32").read_bytes()), b"llama.context_length"
    struct.pack_into("<I", data, data.index(name) + len(name) + 4, 2**31 - 1)
    (tmp_path / "boundless.gguf").write_bytes(data)
    found = failure(f'load_model("{tmp_path}/boundless.gguf", context: 2000000000)', folder=tmp_path)
    assert found.code == codes.TOO_LARGE
    assert "a context of 2000000000 tokens needs" in found.message
