"""Embeddings: a learnable vector for each entity, or for each relation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from math import sqrt
from typing import Any, Final

from tensorlogic.errors import SourceError, nearest
from tensorlogic.errors.codes import NO_MEMBER, WRONG_ARGUMENTS, WRONG_SHAPE
from tensorlogic.runtime.convert import as_int
from tensorlogic.runtime.knowledge import known
from tensorlogic.runtime.lazy import functional, torch
from tensorlogic.runtime.session import CURRENT
from tensorlogic.runtime.sizes import check_size


def _uniform(table: torch.Tensor, bound: float, generator: torch.Generator) -> torch.Tensor:
    return table.uniform_(-bound, bound, generator=generator)


def _identity(table: torch.Tensor) -> torch.Tensor:
    names, dimension = table.shape
    if dimension < names:
        help = f"Let the dimension be {names}, or begin with `unit`, where vectors are almost at right angles."
        raise SourceError(WRONG_SHAPE, f"{dimension} dimensions are too few for {names} one-hot vectors", help=help)
    return table.zero_().fill_diagonal_(1)


STARTS: Final[dict[str, Callable[..., torch.Tensor]]] = {
    "random": lambda table, generator: _uniform(table, 0.1, generator),
    "xavier": lambda table, generator: _uniform(table, sqrt(6 / sum(table.shape)), generator),
    "he": lambda table, generator: table.normal_(0, sqrt(2 / max(1, len(table))), generator=generator),
    "unit": lambda table, generator: functional.normalize(table.normal_(generator=generator), out=table),
    "onehot": lambda table, generator: _identity(table),
    "identity": lambda table, generator: _identity(table),
    "zeros": lambda table, generator: table.zero_(),
    "ones": lambda table, generator: table.fill_(1),
}
"""The ways to begin: xavier is U(±√(6 / (n + d))), he is N(0, √(2 / n)), as the public implementation has them.

Vectors of `unit` have length 1 and random directions, those of `onehot`, or `identity`, are at right angles.
"""


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
    if init not in STARTS:
        help = f"There are {', '.join(STARTS)}."
        raise SourceError(WRONG_ARGUMENTS, f"no embedding begins with `{init}`", help=help)
    sizes = [len(names), as_int(dimension)]
    check_size(sizes, torch.float32)
    table = STARTS[init](torch.empty(sizes), CURRENT.get().generator)
    return Embedding(names, table.requires_grad_())
