"""What the metadata of a GGUF file says of a language model, under names of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gguf.constants import GGMLQuantizationType, Keys, LlamaFileType

from tensorlogic.formats.description import Metadata, TensorInfo, quantization
from tensorlogic.formats.gguf.cursor import shown
from tensorlogic.formats.gguf.reader import GGUFFile

_INTS: tuple[type, ...] = (int, list)
"""A number, or one for each layer."""
_FLOATS: tuple[type, ...] = (float, int)
_ABOUT = {
    "author": Keys.General.AUTHOR,
    "license": Keys.General.LICENSE,
    "description": Keys.General.DESCRIPTION,
    "version": Keys.General.VERSION,
}
"""What is only shown, and need not be a text."""
_FACTS: dict[str, tuple[str, tuple[type, ...]]] = {
    "architecture": (Keys.General.ARCHITECTURE, (str,)),
    "context_length": (Keys.LLM.CONTEXT_LENGTH, (int,)),
    "embedding_length": (Keys.LLM.EMBEDDING_LENGTH, (int,)),
    "block_count": (Keys.LLM.BLOCK_COUNT, (int,)),
    "feed_forward_length": (Keys.LLM.FEED_FORWARD_LENGTH, _INTS),
    "head_count": (Keys.Attention.HEAD_COUNT, _INTS),
    "head_count_kv": (Keys.Attention.HEAD_COUNT_KV, _INTS),
    "norm_epsilon": (Keys.Attention.LAYERNORM_RMS_EPS, _FLOATS),
    "rope_dimension_count": (Keys.Rope.DIMENSION_COUNT, _INTS),
    "rope_freq_base": (Keys.Rope.FREQ_BASE, _FLOATS),
    "rope_scaling_type": (Keys.Rope.SCALING_TYPE, (str,)),
    "rope_scaling_factor": (Keys.Rope.SCALING_FACTOR, _FLOATS),
    "vocab_size": (Keys.LLM.VOCAB_SIZE, (int,)),
    "tokenizer": (Keys.Tokenizer.MODEL, (str,)),
    "pre_tokenizer": (Keys.Tokenizer.PRE, (str,)),
    "bos_token_id": (Keys.Tokenizer.BOS_ID, (int,)),
    "eos_token_id": (Keys.Tokenizer.EOS_ID, (int,)),
    "chat_template": (Keys.Tokenizer.CHAT_TEMPLATE, (str,)),
}
_NAMES: dict[Any, str] = {int(kind): kind.name.partition("_")[2] for kind in LlamaFileType}
# The type of most weights, where the name of a file type does not begin with it.
_BASES = {"IQ2_S": "IQ2_XS", "IQ2_M": "IQ2_S", "IQ3_XS": "IQ3_S", "IQ3_M": "IQ3_S"}
_OUTSIDE = ("token_embd.", "output.")
"""Tables of a whole vocabulary are often stored in another type than the layers."""


@dataclass(frozen=True, slots=True)
class LanguageMetadata(Metadata):
    """What a GGUF file says of its model; what it does not say is empty or None. `user_defined` has all values.

    `feed_forward_length`, `head_count`, `head_count_kv` and `rope_dimension_count` are lists where layers differ.
    """

    architecture: str = ""
    """The family of the network, such as ``llama``."""
    context_length: int | None = None
    """The most tokens that the model was trained for."""
    embedding_length: int | None = None
    block_count: int | None = None
    """The number of layers."""
    feed_forward_length: int | list[int] | None = None
    head_count: int | list[int] | None = None
    head_count_kv: int | list[int] | None = None
    """Heads of keys and values; as many as `head_count` where the file does not say."""
    norm_epsilon: float | None = None
    """What RMSNorm adds to the mean square."""
    rope_dimension_count: int | list[int] | None = None
    """How many elements of a head rotary embeddings turn: all, where the file does not say."""
    rope_freq_base: float | None = None
    """10,000 where the file does not say it, as in llama.cpp."""
    rope_scaling_type: str = ""
    rope_scaling_factor: float | None = None
    vocab_size: int | None = None
    tokenizer: str = ""
    """The kind of tokenizer, such as ``gpt2`` (byte-level BPE) or ``llama`` (SentencePiece)."""
    pre_tokenizer: str = ""
    """How text is split before BPE, such as ``llama-bpe``."""
    bos_token_id: int | None = None
    eos_token_id: int | None = None
    chat_template: str = ""
    """The Jinja template that conversations are written with."""


def read_facts(file: GGUFFile) -> dict[str, Any]:
    """The facts that the file tells, by their names in `LanguageMetadata`. Raises `FormatError` for a wrong type."""
    architecture = _fact(file, Keys.General.ARCHITECTURE, (str,)) or ""
    keys = {name: (key.format(arch=architecture), kinds) for name, (key, kinds) in _FACTS.items()}
    found = {name: _fact(file, key, kinds) for name, (key, kinds) in keys.items()}
    about = {name: str(file.metadata[key]) for name, key in _ABOUT.items() if key in file.metadata}
    return about | _completed({name: value for name, value in found.items() if value is not None}, file)


def _fact(file: GGUFFile, key: str, kinds: tuple[type, ...]) -> Any:
    value = file.metadata.get(key)
    if value is not None and type(value) not in kinds:
        file.refuse_value(key, f"the value {shown(key)} should be {kinds[0].__name__}, not {type(value).__name__}")
    return value


def _completed(facts: dict[str, Any], file: GGUFFile) -> dict[str, Any]:
    """The facts with those that follow from others, and what llama.cpp takes where a file says nothing."""
    tokens = file.metadata.places.get(Keys.Tokenizer.LIST)
    if tokens is not None:
        facts.setdefault("vocab_size", tokens.length)
    heads, width = facts.get("head_count"), facts.get("embedding_length")
    if heads is not None:
        facts.setdefault("head_count_kv", heads)
    if isinstance(heads, int) and heads and width is not None:
        facts.setdefault("rope_dimension_count", width // heads)
    if "rope_dimension_count" in facts:
        facts.setdefault("rope_freq_base", 10000.0)
    return facts


def file_quantization(file: GGUFFile, tensors: Mapping[str, TensorInfo]) -> str:
    """The file type that the file claims, such as ``Q4_K_M``, if most weights of its layers are of the type that it
    stands for; else the type of at least nine tenths of all weights, or ``Mixed``."""
    counts: Counter[str] = Counter()
    for name, info in tensors.items():
        if len(info.shape) > 1 and not name.startswith(_OUTSIDE):
            counts[info.storage] += info.elements
    name = _NAMES.get(_fact(file, Keys.General.FILE_TYPE, (int,)), "")
    return name if counts and counts.most_common(1)[0][0] == _base(name) else quantization(tensors)


def _base(name: str) -> str:
    """The type of most weights in files of the type `name`."""
    types = GGMLQuantizationType.__members__
    base = _BASES.get(name, name)
    return next((cut for cut in (base, base.rpartition("_")[0]) if cut in types), base)
