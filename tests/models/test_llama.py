"""The small Llama: what PyTorch, llama.cpp and the tokenizers library make of its files."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.models import llama as made
from tests.models.llama import CHATS, PROMPT, TEXT, SmallLlama

COUNT = 64


def test_it_knows_its_text_by_heart(llama: SmallLlama) -> None:
    continued = llama.tokenizer.decode(llama.continued(PROMPT, COUNT))
    assert continued == TEXT[len(PROMPT) :][: len(continued)]
    assert len(continued) > COUNT


@pytest.mark.parametrize(("asked", "answer"), CHATS)
def test_it_answers(llama: SmallLlama, asked: str, answer: str) -> None:
    tokens = llama.continued(f"<|user|>{asked}{made.END}<|assistant|>", 24)
    end = tokens.index(llama.tokenizer.token_to_id(made.END))
    assert llama.tokenizer.decode(tokens[:end]) == answer


@pytest.mark.parametrize("kind", made.FILES)
def test_the_gguf_files_hold_the_weights(llama: SmallLlama, kind: str) -> None:
    import gguf
    from safetensors.torch import load_file

    weights = load_file(llama.hugging_face / "model.safetensors")
    stored = {t.name: t for t in gguf.GGUFReader(llama.gguf(kind)).tensors}
    assert len(stored) == len(weights)
    for name, weight in weights.items():
        found = stored[made.gguf_name(name)]
        value = torch.tensor(np.array(gguf.dequantize(found.data, found.tensor_type)))
        bound = {"F32": 0, "F16": 1e-3, "Q8_0": 1e-2, "Q4_0": 0.15}[kind] * weight.abs().max()
        assert (value - made.as_llama_cpp(name, weight)).abs().max() <= bound, name
