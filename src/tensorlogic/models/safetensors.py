"""SafeTensors files: weights without a program."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

from tensorlogic.errors import UsageError, codes
from tensorlogic.formats.description import Metadata, quantization
from tensorlogic.formats.safetensors import SafeTensorsFile
from tensorlogic.models.model import Model

_FRAMEWORKS = {"numpy": "np", "torch": "pt"}


class SafeTensorsModel(Model):
    """A ``.safetensors`` file: its tensors by name."""

    def __init__(self, path: Path) -> None:
        self._file = SafeTensorsFile(path)
        self.tensors = self._file.tensors
        self.metadata = Metadata(
            format="SafeTensors",
            quantization=quantization(self.tensors),
            name=path.stem,
            size=self._file.size,
            parameters=sum(info.elements for info in self.tensors.values()),
            user_defined=self._file.metadata,
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
        return self._file.tensor(name, _FRAMEWORKS[framework])
