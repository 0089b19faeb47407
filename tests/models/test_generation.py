"""Text generation: the same tokens as PyTorch, in streams, conversations and threads, and what is refused."""

from __future__ import annotations

import gc
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import gguf
import numpy as np
import pytest
import torch

import tensorlogic as tl
from tensorlogic.errors import EngineError, FormatError, TensorLogicError, UsageError, codes
from tensorlogic.models.gguf import GGUFModel
from tests.models.llama import BEGIN, CHATS, FILES, PROMPT, TEXT, SmallLlama

COUNT = 64
GREEDY: dict[str, Any] = {"temperature": 0, "max_tokens": COUNT}


def load(llama: SmallLlama, kind: str = "F32", **options: Any) -> GGUFModel:
    model = tl.load_model(llama.gguf(kind), **{"threads": 1, **options})
    assert isinstance(model, GGUFModel)
    return model


@pytest.fixture(scope="module")
def model(llama: SmallLlama) -> Iterator[GGUFModel]:
    loaded = load(llama)
    yield loaded
    loaded.close()


@pytest.mark.parametrize("kind", FILES)
def test_greedy_tokens_are_pytorchs(llama: SmallLlama, kind: str) -> None:
    model = load(llama, kind)
    wanted = llama.continued(PROMPT, COUNT)
    text = model.generate(PROMPT, **GREEDY)
    assert text == llama.tokenizer.decode(wanted)
    assert model.tokenize(PROMPT + text)[-COUNT:] == wanted


@pytest.mark.parametrize("text", [PROMPT, "Ünïcödé 🎈\n\ttabs", "", f"{BEGIN}a", "1234  5"])
def test_tokens_are_those_of_the_tokenizers_library(llama: SmallLlama, model: GGUFModel, text: str) -> None:
    assert model.tokenize(text) == llama.tokenizer.encode(text).ids
    bare = model.tokenize(text, special=False)
    assert bare == llama.tokenizer.encode(text, add_special_tokens=False).ids
    assert model.detokenize(bare, skip=False) == text
    assert model.detokenize(torch.tensor(bare, dtype=torch.int64)) == text.removeprefix(BEGIN)


def test_logits_are_pytorchs(llama: SmallLlama, model: GGUFModel) -> None:
    """As far as the server tells: the logarithms of the probabilities of the likeliest tokens."""
    asked = {"prompt": PROMPT, "n_predict": 1, "n_probs": 20, "temperature": -1.0}
    answer = model._llama.ask("/completion", asked)
    found = {each["id"]: each["logprob"] for each in answer["completion_probabilities"][0]["top_logprobs"]}
    with torch.no_grad():
        logits = llama.network()(torch.tensor([llama.tokenizer.encode(PROMPT).ids])).logits[0, -1]
    wanted = logits.log_softmax(-1)
    # llama.cpp keeps keys and values in float16.
    np.testing.assert_allclose(list(found.values()), wanted[list(found)], atol=0.02)


def test_pieces_come_one_by_one(model: GGUFModel) -> None:
    pieces = list(model.stream(PROMPT, **GREEDY))
    assert len(pieces) > COUNT // 2
    assert "".join(pieces) == TEXT[len(PROMPT) :][: len("".join(pieces))]


@pytest.mark.parametrize(("asked", "answer"), CHATS)
@pytest.mark.parametrize("message", [lambda text: {"role": "user", "content": text}, lambda text: ("user", text)])
def test_it_answers(model: GGUFModel, message: Callable[[str], Any], asked: str, answer: str) -> None:
    assert model.chat([message(asked)], temperature=0) == answer
    assert "".join(model.stream([message(asked)], temperature=0)) == answer


