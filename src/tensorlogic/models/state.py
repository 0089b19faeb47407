"""What a model remembers from one prediction to the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensorlogic import engines
from tensorlogic.coreml import Feature
from tensorlogic.coreml.arrays import ArrayType
from tensorlogic.errors import UsageError, codes, nearest


class State:
    """The memory of a model, all zeros at first: `Model.make_state` makes it, ``predict(…, state=state)`` uses it.

    ``state["name"]`` reads and ``state["name"] = value`` writes, as do the methods. It stays on the device that the
    model runs on. Predictions with the same state wait for each other, and one that fails leaves it as it was.
    """

    __tl_members__ = frozenset({"names", "read", "write"})

    def __init__(self, features: Sequence[Feature], values: engines.State | None, way: engines.Candidate) -> None:
        self._types = _types(features)
        self._way = way
        self.values: Any = values
        """The engine's; None where nothing is remembered."""

    @property
    def names(self) -> tuple[str, ...]:
        """What is remembered, by name."""
        return tuple(self._types)

    def read(self, name: str) -> Any:
        """The value of one state, as a NumPy array of the declared type. Raises `UsageError` for a wrong name."""
        return self._type(name).decode(self.values.read(name))

    def write(self, name: str, value: Any) -> None:
        """Give one state another value. Raises `UsageError` for a wrong name, shape or data type."""
        self.values.write(name, self._type(name).encode(value, name, "state"))

    __getitem__ = read
    __setitem__ = write

    def fits(self, features: Sequence[Feature], way: engines.Candidate) -> bool:
        """Whether a model with these states, which runs in this way, can use it.

        Functions of one model, and the parts of one that is spread over several files, go on with each other's state.
        """
        here = (way.device, way.precision) == (self._way.device, self._way.precision)
        return here and self._types == _types(features)

    def on(self, session: engines.Session, way: engines.Candidate) -> engines.State:
        """The engine's values, brought to another engine if functions that share them run on several."""
        if way.engine != self._way.engine:
            moved = session.make_state()
            for name in self._types:
                moved.write(name, self.values.read(name))
            self.values, self._way = moved, way
        values: engines.State = self.values
        return values

    def _type(self, name: str) -> ArrayType:
        if name not in self._types:
            guess = nearest(name, self._types)
            message = f"the model has no state {name!r}"
            cure = f"Did you mean {guess!r}?" if guess else f"It has: {', '.join(self._types) or 'none'}."
            raise UsageError(codes.UNKNOWN_STATE, message, help=cure)
        return self._types[name]

    def __repr__(self) -> str:
        return f"State({', '.join(f'{name}: {kind}' for name, kind in self._types.items())})"


def _types(features: Sequence[Feature]) -> dict[str, ArrayType]:
    return {feature.name: feature.type for feature in features if isinstance(feature.type, ArrayType)}
