"""Mini-batches: the examples of an epoch in a new order, some at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tensorlogic.errors import SourceError
from tensorlogic.errors.codes import WRONG_ARGUMENTS
from tensorlogic.runtime.lazy import is_tensor, torch
from tensorlogic.runtime.session import CURRENT

Rows = Mapping[str, Any]


class Batches:
    """What a step takes: `data`, or the rows of some examples of it.

    The examples are the rows of the tensors whose first axis is the longest; they are taken together. Everything else
    is the same in every step.
    """

    def __init__(self, data: Rows, size: int | None) -> None:
        self._data = data
        self._size = size
        lengths = {name: len(value) for name, value in data.items() if is_tensor(value) and value.ndim}
        self.examples = max(lengths.values(), default=0)
        self._divided = {name: data[name] for name, length in lengths.items() if length == self.examples}
        if size is not None and not self.examples:
            message = "`batch` divides the tensors that a step reads, and this one reads none with examples"
            raise SourceError(WRONG_ARGUMENTS, message)

    @property
    def count(self) -> int:
        """The steps of an epoch."""
        return 1 if self._size is None else -(-self.examples // self._size)

    def order(self) -> torch.Tensor | None:
        """A new order of the examples, where there are several steps; it draws from the program's random numbers."""
        return torch.randperm(self.examples, generator=CURRENT.get().generator) if self.count > 1 else None

    def of(self, order: torch.Tensor | None, done: int) -> Iterator[tuple[Rows, int]]:
        """What the steps of an epoch take after the first `done`, each with its number of examples."""
        if order is None:
            yield from [(self._data, 1)][done:]
            return
        for chosen in torch.split(order, self._size or self.examples)[done:]:
            rows = {name: value.index_select(0, chosen) for name, value in self._divided.items()}
            yield {**self._data, **rows}, len(chosen)
