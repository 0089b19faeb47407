"""Core ML models on our own engines."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from tensorlogic import engines
from tensorlogic.coreml import Feature, ModelFunction
from tensorlogic.coreml.arrays import ArrayType
from tensorlogic.coreml.weights import alone
from tensorlogic.engines import Candidate
from tensorlogic.engines.cache import digest
from tensorlogic.errors import UsageError, codes, nearest
from tensorlogic.models.inputs import make_inputs
from tensorlogic.models.model import Model, Prediction
from tensorlogic.models.state import State


class CoreMLModel(Model):
    """A function of an ``.mlpackage`` or ``.mlmodelc``, ready to predict."""

    def __init__(self, described: ModelFunction, device: str, precision: str, engine: str, tune: bool = False) -> None:
        self.metadata = described.metadata
        self.tensors = described.tensors
        self.inputs = described.inputs
        self.outputs = described.outputs
        self.states = described.states
        self.function = described.name
        self.functions = described.file.functions
        self._file = described.file
        self._names = tuple(feature.name for feature in self.inputs)
        sample = self._sample if tune else None
        content = partial(digest, described.file.files)
        prepared = engines.prepare(described.file.program, described.name, engine, device, precision, content, sample)
        self._session = prepared.session
        self.candidate: Candidate = prepared.candidate
        self._holds = getattr(self._session, "holds", lambda value: False)

    def predict(self, *values: Any, state: Any = None, **named: Any) -> Prediction:
        """Outputs for inputs given in order, by name, or as one dictionary; see `Model.predict`."""
        if state is not None and not isinstance(state, State):
            named["state"], state = state, None
        given = self._named(values, named)
        encoded = {feature.name: self._encode(feature, given) for feature in self.inputs}
        self._check_state(state)
        kept = None if state is None or not self.states else state.on(self._session, self.candidate)
        results = self._session.run(encoded) if kept is None else self._session.run(encoded, kept)
        prediction = Prediction({f.name: _decoded(f, results[f.name]) for f in self.outputs})
        return _as_torch(prediction) if any(map(_is_torch, given.values())) else prediction

    def make_state(self) -> State:
        """What the model remembers, to begin with; see `Model.make_state`."""
        values = self._session.make_state() if self.states else None
        return State(self.states, values, self.candidate)

    def _check_state(self, state: State | None) -> None:
        """A state is needed by a model with states, and must be of this model."""
        if state is None and self.states:
            kept = ", ".join(map(str, self.states))
            raise UsageError(
                codes.WRONG_STATE,
                f"the model remembers {kept} from one prediction to the next, and no state was given",
                help="Make one with model.make_state(), and give it to every prediction of one sequence: "
                "predict(…, state=state).",
            )
        if state is not None and not state.fits(self.states, self.candidate):
            raise UsageError(
                codes.WRONG_STATE,
                f"this is the state of another model, or of one on another device: {state}",
                help="Use a state that make_state() made, of this model or of another function of it.",
            )

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
            given = dict(zip(self._names, values, strict=False))
            twice = next((name for name in named if name in given), None)
            if twice is not None:
                raise UsageError(codes.WRONG_ARGUMENTS, f"the input {twice!r} was given twice")
            given.update(named)
        for name in given:
            if name not in self._names:
                guess = nearest(str(name), self._names)
                raise UsageError(
                    codes.UNKNOWN_INPUT,
                    f"the model has no input {name!r}",
                    help=f"Did you mean {guess!r}?" if guess else self._inputs_help(),
                )
        return given

    def _encode(self, feature: Feature, given: dict[str, Any]) -> Any:
        if feature.name in given:
            value = given[feature.name]
            if isinstance(feature.type, ArrayType) and self._holds(value):
                return feature.type.fitting(value, feature.name)
            return feature.type.encode(value, feature.name)
        default = feature.type.filled()
        if default is None:
            raise UsageError(codes.MISSING_INPUT, f"the input {feature.name!r} is missing", help=self._inputs_help())
        return default

    def _sample(self) -> dict[str, Any]:
        """Inputs to measure with."""
        made = make_inputs(self.inputs, {}, None)
        types = {feature.name: feature.type for feature in self.inputs}
        return {n: kind.encode(made[n], n) if n in made else kind.filled() for n, kind in types.items()}

    def _inputs_help(self) -> str:
        return "The model takes " + "; ".join(map(str, self.inputs)) + "."

    def _read(self, name: str, framework: str) -> Any:
        weight = alone(self._file.program, self.function, name)
        session = engines.prepare(weight, self.function, "torch", "cpu", "f16").session
        array = session.run({})[name]
        session.close()
        return _tensor(array) if framework == "torch" else array


def _decoded(feature: Feature, result: Any) -> Any:
    if isinstance(feature.type, ArrayType) and _is_torch(result):
        return feature.type.decode_tensor(result)
    return feature.type.decode(result.cpu().numpy() if _is_torch(result) else result)


def _is_torch(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] == "torch"


def _as_torch(prediction: Prediction) -> Prediction:
    import numpy as np

    return Prediction({k: _tensor(v) if isinstance(v, np.ndarray) else v for k, v in prediction.items()})


def _tensor(array: Any) -> Any:
    import torch

    return torch.from_numpy(array)