def test_a_seed_gives_the_same_text(model: GGUFModel) -> None:
    drawn = [model.generate("The", temperature=3, top_k=0, top_p=1, seed=seed, max_tokens=30) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize("stop", ["DISTRIBUTION", ["never", "DISTRIBUTION"]])
def test_the_answer_ends_before_a_stop(model: GGUFModel, stop: str | list[str]) -> None:
    assert model.generate(PROMPT, stop=stop, **GREEDY) == " FOR USE, REPRODUCTION, AND "


def test_one_of_the_likeliest_is_the_likeliest(model: GGUFModel) -> None:
    greedy = model.generate(PROMPT, **GREEDY)
    assert model.generate(PROMPT, temperature=5, top_k=1, max_tokens=COUNT) == greedy
    assert model.generate(PROMPT, temperature=0.5, top_p=0.01, max_tokens=COUNT) == greedy


@pytest.mark.parametrize("parallel", [1, 3])
def test_threads_generate_at_once(llama: SmallLlama, parallel: int) -> None:
    model = load(llama, parallel=parallel)
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(model.generate(PROMPT, **GREEDY))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == [TEXT[len(PROMPT) :][: len(found[0])]] * 6


def generating() -> int:
    return sum(thread.name == "llama.cpp" for thread in threading.enumerate())


def test_a_stream_that_is_left_is_freed(model: GGUFModel) -> None:
    for _ in range(12):
        pieces = model.stream(PROMPT, temperature=0)
        next(pieces)
        del pieces
    gc.collect()
    until = time.monotonic() + 30
    while generating() and time.monotonic() < until:
        time.sleep(0.01)
    assert not generating()
    assert model.generate(PROMPT, **GREEDY).startswith(" FOR USE")


def test_a_closed_model_loads_again(llama: SmallLlama, model: GGUFModel) -> None:
    other = load(llama, "Q4_0")
    pieces = other.stream(PROMPT, **GREEDY)
    first = next(pieces)
    other.close()
    assert first + "".join(pieces) == other.generate(PROMPT, **GREEDY)
    other.close()
    assert model.generate(PROMPT, **GREEDY).startswith(" FOR USE")


# What is asked, and what is said of it.
REFUSED: list[tuple[Callable[[GGUFModel], Any], codes.Code, str]] = [
    (lambda m: m.generate(TEXT), codes.TOO_LARGE, "the prompt has 1,765 tokens, and the context has room for 512"),
    (lambda m: m.generate(PROMPT, heat=1), codes.UNKNOWN_OPTION, "text is generated without an option 'heat'"),
    (lambda m: m.generate(PROMPT, topk=1), codes.UNKNOWN_OPTION, "Did you mean top_k?"),
    (lambda m: m.generate(PROMPT, top_k=-1), codes.WRONG_ARGUMENTS, "top_k is a whole number from 0 to"),
    (lambda m: m.generate(PROMPT, top_k=1.5), codes.WRONG_ARGUMENTS, "top_k is a whole number"),
    (lambda m: m.generate(PROMPT, top_p=1.5), codes.WRONG_ARGUMENTS, "top_p is a number from 0 to 1, not 1.5"),
    (lambda m: m.generate(PROMPT, temperature=-1), codes.WRONG_ARGUMENTS, "temperature is a number from 0 to 1,000"),
    (lambda m: m.generate(PROMPT, temperature="hot"), codes.WRONG_ARGUMENTS, "not 'hot'"),
    (lambda m: m.generate(PROMPT, temperature=float("nan")), codes.WRONG_ARGUMENTS, "not nan"),
    (lambda m: m.generate(PROMPT, max_tokens=0), codes.WRONG_ARGUMENTS, "max_tokens is a whole number from 1"),
    (lambda m: m.generate(PROMPT, max_tokens=True), codes.WRONG_ARGUMENTS, "not True"),
    (lambda m: m.generate(PROMPT, seed=2**32), codes.WRONG_ARGUMENTS, "seed is a whole number"),
    (lambda m: m.generate(PROMPT, stop=3), codes.WRONG_ARGUMENTS, "stop is a text or several"),
    (lambda m: m.generate(PROMPT, stop=[""]), codes.WRONG_ARGUMENTS, "none of them empty"),
    (lambda m: m.generate(5), codes.WRONG_ARGUMENTS, "a prompt is text, not 5"),
    (lambda m: m.chat("Hello"), codes.WRONG_ARGUMENTS, "'Hello' is not a message"),
    (lambda m: m.chat(["Hello"]), codes.WRONG_ARGUMENTS, "'Hello' is not a message"),
    (lambda m: m.chat([("user", 3)]), codes.WRONG_ARGUMENTS, "is not a message"),
    (lambda m: m.chat([{"role": "user"}]), codes.WRONG_ARGUMENTS, "is not a message"),
    (lambda m: m.tokenize(3), codes.WRONG_ARGUMENTS, "only text has tokens, not 3"),
    (lambda m: m.detokenize([512]), codes.WRONG_ARGUMENTS, "token is a whole number from 0 to 511, not 512"),
    (lambda m: m.detokenize(["a"]), codes.WRONG_ARGUMENTS, "not 'a'"),
    (lambda m: m.detokenize(5), codes.WRONG_ARGUMENTS, "tokens are a list"),
    (lambda m: m.predict(1), codes.CANNOT_PREDICT, "generate"),
]


@pytest.mark.parametrize(("ask", "code", "said"), REFUSED)
def test_refused(model: GGUFModel, ask: Callable[[GGUFModel], Any], code: codes.Code, said: str) -> None:
    with pytest.raises(TensorLogicError) as caught:
        ask(model)
    assert caught.value.code == code
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"context": 513}, "context is a whole number from 16 to 512, not 513"),
        ({"context": 0}, "not 0"),
        ({"parallel": 65}, "parallel is a whole number from 1 to 64"),
        ({"threads": 0}, "threads is a whole number"),
        ({"device": "tpu"}, "there is no device 'tpu'"),
    ],
)
def test_a_model_is_not_loaded_so(llama: SmallLlama, options: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        load(llama, **options)


def test_a_smaller_context_has_less_room(llama: SmallLlama) -> None:
    with pytest.raises(UsageError, match="has room for 256"):
        load(llama, context=256).generate(TEXT)


def test_conversations_need_a_template(llama: SmallLlama, tmp_path: Any) -> None:
    path = tmp_path / "untaught.gguf"
    name = gguf.Keys.Tokenizer.CHAT_TEMPLATE.encode()
    path.write_bytes(llama.gguf("F32").read_bytes().replace(name, name.replace(b"chat", b"chit")))
    with pytest.raises(UsageError, match=r"'untaught' has no chat template"):
        tl.load_model(path).chat([("user", "Hello")])


def test_a_file_that_llama_cpp_does_not_know(tmp_path: Any) -> None:
    path = tmp_path / "unknown.gguf"
    writer = gguf.GGUFWriter(path, "marvin")
    writer.add_tensor("token_embd.weight", np.zeros((4, 4), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with pytest.raises(EngineError, match=r"llama\.cpp cannot load the model.*unknown\.gguf"):
        tl.load_model(path).generate("Hello")


def test_without_the_package_the_error_says_how_to_get_it(llama: SmallLlama, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(UsageError, match=r"pip install 'tensorlogic-lang\[llm\]'") as caught:
        load(llama).generate(PROMPT)
    assert caught.value.code == codes.MISSING_PACKAGE


def test_nobody_else_can_ask(model: GGUFModel) -> None:
    model.generate(PROMPT, max_tokens=1)
    model._llama._key, key = "guessed", model._llama._key
    with pytest.raises(EngineError, match="Invalid API Key"):
        model.tokenize("a")
    model._llama._key = key


def test_ctrl_c_ends_a_generation(llama: SmallLlama) -> None:
    program = f"""
import _thread, threading
import tensorlogic as tl
model = tl.load_model({str(llama.gguf("F32"))!r}, threads=1)
try:
    for n, piece in enumerate(model.stream({PROMPT!r}, temperature=0)):
        if n == 3:
            _thread.interrupt_main()
except KeyboardInterrupt:
    print("interrupted", len(model.generate({PROMPT!r}, max_tokens=5)) > 0)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "interrupted True\n"), done.stderr


def told(llama: SmallLlama, key: str, form: str, value: float) -> bytes:
    """The file with another number under `key`."""
    data, name = bytearray(llama.gguf("Q4_0").read_bytes()), key.encode()
    struct.pack_into(form, data, data.index(name) + len(name) + 4, value)
    return bytes(data)


@pytest.mark.parametrize(
    ("key", "form", "value"),
    [
        ("llama.block_count", "<I", 0),
        ("llama.block_count", "<I", 1000000),
        ("llama.context_length", "<I", 0),
        ("llama.context_length", "<I", 1),
        ("llama.context_length", "<I", 2**32 - 1),
        ("llama.attention.layer_norm_rms_epsilon", "<f", -1.0),
        ("llama.attention.layer_norm_rms_epsilon", "<f", float("nan")),
    ],
)
def test_numbers_that_would_end_the_process_are_refused(
    llama: SmallLlama, tmp_path: Any, key: str, form: str, value: float
) -> None:
    path = tmp_path / "hostile.gguf"
    path.write_bytes(told(llama, key, form, value))
    with pytest.raises(FormatError, match=r"no model has the .*hostile\.gguf"):
        tl.load_model(path).generate("Hello")


@pytest.mark.parametrize("key", ["attention.head_count", "embedding_length", "rope.dimension_count", "vocab_size"])
@pytest.mark.parametrize("value", [0, 7, 2**32 - 1])
def test_other_numbers_are_llama_cpps_to_refuse(llama: SmallLlama, tmp_path: Any, key: str, value: int) -> None:
    path = tmp_path / "hostile.gguf"
    path.write_bytes(told(llama, f"llama.{key}", "<I", value))
    with suppress(TensorLogicError):
        tl.load_model(path).generate("Hello", max_tokens=1)
