"""GGUF files: the weights of language models, most of them quantized."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt
from gguf.constants import GGML_QUANT_SIZES
from gguf.constants import GGMLQuantizationType as Kind

from tensorlogic.errors import UsageError, codes
from tensorlogic.formats.description import TensorInfo
from tensorlogic.formats.gguf import GGUFFile, StoredTensor
from tensorlogic.formats.gguf.facts import LanguageMetadata, file_quantization, read_facts
from tensorlogic.formats.gguf.texts import to_texts
from tensorlogic.formats.mapped import fetch
from tensorlogic.models.dtypes import as_numpy
from tensorlogic.models.generation import Generating
from tensorlogic.models.model import Model

# The types that are no quantization, as PyTorch calls them.
NATIVE = {
    Kind.F64: "float64", Kind.F32: "float32", Kind.F16: "float16", Kind.BF16: "bfloat16",
    Kind.I64: "int64", Kind.I32: "int32", Kind.I16: "int16", Kind.I8: "int8",
}  # fmt: skip


class GGUFModel(Generating, Model):
    """A ``.gguf`` file: its tensors by name, what it says of its model, and the text that the model generates."""

    metadata: LanguageMetadata

    __tl_members__ = Model.__tl_members__ | {"generate", "stream", "chat", "tokenize", "detokenize", "close"}

    def __init__(self, path: Path) -> None:
        self._file = GGUFFile(path)
        self.path = path
        self.tensors = {name: _info(stored) for name, stored in self._file.tensors.items()}
        self.metadata = LanguageMetadata(
            format="GGUF",
            quantization=file_quantization(self._file, self.tensors),
            name=path.stem,
            size=self._file.size,
            parameters=sum(info.elements for info in self.tensors.values()),
            user_defined=self._file.metadata,
            **read_facts(self._file),
        )

    def metadata_texts(self) -> dict[str, str]:
        """The metadata as texts that a GGUF file can be made of again."""
        return to_texts(self._file.metadata)

    def predict(self, *values: Any, state: Any = None, **named: Any) -> NoReturn:
        """Refuse: language models generate text."""
        self.make_state()

    def make_state(self) -> NoReturn:
        """Refuse, for the same reason."""
        raise UsageError(
            codes.CANNOT_PREDICT,
            f"{self.metadata.name!r} is a GGUF file: a language model, which predicts text and no arrays",
            help="Use model.generate(prompt) for text, or get_tensor for the weights.",
        )

    def _read(self, name: str, framework: str) -> Any:
        stored = self._file.tensors[name]
        fetch(self._file.data(name))
        if framework == "numpy" and hasattr(np, NATIVE.get(stored.kind, "")):
            return self._numbers(name)  # without torch
        found = self._member(name)
        tensor = found if stored.kind in NATIVE else found.dequantize()
        return tensor if framework == "torch" else as_numpy(tensor, name)

    def _member(self, name: str) -> Any:
        """The tensor in the form that it is stored in, a `PackedTensor` where it is quantized."""
        import torch

        from tensorlogic.models.packed import PackedTensor

        stored, numbers = self._file.tensors[name], torch.from_numpy(np.require(self._numbers(name), requirements="W"))
        if stored.kind in NATIVE:
            return numbers.view(getattr(torch, NATIVE[stored.kind]))
        return PackedTensor(stored.kind, numbers, stored.shape)

    def _numbers(self, name: str) -> npt.NDArray[Any]:
        """A view of the file: the elements, for bfloat16 their bits, and the bytes of rows that are quantized."""
        stored, data = self._file.tensors[name], self._file.data(name)
        if stored.kind in NATIVE:
            dtype = NATIVE[stored.kind]
            return np.frombuffer(data, dtype if hasattr(np, dtype) else np.uint16).reshape(stored.shape)
        block, width = GGML_QUANT_SIZES[stored.kind]
        return np.frombuffer(data, np.uint8).reshape(*stored.shape[:-1], stored.shape[-1] // block * width)


def _info(stored: StoredTensor) -> TensorInfo:
    return TensorInfo(NATIVE.get(stored.kind, "float32"), stored.shape, stored.kind.name, stored.size)
