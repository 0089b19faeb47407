"""States as NumPy arrays: of engines that take them as inputs and give them as outputs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class ArrayState:
    """The states of one sequence of runs."""

    def __init__(self, values: dict[str, Array]) -> None:
        self._values = values
        self._lock = Lock()

    def read(self, name: str) -> Any:
        """The value of one state, as an array of its own."""
        with self._lock:
            return self._values[name].copy()

    def write(self, name: str, value: Any) -> None:
        """Give one state another value."""
        with self._lock:
            self._values[name] = np.array(value, self._values[name].dtype)

    @contextmanager
    def held(self) -> Iterator[dict[str, Array]]:
        """The states for one run; what it leaves is kept if it succeeds. The next run waits."""
        with self._lock:
            values = dict(self._values)
            yield values
            self._values = values
