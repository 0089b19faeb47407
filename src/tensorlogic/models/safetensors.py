"""SafeTensors files: weights without a program."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

from tensorlogic.errors import BytePlace, FormatError, UnsupportedError, UsageError, codes
from tensorlogic.formats.description import Metadata, quantization
from tensorlogic.formats.folder import read_json
from tensorlogic.formats.mapped import fetch
from tensorlogic.formats.safetensors import SafeTensorsFile
from tensorlogic.formats.safetensors_shards import INDEX, ShardedFile
from tensorlogic.models.dtypes import as_numpy
from tensorlogic.models.model import Model

SUFFIX = ".safetensors"
WEIGHTS = f"model{SUFFIX}"
"""The weights in a folder as Hugging Face lays it out; their index where they are several files."""
CONFIG = "config.json"
_SHOWN = 4
_LAID_OUT = (WEIGHTS, WEIGHTS + INDEX)


class SafeTensorsModel(Model):
    """A ``.safetensors`` file, or several with an index: their tensors by name.

    In a folder as Hugging Face lays it out, the ``config.json`` beside the weights is in its `metadata`.
    """

    def __init__(self, path: Path) -> None:
        self._file = ShardedFile(path) if path.name.endswith(INDEX) else SafeTensorsFile(path)
        self.tensors = self._file.tensors
        self.metadata = Metadata(
            format="SafeTensors",
            quantization=quantization(self.tensors),
            name=Path(path.name.removesuffix(INDEX)).stem,
            size=self._file.size,
            parameters=sum(info.elements for info in self.tensors.values()),
            user_defined=self._file.metadata,
            config=_config(path.with_name(CONFIG)) if path.name in _LAID_OUT else {},
        )

    def predict(self, *values: Any, state: Any = None, **named: Any) -> NoReturn:
        """Refuse: the file holds weights and no program."""
        self.make_state()

    def make_state(self) -> NoReturn:
        """Refuse, for the same reason."""
        raise UsageError(
            codes.CANNOT_PREDICT,
            f"{self.metadata.name!r} is a SafeTensors file: it holds weights, and no program to run them",
            help="Load the Core ML package of the model to predict; use get_tensor for the weights.",
        )

    def _read(self, name: str, framework: str) -> Any:
        import torch

        info = self.tensors[name]
        dtype = getattr(torch, info.dtype, None)
        if dtype is None:
            message = f"PyTorch has no type for the {info.storage} tensor {name!r}"
            raise UnsupportedError(codes.UNSUPPORTED_TYPE, message, BytePlace(str(self._file.path)))
        data = self._file.data(name)
        fetch(data)
        if not info.elements:
            tensor = torch.empty(info.shape, dtype=dtype)
        elif info.dtype == "bool":  # any byte but 0 is true
            tensor = torch.frombuffer(data, dtype=torch.uint8).reshape(info.shape) != 0
        else:
            tensor = torch.frombuffer(data, dtype=dtype).reshape(info.shape)
        return tensor if framework == "torch" else as_numpy(tensor, name)


def weights_in(folder: Path) -> Path | None:
    """The file or the index of the weights in a folder: Hugging Face's, or the only one. None where there are none.

    Raises `FormatError` where there are several.
    """
    for name in _LAID_OUT:
        if (folder / name).is_file():
            return folder / name
    found = sorted(folder.glob(f"*{SUFFIX}{INDEX}")) or sorted(folder.glob(f"*{SUFFIX}"))
    if len(found) > 1:
        names = ", ".join([*(path.name for path in found[:_SHOWN]), *["…"] * (len(found) > _SHOWN)])
        message = f"the folder holds several files of weights, and no index of them: {names}"
        raise FormatError(codes.NOT_A_MODEL, message, BytePlace(str(folder)), help="Load one of them.")
    return found[0] if found else None


def _config(path: Path) -> Any:
    """What stands in a ``config.json``; nothing where there is none."""
    config = read_json(path, "the configuration") if path.is_file() else {}
    if not isinstance(config, dict):
        raise FormatError(codes.CORRUPT, "the configuration is no JSON object", BytePlace(str(path)))
    return config
