"""Constants that several sessions hold: functions of one file have weights in common, which are kept once."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any
from weakref import WeakValueDictionary

import torch

from tensorlogic.mil.program import Literal


class Key:
    """Stands for every value that is made in the same way, by being one object."""


@dataclass(frozen=True, eq=False, slots=True)
class _Same:
    """A literal as part of a key: one of a blob file equals itself alone, so that no weights are compared."""

    literal: Literal

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Same):
            return False
        stored = self.literal.blob is not None or other.literal.blob is not None
        return self.literal is other.literal or (not stored and self.literal == other.literal)

    def __hash__(self) -> int:
        return hash(self.literal) if self.literal.blob is None else id(self.literal)


_KEYS: WeakValueDictionary[Hashable, Key] = WeakValueDictionary()
_TENSORS: WeakValueDictionary[Key, torch.Tensor] = WeakValueDictionary()
"""What the sessions of this process hold. A key, and what it is of, live as long as the tensor."""


def key(*parts: Hashable) -> Key:
    """The key of what is made from `parts`: literals, and what has a value that shows in comparing."""
    made_from = tuple(_Same(part) if isinstance(part, Literal) else part for part in parts)
    return _KEYS.setdefault(made_from, Key())


def find(wanted: Key) -> torch.Tensor | None:
    """The tensor that some session holds under the key."""
    return _TENSORS.get(wanted)


def keep(wanted: Key, value: Any) -> Any:
    """The value, which other sessions will find if it is a tensor."""
    return _TENSORS.setdefault(wanted, value) if isinstance(value, torch.Tensor) else value
