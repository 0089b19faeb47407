"""Core ML models on our own engines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tensorlogic import engines
from tensorlogic.coreml import Feature, ModelFile
from tensorlogic.coreml.weights import alone
from tensorlogic.errors import UsageError, codes, nearest
from tensorlogic.models.model import Model, Prediction


class CoreMLModel(Model):
    """An ``.mlpackage`` or ``.mlmodelc``, ready to predict."""

    def __init__(self, file: ModelFile, device: str, precision: str, engine: str) -> None:
        self.metadata = file.metadata
        self.tensors = file.tensors
        self.inputs = file.inputs
        self.outputs = file.outputs
        self._program = file.program
        self._session = engines.prepare(file.program, file.function, engine, device, precision)

    def predict(self, *values: Any, **named: Any) -> Prediction:
        """Outputs for inputs given in order, by name, or as one dictionary; see `Model.predict`."""
        given = self._named(values, named)
        encoded = {feature.name: self._encode(feature, given) for feature in self.inputs}
        results = self._session.run(encoded)
        prediction = Prediction({f.name: f.type.decode(results[f.name]) for f in self.outputs})
        return _as_torch(prediction) if any(map(_is_torch, given.values())) else prediction

    def _named(self, values: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any]:
        """All inputs by name; refuse names that the model does not have."""
        if len(values) == 1 and isinstance(values[0], Mapping) and not named:
            given = dict(values[0])
        else:
            if len(values) > len(self.inputs):
                raise UsageError(
                    codes.UNKNOWN_INPUT,
                    f"{len(values)} inputs were given, but the model takes {len(self.inputs)}",
                    help=self._inputs_help(),
                )
            given = dict(zip((feature.name for feature in self.inputs), values, strict=False))
            twice = next((name for name in named if name in given), None)
            if twice is not None:
                raise UsageError(codes.WRONG_ARGUMENTS, f"the input {twice!r} was given twice")
            given.update(named)
        known = [feature.name for feature in self.inputs]
        for name in given:
            if name not in known:
                guess = nearest(str(name), known)
                raise UsageError(
                    codes.UNKNOWN_INPUT,
                    f"the model has no input {name!r}",
                    help=f"Did you mean {guess!r}?" if guess else self._inputs_help(),
                )
        return given

    def _encode(self, feature: Feature, given: dict[str, Any]) -> Any:
        if feature.name in given:
            return feature.type.encode(given[feature.name], feature.name)
        default = feature.type.filled()
        if default is None:
            raise UsageError(codes.MISSING_INPUT, f"the input {feature.name!r} is missing", help=self._inputs_help())
        return default

    def _inputs_help(self) -> str:
        return "The model takes " + "; ".join(map(str, self.inputs)) + "."

    def _read(self, name: str, framework: str) -> Any:
        session = engines.prepare(alone(self._program, name), "main", "torch", "cpu", "f16")
        array = session.run({})[name]
        session.close()
        return _tensor(array) if framework == "torch" else array


def _is_torch(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] == "torch"


def _as_torch(prediction: Prediction) -> Prediction:
    import numpy as np

    return Prediction({k: _tensor(v) if isinstance(v, np.ndarray) else v for k, v in prediction.items()})


def _tensor(array: Any) -> Any:
    import torch

    return torch.from_numpy(array)
