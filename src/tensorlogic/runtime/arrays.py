"""Array literals."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from typing import Any

from tensorlogic.errors import SourceError
from tensorlogic.errors.codes import NESTED_TOO_DEEPLY, RAGGED_ARRAY, WRONG_TYPE
from tensorlogic.lang.types import INTEGERS
from tensorlogic.runtime.kinds import kind
from tensorlogic.runtime.lazy import is_tensor, torch

PLAIN = frozenset({int, float, bool, str})
NUMBERS = frozenset({int, float})
MOST_AXES = 64
"""As many as a tensor can have."""


def array(items: list[Any], like: Any = None, dtype: str | None = None) -> Any:
    """The value of an array literal: of numbers a tensor, of anything else a list.

    `dtype` is the declared type of its place. Without one, integers make an int64 tensor, and floats take
    the type of `like`, the other operand of an operator, if that is a tensor of floats. Beside a list a
    literal is a list too: ``x.shape == [2, 3]``.
    """
    if len(_check_rows(items)) >= MOST_AXES:
        raise SourceError(NESTED_TOO_DEEPLY, f"an array is nested at most {MOST_AXES} deep")
    leaves = list(_leaves(items))
    kinds = {leaf.__class__ for leaf in leaves}
    if dtype is not None:
        return _typed(items, kinds, dtype)
    if isinstance(like, list) and kinds <= PLAIN:
        return items
    if kinds and kinds <= NUMBERS:
        return torch.tensor(items, dtype=_literal_type(kinds, like))
    if len(kinds) > 1 and kinds <= PLAIN:
        found = " and ".join(sorted({kind(leaf) for leaf in leaves}))
        raise SourceError(WRONG_TYPE, f"an array holds one kind of value, not both {found}")
    if kinds - NUMBERS and all(_is_number(leaf) for leaf in leaves):
        return _stack(leaves).reshape(_shape(items))
    return [array(item) if isinstance(item, list) and item else item for item in items]


def _leaves(items: list[Any]) -> Iterator[Any]:
    for item in items:
        if isinstance(item, list):
            yield from _leaves(item)
        else:
            yield item


def _check_rows(items: list[Any]) -> tuple[int, ...]:
    """The shape that all rows have, or an error that names one that has another."""
    shapes = [_shape(item) for item in items]
    for index, shape in enumerate(shapes):
        if shape != shapes[0]:
            message = f"row {index} of this array has shape {list(shape)}, row 0 has shape {list(shapes[0])}"
            raise SourceError(RAGGED_ARRAY, message, help="All rows need the same length.")
    return shapes[0] if shapes else ()


def _shape(item: Any) -> tuple[int, ...]:
    return (len(item), *_check_rows(item)) if isinstance(item, list) else ()


def _typed(items: list[Any], kinds: set[type], dtype: str) -> Any:
    if float in kinds and dtype in INTEGERS:
        raise SourceError(WRONG_TYPE, f"an array of {dtype} cannot hold floats")
    if kinds <= NUMBERS | {bool}:
        return torch.tensor(items, dtype=getattr(torch, dtype))
    value = array(items)
    return value.to(getattr(torch, dtype)) if is_tensor(value) else value


def _literal_type(kinds: set[type], like: Any) -> torch.dtype:
    if float not in kinds:
        return torch.int64
    return like.dtype if is_tensor(like) and like.is_floating_point() else torch.float32


def _is_number(leaf: Any) -> bool:
    return leaf.__class__ in NUMBERS or (is_tensor(leaf) and leaf.ndim == 0)


def _stack(leaves: list[Any]) -> torch.Tensor:
    """Numbers and tensors without axes as one tensor of their common type; plain numbers are weak."""
    common = reduce(torch.promote_types, (leaf.dtype for leaf in leaves if is_tensor(leaf)))
    if any(leaf.__class__ is float for leaf in leaves) and not common.is_floating_point:
        common = torch.float32
    return torch.stack([torch.as_tensor(leaf, dtype=common) for leaf in leaves])
