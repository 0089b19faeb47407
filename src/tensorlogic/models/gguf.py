"""GGUF files: the weights of language models, most of them quantized."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt
from gguf.constants import GGMLQuantizationType as Kind

from tensorlogic.errors import BytePlace, UnsupportedError, UsageError, codes
from tensorlogic.formats.description import TensorInfo
from tensorlogic.formats.gguf import GGUFFile, StoredTensor
from tensorlogic.formats.gguf.facts import LanguageMetadata, file_quantization, read_facts
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
        data = self._file.data(name)
        if stored.kind in NATIVE:
            return self._native(name, stored, data, framework)
        return _framed(_dequantize(np.frombuffer(data, np.uint8), stored), framework)

    def _native(self, name: str, stored: StoredTensor, data: memoryview, framework: str) -> Any:
        dtype = NATIVE[stored.kind]
        if framework == "torch":
            import torch

            flat = torch.frombuffer(data, dtype=getattr(torch, dtype)) if data else torch.empty(0)
            return flat.to(getattr(torch, dtype)).reshape(stored.shape)
        if not hasattr(np, dtype):
            raise UsageError(
                codes.WRONG_DTYPE,
                f"NumPy has no type for the {dtype} tensor {name!r}",
                BytePlace(str(self.path)),
                help='Ask for it with framework="torch".',
            )
        return np.frombuffer(data, dtype).reshape(stored.shape)


def _info(stored: StoredTensor) -> TensorInfo:
    return TensorInfo(NATIVE.get(stored.kind, "float32"), stored.shape, stored.kind.name, stored.size)


def _dequantize(data: npt.NDArray[np.uint8], stored: StoredTensor) -> npt.NDArray[np.float32]:
    from gguf.quants import dequantize

    try:
        return dequantize(data.reshape(*stored.shape[:-1], -1), stored.kind).reshape(stored.shape)
    except NotImplementedError:
        message = f"tensors of the type {stored.kind.name} cannot be expanded: it is for intermediate results"
        raise UnsupportedError(codes.UNSUPPORTED_TYPE, message) from None


def _framed(array: npt.NDArray[Any], framework: str) -> Any:
    if framework == "numpy":
        return array
    import torch

    return torch.from_numpy(array)
