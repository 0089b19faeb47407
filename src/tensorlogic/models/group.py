"""Tensors by their names as paths: ``model.blk[0].attn_q.weight``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from operator import index
from typing import Any

from tensorlogic.errors import UsageError, codes, nearest

Tree = dict[str, Any]
"""The parts of names, nested: each leads to another tree, or, as a leaf, to the whole name of a tensor."""

_SHOWN = 12
_DEEPEST = 32
"""Parts that a name is taken apart into; the rest of a longer one is its last part."""


def tree_of(names: Iterable[str]) -> Tree:
    """Names that are separated by dots as a tree; one that others go on from is reached by its whole name only."""
    tree: Tree = {}
    for name in names:
        *path, last = name.split(".", _DEEPEST)
        place = tree
        for part in path:
            if not isinstance(place.get(part), dict):
                place[part] = {}
            place = place[part]
        place.setdefault(last, name)
    return tree


class TensorGroup:
    """The tensors of a model whose names begin alike, such as ``model.blk`` and ``model.blk[0]``.

    What follows in their names is a member, and digits are indices: ``model.blk[0].attn_q.weight``. A member that
    is no name in a program is reached in brackets, ``model.encoder["layer-1"]``. `len` counts the indices, and a loop
    goes through what stands at them; without any, through the names of the members, as in a record.
    """

    __tl_members__ = frozenset[str]()

    def __init__(self, path: str, tree: Tree, read: Callable[[str], Any]) -> None:
        self._path = path
        self._tree = tree
        self._read = read
        self._indices = {int(part): part for part in tree if part.isascii() and part.isdigit()}

    def __tl_inner__(self) -> Tree:
        return self._tree

    def __tl_read__(self, name: str) -> Any:
        found = self._tree[name]
        return self._read(found) if isinstance(found, str) else TensorGroup(self._path + _step(name), found, self._read)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"a group of tensors has no attribute {name!r}")
        if name not in self._tree:
            raise AttributeError(self._missing(name))
        return self.__tl_read__(name)

    def __getitem__(self, key: int | str) -> Any:
        """The member at an index, from the end where it is negative, or of a name."""
        part = key if isinstance(key, str) else self._part(index(key))
        if part not in self._tree:
            raise UsageError(codes.UNKNOWN_TENSOR, self._missing(part), help=self._help())
        return self.__tl_read__(part)

    def _part(self, number: int) -> str:
        if number < 0:
            number += max(self._indices, default=-1) + 1
        return self._indices.get(number, str(number))

    def __len__(self) -> int:
        return len(self._indices or self._tree)

    def __iter__(self) -> Iterator[Any]:
        if not self._indices:
            return iter(self._tree)
        return (self.__tl_read__(self._indices[number]) for number in sorted(self._indices))

    def __contains__(self, key: object) -> bool:
        return key in self._tree or key in self._indices

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *(part for part in self._tree if part.isidentifier())]

    def __repr__(self) -> str:
        return f"{self._path}: {_listed(self._tree)}"

    def _missing(self, name: str) -> str:
        guess = nearest(name, self._tree)
        return f"{self._path} has no member {name!r}" + (f"; did you mean {guess!r}?" if guess else "")

    def _help(self) -> str:
        return f"It has {_listed(self._tree)}."


def _step(part: str) -> str:
    """A part of a name as programs write it."""
    if part.isdigit():
        return f"[{part}]"
    return f".{part}" if part.isidentifier() else f"[{part!r}]"


def _listed(names: Iterable[str]) -> str:
    ordered = sorted(names, key=lambda name: (len(name), name) if name.isdigit() else (0, name))
    shown = [name if name.isprintable() else repr(name) for name in ordered[:_SHOWN]]
    return ", ".join([*shown, *["…"] * (len(ordered) > _SHOWN)])
