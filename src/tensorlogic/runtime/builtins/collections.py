"""Lists, vectors, which are lists that grow in place, and records."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any

from tensorlogic.errors import SourceError
from tensorlogic.errors.codes import RUN_FAILED, WRONG_TYPE
from tensorlogic.runtime.builtins.core import len_
from tensorlogic.runtime.convert import as_int, as_tensor
from tensorlogic.runtime.kinds import kind, with_article
from tensorlogic.runtime.lazy import is_tensor, torch
from tensorlogic.runtime.operators import iterate
from tensorlogic.runtime.registry import builtin, builtin_named
from tensorlogic.runtime.sizes import check_length

_RECORD = 64
"""The bytes that a list or a record takes at least."""


class Vec(list[Any]):
    """A list of one kind of values, which changes in place."""

    __tl_members__ = frozenset({"push", "pop", "set", "clear", "is_empty"})
    name = "Vec"
    accepts: tuple[type, ...] = (object,)

    def push(self, value: Any) -> None:
        """Add a value at the end."""
        self.append(self._checked(value))

    def pop(self, index: int = -1) -> Any:  # type: ignore[override]
        """Take a value away, the last unless told."""
        self._check_index(index)
        return super().pop(as_int(index))

    def set(self, index: int, value: Any) -> None:
        """Give a place another value."""
        self._check_index(index)
        self[as_int(index)] = self._checked(value)

    def is_empty(self) -> bool:
        """Whether there are no values."""
        return not self

    def _checked(self, value: Any) -> Any:
        if isinstance(value, self.accepts) and (bool in self.accepts or not isinstance(value, bool)):
            return self.accepts[0](value) if self.accepts[0] is not object else value
        raise SourceError(WRONG_TYPE, f"{with_article(self.name)} does not hold {with_article(kind(value))}")

    def _check_index(self, index: int) -> None:
        if not -len(self) <= as_int(index) < len(self):
            where = "is empty" if not self else f"has no element {index} among {len(self)}"
            raise SourceError(RUN_FAILED, f"this {self.name} {where}")


def _vector(kind_name: str, accepts: tuple[type, ...]) -> Callable[[], Vec]:
    made = type(kind_name, (Vec,), {"name": kind_name, "accepts": accepts})

    def new() -> Vec:
        empty: Vec = made()
        return empty

    new.__name__ = f"{kind_name}::new"
    new.__doc__ = (
        f"An empty list that changes in place, of {accepts[0].__name__} values: ``v.push(x)``, ``v.pop()``, "
        "``v.set(i, x)``, ``v.clear()``, ``v.is_empty()``, ``v[i]``, ``len(v)``."
    )
    return builtin_named(new.__name__)(new)


for _name, _accepts in {
    "IntVec": (int,),
    "FloatVec": (float, int),
    "StringVec": (str,),
    "BoolVec": (bool,),
}.items():
    _vector(_name, _accepts)


@builtin
def append(values: Any, value: Any) -> Any:
    """A new list with a value at the end, or a new tensor with a row, or several, behind its rows.

    `push` changes a vector in place, `concat` joins tensors along any axis.
    """
    if is_tensor(values):
        return torch.cat([values, as_tensor(value).reshape(-1, *values.shape[1:])])
    if not isinstance(values, list):
        raise SourceError(WRONG_TYPE, f"this takes a list, not {with_article(kind(values))}")
    longer = copy(values)
    longer.append(value)
    return longer


@builtin
def append_token(values: Any, value: int) -> Any:
    """Tokens with one more at the end, in a new list or tensor, as they are in one."""
    return append(values, as_int(value))


@builtin
def reverse(values: Any) -> Any:
    """A list or a string from its end to its beginning; `flip` is for tensors."""
    if isinstance(values, list | str | range):
        return values[::-1]
    raise SourceError(WRONG_TYPE, f"this takes a list or a string, not {with_article(kind(values))}")


@builtin
def contains(values: Any, value: Any) -> bool:
    """Whether a list has an element, a string a part, a record a field of this name."""
    if isinstance(values, range) and isinstance(value, float):
        return value.is_integer() and int(value) in values  # Python would try them one by one.
    if isinstance(values, list | str | range | dict):
        return value in values
    raise SourceError(WRONG_TYPE, f"this takes a list, a string or a record, not {with_article(kind(values))}")


@builtin
def enumerate_(values: Any) -> list[Any]:
    """The elements with their indices: a list of records of `index` and `value`."""
    check_length(len_(values), each=_RECORD)
    return [{"index": index, "value": value} for index, value in enumerate(iterate(values))]


@builtin
def zip_(a: Any, b: Any) -> list[Any]:
    """The elements of two lists in pairs, as many as the shorter has: a list of lists of two."""
    check_length(min(len_(a), len_(b)), each=_RECORD)
    return [[left, right] for left, right in zip(iterate(a), iterate(b), strict=False)]


@builtin
def keys(record: dict[str, Any]) -> list[str]:
    """The names of the fields of a record, in order."""
    return list(record)
