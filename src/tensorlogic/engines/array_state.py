"""States as NumPy arrays: of engines that take them as inputs and give them as outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class ArrayState:
    """The states of one sequence of runs.

    An engine may hold them as values of its own: `held_as` makes one of an array, which `array_of` gives back.
    """

    def __init__(
        self,
        values: dict[str, Array],
        held_as: Callable[[Array], Any] = lambda array: array,
        array_of: Callable[[Any], Array] = lambda value: value,
    ) -> None:
        self._values: dict[str, Any] = {name: held_as(array) for name, array in values.items()}
        self._held_as = held_as
        self._array_of = array_of
        self._lock = Lock()

    def read(self, name: str) -> Any:
        """The value of one state, as an array of its own."""
        with self._lock:
            return np.array(self._array_of(self._values[name]))

    def write(self, name: str, value: Any) -> None:
        """Give one state another value."""
        with self._lock:
            kept = self._array_of(self._values[name])
            self._values[name] = self._held_as(np.array(value, kept.dtype))

    @contextmanager
    def held(self) -> Iterator[dict[str, Any]]:
        """The states for one run; what it leaves is kept if it succeeds. The next run waits."""
        with self._lock:
            values = dict(self._values)
            yield values
            self._values = values
