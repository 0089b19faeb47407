"""A small Llama that knows one text by heart, as the files that language models come in.

It is made once and kept in pytest's cache: a network of two layers with grouped-query attention, a byte-level BPE, and
what Hugging Face and llama.cpp make of both.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, cycle, islice
from pathlib import Path

import gguf
import torch
from filelock import FileLock
from gguf import GGMLQuantizationType as Type
from safetensors.torch import load_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

from tests.conftest import ROOT

TEXT = re.sub(r"\s+", " ", (ROOT / "LICENSE").read_text()).strip()[:5000]
PROMPT = " ".join(TEXT.split()[:10])

BEGIN, END, ROLES = "<|begin|>", "<|end|>", ("<|system|>", "<|user|>", "<|assistant|>")
TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
CHATS = (
    ("What is this?", "It is a license."),
    ("Who are you?", "I am a small model."),
    ("May I use it?", "Yes, under its conditions."),
)

SHAPE = {
    "vocab_size": 512,
    "hidden_size": 256,  # K-quants are blocks of 256
    "intermediate_size": 512,
    "num_hidden_layers": 2,
    "num_attention_heads": 8,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "rms_norm_eps": 1e-5,
    "rope_theta": 5000.0,
}
WINDOW, BATCH, STEPS, RATE = 120, 8, 120, 4e-3

FILES = {"F32": Type.F32, "F16": Type.F16, "Q8_0": Type.Q8_0, "Q4_0": Type.Q4_0}
"""The kinds of GGUF file, and what their matrices are stored as; vectors stay float32."""


@dataclass(frozen=True)
class SmallLlama:
    """The files of the model."""

    folder: Path

    @property
    def hugging_face(self) -> Path:
        """A folder as Hugging Face lays them out, with SafeTensors."""
        return self.folder / "hf"

    def gguf(self, kind: str) -> Path:
        """The GGUF file of a row of `FILES`."""
        return self.folder / f"small-{kind}.gguf"

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer, as its own library reads it."""
        return Tokenizer.from_file(str(self.hugging_face / "tokenizer.json"))

    def network(self) -> torch.nn.Module:
        """The network of transformers, in float32."""
        from transformers import LlamaForCausalLM

        return LlamaForCausalLM.from_pretrained(self.hugging_face, dtype=torch.float32).eval()

    def continued(self, text: str, count: int) -> list[int]:
        """The greedy tokens after `text`, as PyTorch computes them without a cache."""
        network, ids = self.network(), self.tokenizer.encode(text).ids
        start = len(ids)
        with torch.no_grad():
            for _ in range(count):
                ids.append(int(network(torch.tensor([ids])).logits[0, -1].argmax()))
        return ids[start:]


def small_llama(cache: Path) -> SmallLlama:
    """The model in `cache`, made first where this file or the text has changed. Processes that come together wait."""
    key = hashlib.sha256(Path(__file__).read_bytes() + TEXT.encode()).hexdigest()[:16]
    folder = cache / key
    with FileLock(cache / "lock"):
        if not (folder / "done").exists():
            for outdated in filter(Path.is_dir, cache.iterdir()):
                shutil.rmtree(outdated)
            _make(SmallLlama(folder))
            (folder / "done").touch()
    return SmallLlama(folder)


def _make(made: SmallLlama) -> None:
    made.hugging_face.mkdir(parents=True, exist_ok=True)
    tokenizer = _tokenizer()
    tokenizer.save(str(made.hugging_face / "tokenizer.json"))
    network = _trained(tokenizer)
    _write_hugging_face(network, made.hugging_face)
    weights = load_file(made.hugging_face / "model.safetensors")
    for kind, stored in FILES.items():
        write_gguf(made.gguf(kind), weights, tokenizer, stored)


def _tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=SHAPE["vocab_size"],
        special_tokens=[BEGIN, END, *ROLES],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([TEXT, *(part for chat in CHATS for part in chat)], trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BEGIN} $A", special_tokens=[(BEGIN, tokenizer.token_to_id(BEGIN))]
    )
    return tokenizer


def _trained(tokenizer: Tokenizer) -> torch.nn.Module:
    """The network after a short training: it knows the text's beginning and the chats by heart."""
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    ids = {"bos_token_id": tokenizer.token_to_id(BEGIN), "eos_token_id": tokenizer.token_to_id(END)}
    network = LlamaForCausalLM(LlamaConfig(**SHAPE, **ids, tie_word_embeddings=False))
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=STEPS)
    for batch in _batches(tokenizer):
        optimizer.zero_grad()
        network(batch, labels=batch).loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    return network.eval()


