"""Embeddings: a learnable vector for each entity, or for each relation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from math import sqrt
from typing import Any, Final

from tensorlogic.errors import SourceError, nearest
from tensorlogic.errors.codes import NO_MEMBER, WRONG_ARGUMENTS
from tensorlogic.runtime.convert import as_int
from tensorlogic.runtime.knowledge import known
from tensorlogic.runtime.lazy import torch
from tensorlogic.runtime.session import CURRENT
from tensorlogic.runtime.sizes import check_size


def _uniform(table: torch.Tensor, bound: float, generator: torch.Generator) -> torch.Tensor:
    return table.uniform_(-bound, bound, generator=generator)


_STARTS: Final[dict[str, Callable[..., torch.Tensor]]] = {
    "random": lambda table, generator: _uniform(table, 0.1, generator),
    "xavier": lambda table, generator: _uniform(table, sqrt(6 / sum(table.shape)), generator),
    "he": lambda table, generator: table.normal_(0, sqrt(2 / max(1, len(table))), generator=generator),
    "zeros": lambda table, generator: table.zero_(),
    "ones": lambda table, generator: table.fill_(1),
}
"""The ways to begin, as the public implementation has them: xavier is U(±√(6 / (n + d))), he is N(0, √(2 / n))."""


class Embedding(Mapping[str, Any]):
    """A learnable float32[n, d] table with a row for each of n names: ``e["alice"]``, ``e[x]`` for one or several.

    What is no name stands for rows as between the brackets of a tensor: a number, a slice, a tensor of numbers.
    """

    def __init__(self, names: Iterable[Any], table: torch.Tensor) -> None:
        self.table = table
        self._rows = {name: row for row, name in enumerate(names)}

    def __getitem__(self, key: Any) -> torch.Tensor:
        if isinstance(key, list):
            key = torch.tensor([self._row(name) if isinstance(name, str) else as_int(name) for name in key])
        return self.table[self._row(key) if isinstance(key, str) else key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def _row(self, name: str) -> int:
        if name not in self._rows:
            meant = nearest(name, map(str, self._rows))
            help = None if meant is None else f"Did you mean `{meant}`?"
            raise SourceError(NO_MEMBER, f"the embedding has no entity `{name}`", help=help)
        return self._rows[name]


def embedding(dimension: Any, init: str, kind: str, *names: str) -> Embedding:
    """A new embedding of the entities of a kind or, where that is empty, of names."""
    if kind:
        with known() as knowledge:
            names = tuple(knowledge.members(kind))
    if init not in _STARTS:
        help = f"There are {', '.join(_STARTS)}."
        raise SourceError(WRONG_ARGUMENTS, f"no embedding begins with `{init}`", help=help)
    sizes = [len(names), as_int(dimension)]
    check_size(sizes, torch.float32)
    table = _STARTS[init](torch.empty(sizes), CURRENT.get().generator)
    return Embedding(names, table.requires_grad_())


def starts() -> tuple[str, ...]:
    """The ways to begin."""
    return tuple(_STARTS)
