"""Entities as tensors: how many there are of a kind, and one of them among the others."""

from __future__ import annotations

from typing import Any

from tensorlogic.errors import SourceError, nearest
from tensorlogic.errors.codes import NO_MEMBER, WRONG_TYPE
from tensorlogic.runtime.convert import as_int, is_int
from tensorlogic.runtime.kinds import kind as kind_of
from tensorlogic.runtime.kinds import with_article
from tensorlogic.runtime.knowledge import members
from tensorlogic.runtime.lazy import torch
from tensorlogic.runtime.registry import builtin
from tensorlogic.runtime.sizes import check_size


@builtin
def entity_dim(kind: Any) -> int:
    """How many entities of a kind there are: ``entity_dim(Person)``, or by name, ``entity_dim("Person")``."""
    return len(_members(kind))


@builtin
def entity_onehot(kind: Any, entity: Any) -> torch.Tensor:
    """A float32 vector with an element for each entity of a kind, in their order: 1 for this one, else 0.

    The entity is given by name, ``entity_onehot(Person, "alice")``, or by its number.
    """
    among = _members(kind)
    check_size([len(among)], torch.float32)
    vector = torch.zeros(len(among))
    vector[_place(entity, among)] = 1
    return vector


def _members(kind: Any) -> list[Any]:
    found = members(kind) if isinstance(kind, str) else kind
    if not isinstance(found, list):
        help = "Name one: entity_dim(Person)."
        raise SourceError(WRONG_TYPE, f"this takes a kind of entity, not {with_article(kind_of(kind))}", help=help)
    return found


def _place(entity: Any, among: list[Any]) -> int:
    if not is_int(entity):
        if entity in among:
            return among.index(entity)
        meant = nearest(str(entity), map(str, among))
        help = None if meant is None else f"Did you mean `{meant}`?"
        raise SourceError(NO_MEMBER, f"there is no entity {entity!r} among these", help=help)
    number = as_int(entity)
    if not 0 <= number < len(among):
        raise SourceError(NO_MEMBER, f"there is no entity number {number}: there are {len(among)}")
    return number