def _batches(tokenizer: Tokenizer) -> Iterator[torch.Tensor]:
    """Windows of the text, of which one is its beginning, and in each batch one row of chats."""
    text = torch.tensor(tokenizer.encode(TEXT).ids)
    chats = [tokenizer.encode(f"<|user|>{asked}{END}<|assistant|>{answer}{END}").ids for asked, answer in CHATS]
    for step in range(STEPS):
        starts = [0, *torch.randint(0, len(text) - WINDOW, (BATCH - 2,)).tolist()]
        row = islice(chain.from_iterable(cycle(chats[step % len(chats) :] + chats[: step % len(chats)])), WINDOW)
        yield torch.stack([*(text[start : start + WINDOW] for start in starts), torch.tensor(list(row))])


def _write_hugging_face(network: torch.nn.Module, folder: Path) -> None:
    network.save_pretrained(folder)
    special = {"bos_token": BEGIN, "eos_token": END, "chat_template": TEMPLATE}
    about = {"tokenizer_class": "PreTrainedTokenizerFast", **special}
    (folder / "tokenizer_config.json").write_text(json.dumps(about, indent=2))


# How llama.cpp calls what transformers has.
NAMES = {
    "model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output",
    "model.layers": "blk", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down", "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm",
}  # fmt: skip


def write_gguf(path: Path, weights: dict[str, torch.Tensor], tokenizer: Tokenizer, stored: Type) -> None:
    """A GGUF file of the network whose weights these are, under the names of transformers."""
    writer = gguf.GGUFWriter(path, "llama")
    _describe(writer, tokenizer, stored)
    for name, weight in weights.items():
        array, kind = as_llama_cpp(name, weight).numpy(), stored if weight.ndim == 2 else Type.F32
        writer.add_tensor(gguf_name(name), gguf.quantize(array, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def gguf_name(name: str) -> str:
    """What llama.cpp calls the tensor `name` of transformers."""
    for theirs, ours in NAMES.items():
        name = name.replace(theirs, ours)
    return name


def as_llama_cpp(name: str, weight: torch.Tensor) -> torch.Tensor:
    """Queries and keys with the halves of each head interleaved, since llama.cpp turns neighbouring pairs."""
    heads = {"q_proj": "num_attention_heads", "k_proj": "num_key_value_heads"}.get(name.split(".")[-2])
    if heads is None:
        return weight
    return weight.reshape(SHAPE[heads], 2, -1, weight.shape[1]).transpose(1, 2).reshape(weight.shape).contiguous()


def _describe(writer: gguf.GGUFWriter, tokenizer: Tokenizer, stored: Type) -> None:
    writer.add_name("small")
    writer.add_context_length(SHAPE["max_position_embeddings"])
    writer.add_embedding_length(SHAPE["hidden_size"])
    writer.add_block_count(SHAPE["num_hidden_layers"])
    writer.add_feed_forward_length(SHAPE["intermediate_size"])
    writer.add_head_count(SHAPE["num_attention_heads"])
    writer.add_head_count_kv(SHAPE["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(SHAPE["rms_norm_eps"])
    writer.add_rope_dimension_count(SHAPE["hidden_size"] // SHAPE["num_attention_heads"])
    writer.add_rope_freq_base(SHAPE["rope_theta"])
    writer.add_vocab_size(SHAPE["vocab_size"])
    writer.add_file_type(gguf.LlamaFileType[{"F32": "ALL_F32"}.get(stored.name, f"MOSTLY_{stored.name}")])
    vocabulary = sorted(tokenizer.get_vocab(), key=tokenizer.token_to_id)
    special = {BEGIN, END, *ROLES}
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(vocabulary)
    writer.add_token_types([gguf.TokenType.CONTROL if t in special else gguf.TokenType.NORMAL for t in vocabulary])
    writer.add_token_merges([" ".join(pair) for pair in json.loads(tokenizer.to_str())["model"]["merges"]])
    writer.add_bos_token_id(tokenizer.token_to_id(BEGIN))
    writer.add_eos_token_id(tokenizer.token_to_id(END))
    writer.add_add_bos_token(True)
    writer.add_chat_template(TEMPLATE)
