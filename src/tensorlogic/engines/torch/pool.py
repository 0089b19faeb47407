"""Captured runs, and who has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Lock
from typing import Generic, TypeVar

Run = TypeVar("Run")


class Pool(Generic[Run]):
    """Runs that do the same, each with buffers of its own: as many as are needed at once, and at most `most`."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._made = 0
        self._free: SimpleQueue[Run] = SimpleQueue()
        self._lock = Lock()

    @contextmanager
    def taken(self, make: Callable[[], Run | None]) -> Iterator[Run | None]:
        """A run for its taker alone: one that is free, or what `make` makes, which is None where it cannot."""
        with self._lock:
            if self._free.empty() and self._made < self._most:
                self._add(make())
        if not self._made:
            yield None
            return
        run = self._free.get()
        try:
            yield run
        finally:
            self._free.put(run)

    def _add(self, run: Run | None) -> None:
        if run is None:
            self._most = self._made  # and it is not tried again
        else:
            self._made += 1
            self._free.put(run)
